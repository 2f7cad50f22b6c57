//! Changes of `imgplan.toml`.

use super::REGISTRY;
use super::pick;
use super::project::{Project, own_folders};
use crate::snapshot::{Context, Image};

type Change = fn(&mut Project, &mut fastrand::Rng) -> Option<String>;

const CHANGES: [(&str, Change); 9] = [
    ("value of a declared build argument", declared),
    ("undeclared build argument", undeclared),
    ("build argument removed", removed),
    ("target", target),
    ("platforms", platforms),
    ("folder of a named context", named_context),
    ("image behind a named context", named_image),
    ("image renamed", renamed),
    ("image added", added),
];

/// Every kind that [`mutate`] knows.
#[cfg(test)]
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    CHANGES.iter().map(|(kind, _)| *kind)
}

/// Changes something: its kind and detail. None where the drawn change has nothing to change.
pub(super) fn mutate(project: &mut Project, rng: &mut fastrand::Rng) -> Option<(&'static str, String)> {
    let (kind, change) = *pick(rng, &CHANGES);
    change(project, rng).map(|detail| (kind, detail))
}

fn image<'a>(project: &'a mut Project, rng: &mut fastrand::Rng) -> &'a mut Image {
    let at = rng.usize(..project.images.len());
    &mut project.images[at]
}

fn declared(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let image = pick(rng, &project.images).clone();
    let names = project.dockerfiles.get(&image.dockerfile)?.arguments();
    if names.is_empty() {
        return None;
    }
    let (name, value) = (pick(rng, &names).clone(), format!("given{}", rng.u8(..5)));
    let detail = format!("{}: {name}={value}", image.name);
    let image = project.images.iter_mut().find(|one| one.name == image.name)?;
    image.args.insert(name, value);
    Some(detail)
}

fn undeclared(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let value = format!("v{}", rng.u8(..));
    let image = image(project, rng);
    image.args.insert("NOBODY_ASKS".to_owned(), value.clone());
    Some(format!("{}: NOBODY_ASKS={value}", image.name))
}

fn removed(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let (name, value) = image(project, rng).args.pop_first()?;
    Some(format!("{name}={value}"))
}

fn target(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let drawn = pick(rng, &project.images).clone();
    let mut targets: Vec<Option<String>> = project
        .dockerfiles
        .get(&drawn.dockerfile)?
        .stages
        .iter()
        .map(|stage| stage.from.name.clone())
        .filter(|target| *target != drawn.target)
        .collect();
    // No target and the last stage's name are two ways to say the same.
    targets.extend(drawn.target.is_some().then_some(None));
    if targets.is_empty() {
        return None;
    }
    let new = pick(rng, &targets).clone();
    let image = project.images.iter_mut().find(|one| one.name == drawn.name)?;
    image.target.clone_from(&new);
    (new != drawn.target).then(|| format!("{}: {:?} -> {new:?}", drawn.name, drawn.target))
}

fn platforms(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let image = image(project, rng);
    let old = image.platforms.clone();
    // None, and the one that builder has anyway, are the same image: one of these now and then.
    image.platforms = match rng.u8(..8) {
        0 => vec![],
        1 => vec!["linux/amd64".to_owned()],
        2..5 => vec!["linux/386".to_owned()],
        _ => vec!["linux/amd64".to_owned(), "linux/386".to_owned()],
    };
    (image.platforms != old).then(|| format!("{}: {old:?} -> {:?}", image.name, image.platforms))
}

fn named_context(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let mut folders = own_folders(&project.tree);
    folders.push(".".to_owned());
    let new = pick(rng, &folders).clone();
    let contexts = image(project, rng).contexts.values_mut();
    let old = contexts.filter(|context| matches!(context, Context::Folder(_))).last()?;
    let detail = format!("{old} -> {new}");
    *old = Context::Folder(new);
    Some(detail)
}

fn named_image(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let name = format!("{REGISTRY}/{}", pick(rng, &["plain", "env:1", "plain:1"]));
    let contexts = image(project, rng).contexts.values_mut();
    let old = contexts.filter(|context| !matches!(context, Context::Folder(_))).last()?;
    let detail = format!("{old} -> {name}");
    *old = Context::External(name);
    Some(detail)
}

fn renamed(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let old = pick(rng, &project.images).name.clone();
    let new = format!("other{}", rng.u8(..));
    for image in &mut project.images {
        if image.name == old {
            image.name.clone_from(&new);
        }
        for context in image.contexts.values_mut() {
            if *context == Context::Parent(old.clone()) {
                *context = Context::Parent(new.clone());
            }
        }
    }
    Some(format!("{old} -> {new}"))
}

fn added(project: &mut Project, rng: &mut fastrand::Rng) -> Option<String> {
    let image = pick(rng, &project.images).clone();
    let name = format!("more{}", rng.u8(..));
    project.images.push(Image { name: name.clone(), ..image });
    Some(name)
}
