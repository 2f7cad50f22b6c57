//! One image given on the command line instead of in a list: `--from REPOSITORY:TAG --to REPOSITORY[:TAG]`.

use std::path::Path;

use super::{Entry, Source, target};
use crate::error::{Error, Kind, Place, Result};
use crate::reference::{Digest, Repository, Tag};

/// A repository with what stands behind it.
struct Reference {
    repository: Repository,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

/// The entries of `--from` and each `--to`. A tag that one side leaves out is the other's.
pub fn single(from: &str, to: &[String], base: &Path) -> Result<Vec<Entry>> {
    let usage = |message: String| Error::new(Kind::Usage, message);
    let source = parse(from, base).map_err(|error| misread("--from", error))?;
    let mut entries = Vec::with_capacity(to.len());
    for text in to {
        let target = parse(text, base).map_err(|error| misread("--to", error))?;
        if target.digest.is_some() {
            return Err(
                usage(format!("--to {text} has a digest")).hint("the digest is the image's own: name a tag")
            );
        }
        let none =
            || usage("neither --from nor --to has a tag".to_owned()).hint("write --from REPOSITORY:TAG");
        let tag = target.tag.or_else(|| source.tag.clone()).ok_or_else(none)?;
        let tag = target::tag(tag.as_str()).map_err(|error| error.at(Place::file("the command line")))?;
        let which = match (&source.digest, &source.tag) {
            (Some(digest), _) => Source::Digest(digest.clone()),
            (None, Some(tag)) => Source::Tag(tag.clone()),
            (None, None) => Source::Tag(tag.clone()),
        };
        let (from, to) = (source.repository.clone(), target.repository);
        if from == to && which == Source::Tag(tag.clone()) {
            return Err(usage(format!("--to {text} is what --from is"))
                .hint("give another repository or another tag"));
        }
        let place = Place::file("the command line");
        if entries.iter().any(|entry: &Entry| (&entry.to, &entry.tag) == (&to, &tag)) {
            return Err(usage(format!("--to {text} is there twice")));
        }
        entries.push(Entry { place, from, source: which, to, tag, source_ref: None });
    }
    Ok(entries)
}

/// The same as a mistake on the command line.
fn misread(option: &str, error: Error) -> Error {
    let usage = Error::new(Kind::Usage, format!("{option}: {}", error.message()));
    error.hints().iter().fold(usage, |usage, hint| usage.hint(hint))
}

/// Takes `HOST/PATH`, `oci:DIR`, each with `:TAG`, `@DIGEST` or both behind it.
fn parse(text: &str, base: &Path) -> Result<Reference> {
    let (rest, digest) = match text.rsplit_once("@sha256:") {
        Some((rest, hex)) => (rest, Some(Digest::new(format!("sha256:{hex}"))?)),
        None => (text, None),
    };
    let (scheme, name) = match rest.strip_prefix("oci:") {
        Some(dir) => ("oci:", dir),
        None => ("", rest),
    };
    // A colon before a slash is a port's.
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(Tag::new(tag)?)),
        _ => (name, None),
    };
    let repository = Repository::parse(&format!("{scheme}{name}"), base)?;
    Ok(Reference { repository, tag, digest })
}
