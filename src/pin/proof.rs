//! The proof that a file was changed in the wanted values and in nothing else: it is read again.
//!
//! YAML by two parsers. The one that knows positions must give the same events but for the replaced values; the other,
//! which read no position, must give the same documents but for leaves that were replaced. `.ini` files and Dockerfiles
//! must give the same entries and instructions but for those.

use std::collections::HashMap;

use serde::Deserialize as _;
use yaml_serde::Value;

use super::yaml::{self, NodeId, Stream};
use super::{Edit, Kind, ini};
use crate::dockerfile::froms;
use crate::error::{Error, Errors, Place, Result};

/// Refuses `after` unless it is `before` with exactly these edits in what a reader of this kind understands.
pub fn check(file: &str, kind: Kind, before: &str, after: &str, edits: &[Edit]) -> Result<()> {
    let proven = match kind {
        Kind::Renku | Kind::Ini => entries(before, after, edits),
        Kind::Dockerfile => instructions(before, after, edits),
        Kind::Helm | Kind::Kubernetes | Kind::Kustomize | Kind::Compose => {
            events(before, after, edits) && leaves(file, before, after, edits)?
        }
    };
    if proven {
        return Ok(());
    }
    Err(Error::invalid("the file would read differently in more than its references, so it is not written")
        .at(Place::file(file))
        .hint("write the references in the plainest form, one on a line; please report this file"))
}

fn entries(before: &str, after: &str, edits: &[Edit]) -> bool {
    let mut before = ini::entries(before);
    for edit in edits {
        if let Some(entry) = before.get_mut(edit.event) {
            entry.value.clone_from(&edit.new);
        }
    }
    let after = ini::entries(after);
    before.iter().map(ini::Entry::said).eq(after.iter().map(ini::Entry::said))
}

fn instructions(before: &str, after: &str, edits: &[Edit]) -> bool {
    let mut before = froms(before);
    for edit in edits {
        if let Some(text) = before.instructions.get_mut(edit.event) {
            *text = text.replacen(&edit.old, &edit.new, 1);
        }
    }
    let after = froms(after);
    let named = |edit: &Edit| {
        let mut all = after.froms.iter();
        all.any(|from| from.instruction == edit.event && from.image == edit.new)
    };
    before.instructions == after.instructions && after.faults.is_empty() && edits.iter().all(named)
}

fn events(before: &str, after: &str, edits: &[Edit]) -> bool {
    use saphyr_parser::Event;
    let (Ok(before), Ok(after)) = (yaml::parse(before), yaml::parse(after)) else { return false };
    if before.events().len() != after.events().len() {
        return false;
    }
    let edits: HashMap<usize, &Edit> = edits.iter().map(|edit| (edit.event, edit)).collect();
    before.events().zip(after.events()).enumerate().all(|(index, pair)| match (pair, edits.get(&index)) {
        ((Event::Scalar(_, _, anchor, tag), Event::Scalar(new, _, same, as_before)), Some(edit)) => {
            anchor == same && tag == as_before && **new == *edit.new
        }
        ((before, after), None) => before == after,
        _ => false,
    })
}

/// All documents, as the second parser reads them.
pub(super) fn documents(file: &str, text: &str) -> Result<Vec<Value>, Errors> {
    let mut all = Vec::new();
    for document in yaml_serde::Deserializer::from_str(text) {
        let value = Value::deserialize(document).map_err(|error| {
            let place = match error.location() {
                Some(at) => Place::line(file, at.line()).column(at.column()),
                None => Place::file(file),
            };
            Error::invalid("this is no YAML that can be changed safely").at(place).caused_by(error)
        })?;
        all.push(value);
    }
    Ok(all)
}

/// Whether both parsers read the same documents, so that a key is the same key for both. White space within values may
/// differ: how a folded text is joined is of no account here.
pub(super) fn agree(stream: &Stream<'_>, documents: &[Value]) -> bool {
    // A document of nothing but comments has no node for one of them.
    let said: Vec<&Value> = documents.iter().filter(|document| !document.is_null()).collect();
    let roots: Vec<NodeId> = stream
        .roots
        .iter()
        .copied()
        .filter(|root| !matches!(stream.text(*root), Some("" | "~" | "null")))
        .collect();
    said.len() == roots.len() && roots.iter().zip(said).all(|(root, value)| agrees(stream, *root, value))
}

fn agrees(stream: &Stream<'_>, node: NodeId, value: &Value) -> bool {
    match value {
        Value::Tagged(tagged) => agrees(stream, node, &tagged.value),
        Value::Sequence(items) => {
            let nodes = stream.items(node);
            nodes.len() == items.len()
                && nodes.iter().zip(items).all(|(node, item)| agrees(stream, *node, item))
        }
        Value::Mapping(mapping) => {
            let entries = stream.entries(node);
            entries.len() == mapping.len()
                && entries.iter().zip(mapping).all(|((key, node), (name, value))| {
                    agrees(stream, *key, name) && agrees(stream, *node, value)
                })
        }
        Value::String(text) => stream.text(node).is_some_and(|said| {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<String>();
            said == text || words(said) == words(text)
        }),
        // Numbers and truths have many spellings.
        _ => stream.text(node).is_some(),
    }
}

fn leaves(file: &str, before: &str, after: &str, edits: &[Edit]) -> Result<bool> {
    let first = |errors: Errors| errors.0.into_iter().next().unwrap_or_else(|| Error::invalid("no YAML"));
    let (before, after) = (documents(file, before).map_err(first)?, documents(file, after).map_err(first)?);
    let mut changed = 0;
    let same = before.len() == after.len()
        && before.iter().zip(&after).all(|(before, after)| alike(before, after, edits, &mut changed));
    Ok(same && changed >= edits.len())
}

fn alike(before: &Value, after: &Value, edits: &[Edit], changed: &mut usize) -> bool {
    match (before, after) {
        (Value::Sequence(before), Value::Sequence(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| alike(before, after, edits, changed))
        }
        (Value::Mapping(before), Value::Mapping(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .all(|((key, before), (same, after))| key == same && alike(before, after, edits, changed))
        }
        (Value::Tagged(before), Value::Tagged(after)) => {
            before.tag == after.tag && alike(&before.value, &after.value, edits, changed)
        }
        (before, after) if before == after => true,
        (Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_), _) => false,
        (before, Value::String(new)) => {
            *changed += 1;
            let old = before.as_str();
            edits.iter().any(|edit| edit.new == *new && old.is_none_or(|old| old == edit.old))
        }
        _ => false,
    }
}
