//! Sources that are in no commit because a step before the build makes them.
//!
//! `generated = { "dist/" = ["src/**"] }` says what they are made from; those files are the inputs then. A source that
//! only holds a generated path among others (`COPY . .`) is read as usual, and the generated path counts besides.

use bstr::{BString, ByteSlice};

use crate::config::Image;
use crate::dockerfile::{Copy, What};
use crate::filepath;

/// What is left to be read from the commit, and the keys of `generated` that count.
pub(super) fn split(image: &Image, prefix: Option<&BString>, what: &What) -> (Vec<What>, Vec<String>) {
    if image.generated.is_empty() {
        return (vec![what.clone()], Vec::new());
    }
    let prefix = prefix.map(|prefix| prefix.to_str_lossy().into_owned()).unwrap_or_default();
    let mut keys = Vec::new();
    // The nearest relation that a source has to any generated path.
    let mut nearest = |source: &str| {
        let source = clean(&format!("{prefix}/{}", clean(source)));
        let mut nearest = Relation::Apart;
        for key in image.generated.keys() {
            let relation = relation(&source, &clean(key));
            if relation != Relation::Apart {
                keys.push(key.clone());
            }
            nearest = nearest.max(relation);
        }
        nearest
    };
    let left = match what {
        What::Copy(copy) => {
            let mut rest = Copy { sources: Vec::new(), ..copy.clone() };
            let mut tolerant = Copy { sources: Vec::new(), widened: true, ..copy.clone() };
            for source in &copy.sources {
                match nearest(source) {
                    Relation::Inside => {}
                    Relation::Match => tolerant.sources.push(source.clone()),
                    Relation::Around | Relation::Apart => rest.sources.push(source.clone()),
                }
            }
            [rest, tolerant].into_iter().filter(|copy| !copy.sources.is_empty()).map(What::Copy).collect()
        }
        What::Mount(source) => match nearest(source) {
            Relation::Inside => Vec::new(),
            _ => vec![what.clone()],
        },
        What::Whole(_) => {
            nearest("");
            vec![what.clone()]
        }
    };
    keys.sort();
    keys.dedup();
    (left, keys)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    Apart,
    /// The generated path is below the source.
    Around,
    /// A wildcard of the source matches the generated path, and may match committed files, too.
    Match,
    /// The source is the generated path or below it.
    Inside,
}

fn relation(source: &str, key: &str) -> Relation {
    let mut source = source.split('/').filter(|name| !name.is_empty());
    let mut wildcard = false;
    for key in key.split('/').filter(|name| !name.is_empty()) {
        match source.next() {
            None if wildcard => return Relation::Match,
            None => return Relation::Around,
            Some("**") => return Relation::Match,
            Some(name) if name == key => {}
            // A pattern that Go refuses is an error where the source itself is read.
            Some(name) => match filepath::matches(name.as_bytes(), key.as_bytes()) {
                Ok(false) => return Relation::Apart,
                Ok(true) | Err(_) => wildcard = true,
            },
        }
    }
    if wildcard { Relation::Match } else { Relation::Inside }
}

fn clean(path: &str) -> String {
    String::from_utf8_lossy(&filepath::clamp(path.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_related_to_generated_paths() {
        for (source, key, expected) in [
            ("dist", "dist", Relation::Inside),
            ("dist/app.js", "dist", Relation::Inside),
            ("dist/*.js", "dist", Relation::Inside),
            ("", "dist", Relation::Around),
            ("web", "web/dist", Relation::Around),
            ("*", "dist", Relation::Match),
            ("*.whl", "app.whl", Relation::Match),
            ("**/x", "a/x", Relation::Match),
            ("src", "dist", Relation::Apart),
            ("distx", "dist", Relation::Apart),
        ] {
            assert_eq!(relation(source, key), expected, "{source:?} and {key:?}");
        }
    }
}
