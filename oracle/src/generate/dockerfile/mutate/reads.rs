//! Changes of what is read: the sources, flags and destinations of copies and mounts.

use super::{instructions, one};
use crate::generate::dockerfile::model::{Command, Copy, Dockerfile, Instruction, Run};
use crate::generate::dockerfile::words::Site;
use crate::generate::pick;

/// A copy, with or without `--from`.
fn copy<'a>(
    dockerfile: &'a mut Dockerfile,
    rng: &mut fastrand::Rng,
    only: fn(&Copy) -> bool,
) -> Option<&'a mut Copy> {
    let copies = instructions(dockerfile).filter_map(|instruction| match instruction {
        Instruction::Copy(copy) if only(copy) => Some(copy),
        _ => None,
    });
    one(rng, copies.collect())
}

/// An option of a mount, of those whose keys are asked for.
fn option<'a>(
    dockerfile: &'a mut Dockerfile,
    rng: &mut fastrand::Rng,
    keys: &[&str],
) -> Option<&'a mut Option<String>> {
    let mounts = instructions(dockerfile).filter_map(|instruction| match instruction {
        Instruction::Run(Run { mounts, .. }) => Some(mounts),
        _ => None,
    });
    let options = mounts.flatten().flatten().filter(|(key, _)| keys.contains(&key.as_str()));
    one(rng, options.map(|(_, value)| value).collect())
}

pub(super) fn copy_source(
    dockerfile: &mut Dockerfile,
    site: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let copy = copy(dockerfile, rng, |copy| copy.from.is_none() && !copy.sources.is_empty())?;
    let source = one(rng, copy.sources.iter_mut().collect())?;
    let old = source.clone();
    *source = match (rng.u8(..6), old.rsplit_once('/')) {
        // Often the same files by another word.
        (0, _) => format!("./{old}"),
        (1, _) => format!("/{old}"),
        (2, Some((folder, _))) => format!("{folder}/*"),
        (3, Some((folder, _))) => folder.to_owned(),
        _ => site.source(rng, "NEW").filter(|new| new.before.is_empty() && !new.word.contains(' '))?.word,
    };
    (*source != old).then(|| format!("{old} -> {source}"))
}

pub(super) fn copy_destination(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let copy = copy(dockerfile, rng, |_| true)?;
    let old = copy.to.clone();
    copy.to = match rng.u8(..4) {
        0 => format!("{old}/"),
        1 => old.trim_end_matches('/').to_owned(),
        2 => format!("/.{old}"),
        _ => format!("/n{}/", rng.u8(..)),
    };
    (copy.to != old).then(|| format!("{old} -> {}", copy.to))
}

/// Takes the flag away if it is there, or adds it.
fn toggle(copy: &mut Copy, flag: &str) -> String {
    let name = flag.split('=').next().unwrap_or(flag);
    match copy.flags.iter().position(|one| one.split('=').next() == Some(name)) {
        Some(at) => format!("without {}", copy.flags.remove(at)),
        None => {
            copy.flags.push(flag.to_owned());
            format!("with {flag}")
        }
    }
}

pub(super) fn copy_chmod(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let flag = *pick(rng, &["--chmod=755", "--chmod=644", "--chmod=0600", "--chown=5:6"]);
    Some(toggle(copy(dockerfile, rng, |_| true)?, flag))
}

pub(super) fn copy_exclude(
    dockerfile: &mut Dockerfile,
    site: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let path = site.path(rng)?.0;
    let leaf = path.rsplit('/').next().unwrap_or_default();
    let pattern = match rng.u8(..6) {
        0 => "**".to_owned(),
        1 => format!("/{path}"),
        2 => format!("**/{leaf}"),
        3 => leaf.to_owned(),
        4 => "*.nothing".to_owned(),
        _ => path.clone(),
    };
    let copy = copy(dockerfile, rng, |copy| copy.heredocs.is_empty())?;
    if pattern.contains([' ', '\t']) {
        return None;
    }
    Some(toggle(copy, &format!("--exclude={pattern}")))
}

pub(super) fn copy_parents(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    Some(toggle(copy(dockerfile, rng, |copy| !copy.add && copy.heredocs.is_empty())?, "--parents"))
}

pub(super) fn copy_link(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    Some(toggle(copy(dockerfile, rng, |_| true)?, "--link"))
}

/// JSON or words, of a copy or of a `RUN`.
pub(super) fn form(dockerfile: &mut Dockerfile, _: &Site<'_>, rng: &mut fastrand::Rng) -> Option<String> {
    let forms = instructions(dockerfile).filter(|instruction| match instruction {
        Instruction::Copy(copy) => copy.heredocs.is_empty(),
        Instruction::Run(run) => !matches!(run.command, Command::Script(_)),
        _ => false,
    });
    match one(rng, forms.collect())? {
        Instruction::Copy(copy) => {
            copy.json = !copy.json;
            Some(format!("copy as JSON: {}", copy.json))
        }
        Instruction::Run(run) => {
            run.command = match std::mem::replace(&mut run.command, Command::Shell(Vec::new())) {
                Command::Exec(words) => Command::Shell(words),
                // Only this program is there to be run without a shell.
                Command::Shell(words) => Command::Exec([vec!["/bin/see".to_owned()], words].concat()),
                script @ Command::Script(_) => script,
            };
            Some(format!("{:?}", run.command))
        }
        _ => None,
    }
}

pub(super) fn mount_source(
    dockerfile: &mut Dockerfile,
    site: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let source = option(dockerfile, rng, &["source", "src"])?;
    let new = site.path(rng)?.0;
    let plain = new.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b));
    let old = source.replace(if plain { new } else { ".".to_owned() });
    Some(format!("{old:?} -> {source:?}"))
}

pub(super) fn mount_target(
    dockerfile: &mut Dockerfile,
    _: &Site<'_>,
    rng: &mut fastrand::Rng,
) -> Option<String> {
    let target = option(dockerfile, rng, &["target", "dst", "destination"])?;
    let old = target.replace(format!("/t{}", rng.u8(..)));
    Some(format!("{old:?} -> {target:?}"))
}
