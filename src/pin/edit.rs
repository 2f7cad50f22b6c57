//! What has to change in a text so that a reference says what it should.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Field, Fields, Site, Style, Wanted};
use crate::error::{Error, Result};

/// Bytes that are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub range: Range<usize>,
    /// By what.
    pub text: String,
    /// What is read there now.
    pub old: String,
    /// What is to be read there afterwards.
    pub new: String,
    /// The number of the value among those of the file.
    pub(crate) event: usize,
}

/// The edits of several references in one file, in its order. A value that cannot be replaced, or that two references
/// share and want different, is an error at its place.
pub fn edits(file: &str, wanted: &[(&Site, &Wanted)]) -> Result<Vec<Edit>> {
    let mut all: BTreeMap<usize, Edit> = BTreeMap::new();
    for (site, wanted) in wanted {
        for edit in of(site, wanted).map_err(|why| {
            Error::invalid(format!("{} cannot be pinned: {why}", site.written())).at(site.place(file)).hint(
                match &site.fields {
                    Fields::Apart { tag: None, digest: None } => {
                        "write `tag: \"\"` beside it (for kustomize, newTag)"
                    }
                    _ => "write it plainly, in one piece and on its key's line",
                },
            )
        })? {
            match all.get(&edit.range.start) {
                Some(other) if *other != edit => {
                    let text = format!("{:?} is shared by references to different images", edit.old);
                    return Err(Error::invalid(text)
                        .at(site.place(file))
                        .hint("give each of them a value of its own"));
                }
                _ => drop(all.insert(edit.range.start, edit)),
            }
        }
    }
    Ok(all.into_values().filter(|edit| edit.old != edit.new).collect())
}

fn of(site: &Site, wanted: &Wanted) -> Result<Vec<Edit>, &'static str> {
    let (tag, digest) = (wanted.tag.as_str(), wanted.digest.as_str());
    match &site.fields {
        Fields::Whole(field) => Ok(vec![replace(field, site.pinned(wanted))?]),
        Fields::Apart { tag: None, digest: None } => {
            Err("there is no tag and no digest beside the repository, and no line is added")
        }
        Fields::Apart { tag: Some(field), digest: None } => {
            Ok(vec![replace(field, format!("{tag}@{digest}"))?])
        }
        Fields::Apart { tag: field, digest: Some(own) } => {
            let tag = field.as_ref().map(|field| replace(field, tag.to_owned()));
            tag.into_iter().chain([replace(own, digest.to_owned())]).collect()
        }
    }
}

fn replace(field: &Field, new: String) -> Result<Edit, &'static str> {
    let text = match field.style {
        Style::Fixed(why) => return Err(why),
        Style::Bare => new.clone(),
        Style::Single => format!("'{new}'"),
        Style::Double => format!("\"{new}\""),
        Style::Plain if is_text(&new) => new.clone(),
        Style::Plain => format!("\"{new}\""),
        Style::Nothing if is_text(&new) => format!(" {new}"),
        Style::Nothing => format!(" \"{new}\""),
    };
    Ok(Edit { range: field.range.clone(), text, old: field.value.clone(), new, event: field.event })
}

/// Whether YAML reads it as text without quotes, in every version of YAML: a commit's 7 digits may be a number
/// (`1234567`, `12e4567`, `0b10011`), and words may be truths.
fn is_text(value: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    value.contains(['@', '/'])
        || value.contains(':') && value.starts_with("sha")
        || value.starts_with(|c: char| c.is_ascii_alphabetic())
            && !words.contains(&value.to_ascii_lowercase().as_str())
}

/// The text with the edits made; they stand in its order and do not overlap.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len() + edits.len() * 96);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.range.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
