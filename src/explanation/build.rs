//! From assessed images to what is said of them.

use bstr::{BStr, ByteSlice};

use super::{Against, Change, Image, Input, LeftOut, Part, Reason, State, Why};
use crate::difference::{self, Difference, FileState};
use crate::error::Place;
use crate::inputs::fates::{Cause, Fate, Members};
use crate::inputs::{self, Root};
use crate::parts;
use crate::project::Assessed;

/// An image with all that counts.
pub fn image(assessed: &Assessed, content_tag: &str) -> Image {
    let located = &assessed.located;
    let context = if located.context.is_empty() { ".".to_owned() } else { located.context.to_string() };
    Image {
        name: assessed.defined.name.clone(),
        content_hash: assessed.content_hash.to_string(),
        content_tag: content_tag.to_owned(),
        context,
        dockerfile: located.dockerfile_shown.clone(),
        dockerfile_id: located.dockerfile_id.to_string(),
        ignore_file: (!located.ignore.is_empty()).then(|| located.ignore_shown.clone()),
        definition: parts::of(assessed).iter().filter(|part| !part.is_nothing()).map(part).collect(),
        inputs: assessed.inputs.files.iter().map(|file| input(&assessed.inputs, &file)).collect(),
        excluded: None,
        against: None,
    }
}

fn part(part: &parts::Part) -> Part {
    Part {
        kind: part.kind.as_str(),
        name: part.name.clone(),
        text: part.text.clone(),
        why: place(&part.place, String::new()),
    }
}

fn input(inputs: &inputs::Inputs, file: &inputs::File<'_>) -> Input {
    let context = match file.root {
        Root::Main => "main".to_owned(),
        Root::Context(name) => name.clone(),
        Root::Repository => "repository".to_owned(),
    };
    Input {
        path: inputs.repository_path(file).to_str_lossy().into_owned(),
        mode: file.mode.octal(),
        id: file.id.to_string(),
        context,
        attributes: file.attributes.to_owned(),
        why: file.whys.iter().map(|why| self::why(why)).collect(),
    }
}

/// The line or key of a why.
pub(super) fn why(why: &inputs::Why) -> Why {
    place(&why.place, why.text.clone())
}

fn place(place: &Place, text: String) -> Why {
    let Place { file, line, column, key } = place.clone();
    Why { file, line, column, key, text }
}

fn cause(cause: &Cause) -> Why {
    Why { file: cause.file.clone(), line: cause.line, column: None, key: None, text: cause.text.clone() }
}

/// Why a file's bytes do not count; none for an input.
pub(super) fn reason(fate: &Fate) -> Option<Reason> {
    let (reason, by) = match fate {
        Fate::Input => return None,
        Fate::Dockerfile => ("dockerfile", None),
        Fate::IgnoreFile => ("ignore-file", None),
        Fate::Configuration => ("configuration", None),
        Fate::Ignored(by) => ("ignored", Some(cause(by))),
        Fate::Excluded(by) => ("excluded", Some(cause(by))),
        Fate::NotListed(by) => ("not-listed", Some(cause(by))),
        Fate::Unread => ("unread", None),
    };
    Some(Reason { reason, by })
}

/// The files that do not count.
pub fn left_out(members: &Members) -> Vec<LeftOut> {
    let left = members.iter().filter_map(|(path, member)| {
        Some(LeftOut { path: path.to_str_lossy().into_owned(), reason: reason(&member.fate)? })
    });
    left.collect()
}

/// What changed of an image since a commit; none of which stands for one that the commit does not have.
pub fn changes(before: Option<&Assessed>, after: &Assessed, commit: &str) -> Against {
    let Some(before) = before else {
        let summary = format!("{commit} has no image of this name");
        return Against { content_hash: None, summary, changes: Vec::new() };
    };
    let difference = Difference::between(before, after);
    Against {
        content_hash: Some(before.content_hash.to_string()),
        summary: difference.summary(),
        changes: difference.changes.iter().map(change).collect(),
    }
}

fn change(change: &difference::Change) -> Change {
    let how = change.how().as_str();
    match change {
        difference::Change::File(file) => Change {
            how,
            kind: "file",
            subject: BStr::new(&file.path).to_str_lossy().into_owned(),
            before: file.before.as_ref().map(file_state),
            after: file.after.as_ref().map(file_state),
            why: file.whys.iter().map(|why| self::why(why)).collect(),
        },
        difference::Change::Part { before, after } => {
            let state = |part: &parts::Part| State { text: Some(part.text.clone()), ..State::default() };
            let part = change.part();
            Change {
                how,
                kind: part.map_or("other", |part| part.kind.as_str()),
                subject: change.subject(),
                before: before.as_deref().map(state),
                after: after.as_deref().map(state),
                why: part.map(|part| place(&part.place, String::new())).into_iter().collect(),
            }
        }
    }
}

fn file_state(state: &FileState) -> State {
    State {
        mode: Some(state.mode.octal()),
        id: Some(state.id.to_string()),
        attributes: Some(state.attributes.clone()),
        text: None,
    }
}
