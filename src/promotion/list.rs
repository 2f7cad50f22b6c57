//! Files to entries: StarlingX's YAML and imgplan's TOML, strictly, with every problem of all files at once.
//!
//! What each key means stands here. A list is checked as a whole: two entries for one target, and an entry whose source is
//! another's target, would depend on which comes first.

mod clash;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::value::{Keys, Located};
use super::{Entry, Source, SourceRef, target, toml, yaml};
use crate::error::{Error, Errors, Place, Result};
use crate::reference::{Digest, Repository, Tag};

pub use clash::Twice;

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// As it was named; its ending tells the format.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Where relative `oci:` folders in it begin.
    pub base: &'a Path,
}

/// All that the files list.
#[derive(Debug, Default)]
pub struct List {
    /// Each target once, in the files' order.
    pub entries: Vec<Entry>,
    /// Entries that repeat one of those, word for word.
    pub twice: Vec<Twice>,
}

/// Reads files.
pub fn read(files: &[File<'_>]) -> Result<List, Errors> {
    let mut errors = Errors::default();
    let mut entries = Vec::new();
    for file in files {
        let before = (entries.len(), errors.0.len());
        match extension(file.name) {
            Some("yaml" | "yml") => of_yaml(file, &mut entries, &mut errors),
            Some("toml") => of_toml(file, &mut entries, &mut errors),
            _ => errors.push(
                Error::invalid("the name does not tell which format the list is in")
                    .at(Place::file(file.name))
                    .hint("it ends in .yaml, .yml or .toml"),
            ),
        }
        if before == (entries.len(), errors.0.len()) {
            let error = Error::invalid("the list has no entry").at(Place::file(file.name));
            errors.push(error.hint("an empty list would pass every check: take the file out, or fill it"));
        }
    }
    let (entries, twice) = clash::check(entries, &mut errors);
    errors.0.sort_by_key(|error| {
        let place = error.place();
        let file = files.iter().position(|file| place.is_some_and(|place| place.file == file.name));
        (file, place.map(|place| (place.line, place.column)))
    });
    errors.or(List { entries, twice })
}

fn extension(name: &str) -> Option<&str> {
    Path::new(name).extension().and_then(|extension| extension.to_str())
}

/// Documents of `images:`, each a list of `name`, `src_build_tag`, `src_ref` and `tag`.
fn of_yaml(file: &File<'_>, entries: &mut Vec<Entry>, errors: &mut Errors) {
    let documents = match yaml::documents(file.name, file.text) {
        Ok(documents) => documents,
        Err(error) => return errors.push(error),
    };
    for document in &documents {
        for item in items(document, errors) {
            let Some(keys) = item.keys(&["name", "src_build_tag", "src_ref", "tag"], errors) else {
                continue;
            };
            let from = keys.needed("name", errors).and_then(|at| repository(at, file.base, errors));
            let source = keys.needed("src_build_tag", errors).and_then(|at| tag(at, errors));
            let source_ref = keys.text("src_ref", errors).map(source_ref);
            let tag = keys
                .needed("tag", errors)
                .and_then(|(place, text)| Some((place, checked(place, target::tag(text), errors)?)));
            let (Some(from), Some(source), Some((place, tag))) = (from, source, tag) else { continue };
            let source = Source::Tag(source);
            entries.push(Entry { place: place.clone(), to: from.clone(), from, source, tag, source_ref });
        }
    }
}

/// `[[images]]` with `name`, one of `source-tag`, `digest` and `commit`, and `tags`.
fn of_toml(file: &File<'_>, entries: &mut Vec<Entry>, errors: &mut Errors) {
    let document = match toml::document(file.name, file.text) {
        Ok(document) => document,
        Err(error) => return errors.push(error),
    };
    let known = ["name", "source-tag", "digest", "commit", "tags", "to", "source-ref"];
    for item in items(&document, errors) {
        let Some(keys) = item.keys(&known, errors) else { continue };
        let from = keys.needed("name", errors).and_then(|at| repository(at, file.base, errors));
        let source = source(keys, errors);
        let to = match keys.text("to", errors) {
            Some(at) => repository(at, file.base, errors),
            None => from.clone(),
        };
        let source_ref = keys.text("source-ref", errors).map(source_ref);
        let tags = tags(keys, errors);
        let (Some(from), Some(source), Some(to)) = (from, source, to) else { continue };
        entries.extend(tags.into_iter().map(|(place, tag)| {
            let (from, source, to) = (from.clone(), source.clone(), to.clone());
            Entry { place, from, source, to, tag, source_ref: source_ref.clone() }
        }));
    }
}

/// The items of a document's one key.
fn items<'a>(document: &'a Located, errors: &mut Errors) -> &'a [Located] {
    let Some(keys) = document.keys(&["images"], errors) else { return &[] };
    match keys.get("images") {
        Some(images) => images.list(errors).unwrap_or_default(),
        None => {
            errors.push(Error::invalid("`images` is missing").at(document.place.clone()));
            &[]
        }
    }
}

fn source(keys: Keys<'_>, errors: &mut Errors) -> Option<Source> {
    let written: Vec<&str> =
        ["source-tag", "digest", "commit"].into_iter().filter(|key| keys.get(key).is_some()).collect();
    match written.as_slice() {
        ["source-tag"] => keys.text("source-tag", errors).and_then(|at| tag(at, errors)).map(Source::Tag),
        ["digest"] => {
            let (place, text) = keys.text("digest", errors)?;
            checked(place, Digest::new(text), errors).map(Source::Digest)
        }
        ["commit"] => {
            let (place, text) = keys.text("commit", errors)?;
            if text.trim().is_empty() {
                errors.push(Error::invalid("the commit is empty").at(place.clone()));
                return None;
            }
            Some(Source::Commit(text.to_owned()))
        }
        [] => {
            let error = Error::invalid("nothing says which image it is").at(keys.place.clone());
            errors.push(error.hint("name it by one of `source-tag`, `digest` and `commit`"));
            None
        }
        several => {
            let message = format!("{} say which image it is, and only one may", several.join(" and "));
            errors.push(Error::invalid(message).at(keys.place.clone()));
            None
        }
    }
}

fn tags(keys: Keys<'_>, errors: &mut Errors) -> Vec<(Place, Tag)> {
    let Some(list) = keys.get("tags") else {
        errors.push(Error::invalid("`tags` is missing").at(keys.place.clone()));
        return Vec::new();
    };
    let Some(items) = list.list(errors) else { return Vec::new() };
    if items.is_empty() {
        errors.push(Error::invalid("`tags` is empty").at(list.place.clone()));
    }
    let mut tags = Vec::with_capacity(items.len());
    for item in items {
        let Some(text) = item.text(errors) else { continue };
        let tag = checked(&item.place, target::tag(text), errors);
        tags.extend(tag.map(|tag| (item.place.clone(), tag)));
    }
    tags
}

fn source_ref((_, text): (&Place, &str)) -> SourceRef {
    SourceRef { text: text.to_owned() }
}

fn tag((place, text): (&Place, &str), errors: &mut Errors) -> Option<Tag> {
    checked(place, Tag::new(text), errors)
}

fn repository((place, text): (&Place, &str), base: &Path, errors: &mut Errors) -> Option<Repository> {
    checked(place, Repository::parse(text, base), errors)
}

fn checked<T>(place: &Place, result: Result<T>, errors: &mut Errors) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            errors.push(error.at(place.clone()));
            None
        }
    }
}
