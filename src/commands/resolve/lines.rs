//! What `resolve` prints: lines for `$(…)`, the same as JSON, and for people how each image was found.

use serde_json::json;

use crate::cli::Format;
use crate::commands::resolve::answers::{Found, Via};
use crate::commands::resolve::subject::{By, Subject};
use crate::decision::Details;
use crate::error::{Error, Result};
use crate::tags::readback::Built;
use crate::text::sanitise;

/// Which columns a line needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    commits: bool,
    images: bool,
}

impl Shape {
    /// A column for what there are several of: commits asked for, images of one of them.
    pub(super) fn of(commits: &[String], subjects: &[Subject]) -> Shape {
        let images = subjects.windows(2).any(|pair| match pair {
            [a, b] => a.asked == b.asked && a.name != b.name,
            _ => false,
        });
        Shape { commits: commits.len() > 1, images }
    }
}

/// The references, one a line, or everything as JSON.
pub(super) fn write(format: Format, found: &[Found], shape: Shape, tag: bool) -> Result<Vec<u8>> {
    if format == Format::Json {
        let images: Vec<_> = found.iter().map(|found| object(found, tag)).collect();
        let mut bytes = serde_json::to_vec_pretty(&json!({ "version": 1, "images": images }))
            .map_err(|error| Error::unavailable("the answer cannot be written as JSON").caused_by(error))?;
        bytes.push(b'\n');
        return Ok(bytes);
    }
    let line = |found: &Found| {
        let Subject { asked, name, .. } = &found.subject;
        let commit = Some(asked.as_str()).filter(|_| shape.commits);
        let name = Some(name.as_str()).filter(|_| shape.images);
        let reference = reference(found, tag);
        let columns = commit.into_iter().chain(name).chain([reference.as_str()]);
        columns.map(|column| sanitise(column).into_owned()).collect::<Vec<_>>().join("\t") + "\n"
    };
    Ok(found.iter().map(line).collect::<String>().into_bytes())
}

fn reference(found: &Found, by_tag: bool) -> String {
    let repository = &found.subject.repository;
    match &found.tag {
        Some(tag) if by_tag => repository.tagged(tag),
        _ => repository.at(&found.digest),
    }
}

fn object(found: &Found, tag: bool) -> serde_json::Value {
    let Found { subject, digest, via, details, .. } = found;
    let (how, other) = match via {
        Via::CommitTag => ("commit-tag", None),
        Via::ContentTag | Via::Build => ("content-tag", None),
        Via::Other(commit) => ("other-commit", Some(commit)),
        Via::Pin => ("pin", None),
    };
    let mark = details.as_ref().map(|details| mark(subject, details));
    json!({
        "name": subject.name,
        "reference": reference(found, tag),
        "repository": subject.repository,
        "digest": digest,
        "tag": found.tag,
        "asked": subject.asked,
        "commit": subject.commit,
        "content_hash": content_hash(subject),
        "how": how,
        "other_commit": other,
        "mark": mark.map(Mark::as_str),
        "revision": details.as_ref().and_then(|details| details.revision.as_deref()),
        "created": details.as_ref().and_then(|details| time(details.created)),
        "built": found.built.as_ref().map(|built| json!({
            "tag": built.tag,
            "time": time(built.time),
            "commit": built.commit,
        })),
        "pin": subject.pin,
        "notes": found.notes,
    })
}

/// How an image was found and what it says of itself, in sentences.
pub(super) fn explanation(found: &Found, shape: Shape) -> Vec<String> {
    let Found { subject, tag, via, details, .. } = found;
    let commit = short(&subject.commit);
    let tag = tag.as_ref().map(ToString::to_string).unwrap_or_default();
    let how = match via {
        Via::CommitTag => format!("{tag} is the tag of commit {commit}"),
        Via::ContentTag => format!("commit {commit} has no tag there; {tag} is the image of its content"),
        Via::Build => format!("commit {commit} was not built; {tag} is the build of its content"),
        Via::Other(other) => {
            format!(
                "commit {commit} has no tag there; {tag} is that of commit {}, whose content hash is the same",
                short(other)
            )
        }
        Via::Pin => format!("commit {commit} is pinned to it (.renku/renku.ini)"),
    };
    let origin = details.as_ref().and_then(|details| origin(subject, details));
    let mut all = vec![[Some(how), origin].into_iter().flatten().collect::<Vec<_>>().join("; ")];
    all.extend(found.built.as_ref().and_then(built));
    all.extend(found.notes.iter().cloned());
    if let Some(pin) = subject.pin.as_deref().filter(|_| *via != Via::Pin) {
        all.push(format!(
            "sessions of commit {commit} are pinned to {pin} (.renku/renku.ini); --pin resolves that"
        ));
    }
    let before = match shape.commits {
        true => format!("{}: {}: ", subject.asked, subject.name),
        false => format!("{}: ", subject.name),
    };
    all.into_iter().map(|text| format!("{before}{text}")).collect()
}

/// What a mark is worth for this content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Equal,
    Different,
    Missing,
    NotCompared,
}

impl Mark {
    fn as_str(self) -> &'static str {
        match self {
            Mark::Equal => "equal",
            Mark::Different => "different",
            Mark::Missing => "missing",
            Mark::NotCompared => "not-compared",
        }
    }
}

fn mark(subject: &Subject, details: &Details) -> Mark {
    match (details.mark.as_deref(), content_hash(subject)) {
        (None, _) => Mark::Missing,
        (Some(_), None) => Mark::NotCompared,
        (Some(mark), Some(hash)) if mark == hash => Mark::Equal,
        (Some(_), Some(_)) => Mark::Different,
    }
}

fn content_hash(subject: &Subject) -> Option<&str> {
    match &subject.by {
        By::Content { content_hash, .. } => Some(content_hash),
        By::CommitTag(_) | By::CommitShape(_) | By::Pin(_) => None,
    }
}

/// Where an image comes from by its own word. Builders pass labels on from a base image, so without an equal mark the
/// word may be about that one.
fn origin(subject: &Subject, details: &Details) -> Option<String> {
    let at = details.revision.as_deref().map(|revision| format!("at commit {}", short(revision)));
    let on = time(details.created).map(|time| format!("on {time}"));
    let built = [at, on].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mark = mark(subject, details);
    Some(match (mark, built.is_empty()) {
        (Mark::Equal, false) => format!("first built {built}, and marked with this content"),
        (Mark::Equal, true) => "marked with this content".to_owned(),
        (Mark::Different, _) => "but it is marked with other content".to_owned(),
        (_, false) if details.revision.is_some() => {
            format!("by its own word built {built}, which may be its base image's")
        }
        (_, false) => format!("by its own word made {built}"),
        (Mark::Missing | Mark::NotCompared, true) => return None,
    })
}

/// How old it is and up to which commit, as its tag tells it.
fn built(built: &Built) -> Option<String> {
    let at = built.commit.as_deref().map(|commit| format!("at {commit}"));
    let told: Vec<String> = built.shown().into_iter().chain(at).collect();
    (!told.is_empty()).then(|| format!("built {}", told.join(" ")))
}

fn time(created: Option<i64>) -> Option<String> {
    jiff::Timestamp::from_second(created?).ok().map(|time| time.to_string())
}

/// The first digits of an id; what is none is shown whole.
fn short(id: &str) -> &str {
    let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { id.get(..7).unwrap_or(id) } else { id }
}
