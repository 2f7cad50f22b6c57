//! YAML's merge keys (`<<`), from the inside out: what is merged in may itself merge something in.
//!
//! The library's own merging leaves the merge keys of a merged mapping unread, and a key that is lost so is another build.
//! It must not know what a key means.

use yaml_serde::{Mapping, Value};

/// Fills in every merge key of a document. A key's own value wins; of several that are merged in, the first one.
/// The error is a sentence.
pub(super) fn apply(value: &mut Value) -> Result<(), &'static str> {
    match value {
        Value::Sequence(items) => items.iter_mut().try_for_each(apply),
        Value::Tagged(tagged) => apply(&mut tagged.value),
        Value::Mapping(mapping) => {
            mapping.values_mut().try_for_each(apply)?;
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
