//! `--why PATH`: what one path is to one image.

use std::collections::BTreeMap;

use bstr::{BStr, ByteSlice};

use super::build::{reason, why};
use super::{Answer, Reason, Why};
use crate::error::{Errors, Result};
use crate::inputs::fates::{self, Fate, Members};
use crate::project::Assessed;
use crate::tree::{self, Id, Mode, Objects};

/// What a clean path from the repository's root is to an image; `place` is what is read, for people.
///
/// # Errors
/// An object that cannot be read.
pub fn answer(
    objects: &dyn Objects,
    root: &Id,
    assessed: &Assessed,
    path: &BStr,
    place: &str,
) -> Result<Answer, Errors> {
    let answer = |verdict, text: String, why: Vec<Why>| Answer {
        name: assessed.defined.name.clone(),
        verdict,
        text,
        why,
        inputs: 0,
        left_out: 0,
    };
    let (whys, empty) = inputs_at(assessed, path);
    let role = fates::role(assessed, path);
    if empty {
        let text = "is a folder of which a build sees nothing but that it is there: that much is an input";
        return Ok(answer("input", text.to_owned(), whys));
    }
    if !whys.is_empty() {
        let text = match role {
            Some(Fate::Dockerfile) => "is an input by its bytes, and the Dockerfile",
            Some(Fate::IgnoreFile) => "is an input by its bytes, and the ignore file",
            Some(Fate::Configuration) => "is an input by its bytes, and the configuration",
            _ => "is an input",
        };
        return Ok(answer("input", text.to_owned(), whys));
    }
    let entry = tree::lookup(objects, root, path)?;
    if let (Some(text), true) = (role.as_ref().and_then(says), entry.is_some()) {
        return Ok(answer("definition", text.to_owned(), Vec::new()));
    }
    let Some(entry) = entry else {
        let (verdict, text) = match submodule_above(objects, root, path)? {
            Some(above) => {
                ("absent", format!("is in the submodule {above}, which counts as a whole, by its commit"))
            }
            None => ("absent", format!("is not in {place}")),
        };
        return Ok(answer(verdict, text, Vec::new()));
    };
    let members = fates::of(objects, root, assessed)?;
    if entry.mode == Mode::Folder {
        return Ok(folder(assessed, path, &members));
    }
    let Some(member) = members.get(path) else {
        let contexts = format!("is in {place}, but in no context of this image");
        return Ok(answer("outside", contexts, Vec::new()));
    };
    let Some(Reason { reason, by }) = reason(&member.fate) else {
        return Ok(answer("input", "is an input".to_owned(), Vec::new()));
    };
    if let Some(text) = says(&member.fate) {
        return Ok(answer("definition", text.to_owned(), Vec::new()));
    }
    Ok(answer("left-out", left_out(reason).to_owned(), by.into_iter().collect()))
}

/// What makes a path an input, in all contexts that hold it; and whether it is a folder that only is there.
fn inputs_at(assessed: &Assessed, path: &BStr) -> (Vec<Why>, bool) {
    let inputs = &assessed.inputs;
    let mut whys: Vec<Why> = Vec::new();
    let mut empty = false;
    for file in inputs.files.iter().filter(|file| inputs.repository_path(file).as_ref() == path) {
        empty |= file.mode == Mode::Folder;
        for reader in file.whys {
            let reader = why(reader);
            if !whys.contains(&reader) {
                whys.push(reader);
            }
        }
    }
    (whys, empty)
}

/// What a file counts by that does not count by its bytes.
fn says(fate: &Fate) -> Option<&'static str> {
    match fate {
        Fate::Dockerfile => {
            Some("is the Dockerfile: the instructions that the target reaches count, not its bytes")
        }
        Fate::IgnoreFile => Some("is the ignore file: what it leaves out counts, not its bytes"),
        Fate::Configuration => {
            Some("is the configuration: what it says of this image's build counts, not its bytes")
        }
        _ => None,
    }
}

/// A reason in words; the cause stands behind them.
pub(crate) fn left_out(reason: &str) -> &'static str {
    match reason {
        "ignored" => "is left out by a pattern",
        "excluded" => "is left out by --exclude",
        "not-listed" => "is left out: it is not among the listed inputs",
        _ => "is in a context, but no instruction reads it",
    }
}

fn submodule_above(objects: &dyn Objects, root: &Id, path: &BStr) -> Result<Option<String>> {
    for end in path.find_iter("/") {
        let above = path.get(..end).unwrap_or_default().as_bstr();
        if tree::lookup(objects, root, above)?.is_some_and(|entry| entry.mode == Mode::Submodule) {
            return Ok(Some(above.to_string()));
        }
    }
    Ok(None)
}

/// A folder: counts of what is below it, with all that makes files inputs or leaves them out.
fn folder(assessed: &Assessed, folder: &BStr, members: &Members) -> Answer {
    let below = |path: &BStr| {
        folder.is_empty() || path.strip_prefix(folder.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
    };
    let inputs = &assessed.inputs;
    let mut whys: Vec<Why> = Vec::new();
    let mut count = 0;
    for file in inputs.files.iter().filter(|file| below(&inputs.repository_path(file))) {
        count += 1;
        for reader in file.whys.iter().map(|reader| why(reader)) {
            if !whys.contains(&reader) {
                whys.push(reader);
            }
        }
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for member in members.iter().filter(|(path, _)| below(path.as_bstr())).map(|(_, member)| member) {
        let Some(Reason { reason, by }) = reason(&member.fate) else { continue };
        *reasons.entry(reason).or_default() += 1;
        whys.extend(by.filter(|by| !whys.contains(by)));
    }
    let mut parts = vec![format!("{count} of its files are inputs")];
    parts.extend(reasons.iter().map(|(reason, count)| format!("{count} {}", in_short(reason))));
    Answer {
        name: assessed.defined.name.clone(),
        verdict: "folder",
        text: format!("is a folder: {}", parts.join(", ")),
        why: whys,
        inputs: count,
        left_out: reasons.values().sum(),
    }
}

fn in_short(reason: &str) -> &'static str {
    match reason {
        "ignored" => "ignored",
        "excluded" => "left out by --exclude",
        "not-listed" => "not listed",
        "unread" => "read by no instruction",
        _ => "counted by what it says",
    }
}
