//! Reads a `plan.json` of version 1 back, as it was printed, reviewed and kept, and refuses one whose parts contradict each
//! other. Fields that it does not know are of a newer imgplan, and passed over.
//!
//! It must not know whether a plan still holds: that is a question to the registry.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Deserializer, de};

use super::{Image, Plan};
use crate::decision::{Action, How};
use crate::error::{Error, Errors, Place};
use crate::tags;

/// A plan from its JSON. `file` names it in messages; a relative `oci:DIR` in it is below `base`, where the plan was made.
///
/// # Errors
/// What is no plan of version 1, with line and column; everything in it that contradicts itself.
pub fn read(file: &str, bytes: &[u8], base: &Path) -> Result<Plan, Errors> {
    let hint = "a plan is what `imgplan plan --format json` prints";
    let wrong = |error: serde_json::Error| {
        let text = error.to_string();
        let at = format!(" at line {} column {}", error.line(), error.column());
        let text = text.strip_suffix(&at).unwrap_or(&text).to_owned();
        Error::invalid(text).at(Place::line(file, error.line()).column(error.column())).hint(hint)
    };
    let Version { version } = serde_json::from_slice(bytes).map_err(wrong)?;
    if version != 1 {
        let text = format!("a plan of version {version}, and this imgplan reads version 1");
        return Err(Error::invalid(text).at(Place::file(file)).into());
    }
    let mut plan: Plan = serde_json::from_slice(bytes).map_err(wrong)?;
    let mut errors = Errors::default();
    for fault in between(&plan) {
        errors.push(Error::invalid(fault).at(Place::file(file)).hint(hint));
    }
    for image in &mut plan.images {
        image.repository = image.repository.clone().below(base);
        if let Some(from) = &mut image.from {
            from.repository = from.repository.clone().below(base);
        }
        let faults = faults(image).into_iter();
        errors.extend(faults.map(|fault| {
            Error::invalid(format!("{}: {fault}", image.name)).at(Place::file(file)).hint(hint)
        }));
    }
    errors.or(plan)
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What is wrong with the plan as a whole. Its names and its commit go into files and scripts of others.
fn between(plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    if !matches!(plan.commit.len(), 40 | 64) || !is_hex(&plan.commit) {
        faults.push(format!("{:?} is no full commit id", plan.commit));
    }
    let mut names = BTreeSet::new();
    let mut moved = BTreeSet::new();
    for image in &plan.images {
        let odd = |part: &str| matches!(part, "" | "." | "..") || part.contains(['\\', ':']);
        if image.name.contains(char::is_control) || image.name.split('/').any(odd) {
            faults.push(format!("{:?} is no name of an image", image.name));
        }
        if !names.insert(&image.name) {
            faults.push(format!("there are two images {:?}", image.name));
        }
        for step in &image.moves {
            if !moved.insert((&image.repository, &step.tag)) {
                faults.push(format!("{} moves twice", image.repository.tagged(&step.tag)));
            }
        }
    }
    faults
}

/// What cannot have been printed so: whoever reviewed one field has not seen that another says something else.
fn faults(image: &Image) -> Vec<String> {
    let mut faults = Vec::new();
    let digits = image.content_hash.get(..40).filter(|_| is_hash(&image.content_hash));
    if !digits.is_some_and(|digits| image.content_tag.as_str().ends_with(&format!("content-{digits}"))) {
        faults.push(format!("{} is not the content tag of {:?}", image.content_tag, image.content_hash));
    }
    let reference = image.digest.as_ref().map(|digest| image.repository.at(digest));
    if reference != image.reference {
        faults.push("the reference is not that of the repository and the digest".to_owned());
    }
    for tag in image.tags.iter().filter(|tag| tags::is_content_tag(tag.as_str())) {
        faults.push(format!("{tag} looks like a content tag, and is none of the wanted tags"));
    }
    for tag in image.missing_tags.iter().filter(|tag| !image.tags.contains(tag)) {
        faults.push(format!("{tag} is missing, and is none of the wanted tags"));
    }
    let pushed = |reference: &String| {
        let tags = image.missing_tags.iter().chain([&image.content_tag]);
        tags.map(|tag| image.repository.tagged(tag)).any(|tagged| tagged == *reference)
    };
    let pushes = image.build.iter().flat_map(|build| &build.tags);
    for reference in pushes.filter(|reference| !pushed(reference)) {
        faults.push(format!("{reference} would be pushed, which is none of its tags"));
    }
    if (image.action == Action::Build) != image.build.is_some() {
        faults.push(format!("the action {} with or without a build", image.action.as_str()));
    }
    if image.action == Action::Retag {
        faults.extend(retag_faults(image));
    } else if !image.moves.is_empty() {
        faults.push(format!("the action {} moves no tags", image.action.as_str()));
    }
    faults
}

fn retag_faults(image: &Image) -> Vec<String> {
    let mut faults = Vec::new();
    if image.from.is_none() || image.digest.is_none() {
        faults.push("a retag of an image that is not named".to_owned());
    }
    if image.moves.is_empty() {
        faults.push("a retag that does not say which tags move from where to where".to_owned());
    }
    for moved in &image.moves {
        if Some(&moved.to) != image.digest.as_ref() {
            faults.push(format!("{} would go to {}, which is not the image", moved.tag, moved.to));
        }
        if moved.tag == image.content_tag
            && moved.from.is_some()
            && moved.tag.as_str().starts_with("content-")
        {
            faults.push(format!("{} would be moved away from an image, which no retag does", moved.tag));
        }
        if moved.tag != image.content_tag && !image.missing_tags.contains(&moved.tag) {
            faults.push(format!("{} is none of the missing tags", moved.tag));
        }
    }
    for tag in image.missing_tags.iter().filter(|tag| !image.moves.iter().any(|moved| moved.tag == **tag)) {
        faults.push(format!("{tag} is missing, and does not move"));
    }
    faults
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn action<'de, D: Deserializer<'de>>(from: D) -> Result<Action, D::Error> {
    word(from, &Action::ALL, Action::as_str)
}

pub(super) fn how<'de, D: Deserializer<'de>>(from: D) -> Result<How, D::Error> {
    word(from, &How::ALL, How::as_str)
}

/// One of a list of words.
fn word<'de, T: Copy, D: Deserializer<'de>>(
    from: D,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    let found = all.iter().copied().find(|value| name(*value) == text);
    found.ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|value| name(*value)).collect();
        de::Error::custom(format!("{text:?} is none of {}", words.join(", ")))
    })
}
