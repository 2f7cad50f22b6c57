//! YAML with its merge keys (`<<`) filled in, from the inside out: what is merged in may itself merge something in.
//!
//! The library's own merging leaves the merge keys of a merged mapping unread, and a key that is lost so is another build.
//! It must not know what a key means.

use yaml_serde::{Mapping, Value};

use crate::config::catalogue::node::Node;
use crate::config::source::Report;
use crate::error::{Error, Place};

/// More brackets inside one another than any file has; the library takes a time that grows with their square.
const DEEPEST: usize = 1000;

/// A file's values; what is wrong is reported.
pub(super) fn document(report: &mut Report<'_>, file: &str, bytes: &[u8]) -> Option<Node> {
    if is_deep(bytes) {
        let message =
            format!("this is no YAML that is read here: more than {DEEPEST} brackets inside one another");
        report.wrong(&Place::file(file), message);
        return None;
    }
    let mut document = match yaml_serde::from_slice::<Value>(bytes) {
        Ok(document) => document,
        Err(error) => {
            let place = match error.location() {
                Some(at) => Place::line(file, at.line()).column(at.column()),
                None => Place::file(file),
            };
            report.push(Error::invalid("this is no YAML").at(place).caused_by(error));
            return None;
        }
    };
    match merge(&mut document) {
        Ok(()) => Some(Node::from(document)),
        Err(message) => {
            report.wrong(&Place::file(file), message);
            None
        }
    }
}

/// Whether brackets stand deeper in one another than the library reads in good time.
pub(crate) fn is_deep(bytes: &[u8]) -> bool {
    let mut depth = 0usize;
    bytes.iter().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// Fills in every merge key of a document. A key's own value wins; of several that are merged in, the first one.
/// The error is a sentence.
fn merge(value: &mut Value) -> Result<(), &'static str> {
    match value {
        Value::Sequence(items) => items.iter_mut().try_for_each(merge),
        Value::Tagged(tagged) => merge(&mut tagged.value),
        Value::Mapping(mapping) => {
            mapping.values_mut().try_for_each(merge)?;
            match mapping.shift_remove("<<") {
                None => Ok(()),
                Some(Value::Mapping(base)) => {
                    under(mapping, base);
                    Ok(())
                }
                Some(Value::Sequence(bases)) => bases.into_iter().try_for_each(|base| match base {
                    Value::Mapping(base) => {
                        under(mapping, base);
                        Ok(())
                    }
                    _ => Err("each item of a list behind `<<` is a mapping"),
                }),
                Some(_) => Err("behind `<<` is a mapping, or a list of mappings"),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Adds what the mapping does not have.
fn under(mapping: &mut Mapping, base: Mapping) {
    for (key, value) in base {
        mapping.entry(key).or_insert(value);
    }
}
