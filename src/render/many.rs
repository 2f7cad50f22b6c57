//! What is said of many images: once, with their names, where it is the same.
//!
//! A sentence about `images/a/Dockerfile:3` and one about `images/b/Dockerfile:3` are the same but for the folder. Both
//! the plan and `check` use it, so that forty images with one note take one line more and not forty.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::text::sanitise;

/// From this many images on, what needs no attention takes one line.
pub const MANY: usize = 9;

/// Names that are shown of those that share a note.
const NAMES: usize = 8;

/// The sentences of each image, divided.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Divided {
    /// What each image alone has, in the order of the images.
    pub own: Vec<Vec<String>>,
    /// What several have, with their names, in the order in which it came up.
    pub shared: Vec<(String, Vec<String>)>,
}

/// Divides the sentences of images (name, sentences) into what is shared and what is not.
pub fn divide(images: &[(&str, &[String])]) -> Divided {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, (_, sentences)) in images.iter().enumerate() {
        for sentence in *sentences {
            let group = groups.entry(without_folder(sentence)).or_default();
            if group.last() != Some(&index) {
                group.push(index);
            }
        }
    }
    let mut divided = Divided::default();
    for (_, sentences) in images {
        let mut own = Vec::new();
        for sentence in *sentences {
            let key = without_folder(sentence);
            let Some(group) = groups.get(&key).filter(|group| group.len() > 1) else {
                own.push(sentence.clone());
                continue;
            };
            let every = |index: &usize| images.get(*index).is_some_and(|(_, all)| all.contains(sentence));
            let shown = if group.iter().all(every) { sentence.clone() } else { key };
            if divided.shared.iter().all(|(known, _)| *known != shown) {
                let names = group.iter().filter_map(|index| Some(images.get(*index)?.0.to_owned()));
                divided.shared.push((shown, names.collect()));
            }
        }
        divided.own.push(own);
    }
    divided
}

/// Writes what is shared.
pub fn write_shared(out: &mut String, divided: &Divided) {
    for (sentence, names) in &divided.shared {
        let _ = writeln!(out, "note: {}", sanitise(sentence));
        let shown: Vec<_> = names.iter().take(NAMES).map(|name| sanitise(name)).collect();
        let more = match names.len().saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(out, "    {} images: {}{more}", names.len(), shown.join(", "));
    }
}

/// `images/a/Dockerfile:3: …` without the folder, wherever the path stands in the sentence.
fn without_folder(sentence: &str) -> String {
    let place = sentence.split(": ").next().unwrap_or("");
    let Some((path, line)) = place.rsplit_once(':') else { return sentence.to_owned() };
    let is_line = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
    match path.rsplit_once('/') {
        Some((_, file)) if is_line && !path.contains(char::is_whitespace) => sentence.replace(path, file),
        _ => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_have_is_said_once() {
        let lists: [Vec<String>; 3] = [
            vec!["a/Dockerfile:3: odd, in a/Dockerfile".into(), "the same".into(), "mine".into()],
            vec!["b/Dockerfile:3: odd, in b/Dockerfile".into(), "the same".into()],
            vec!["c/Dockerfile:4: odd, in c/Dockerfile".into()],
        ];
        let images: Vec<(&str, &[String])> =
            ["a", "b", "c"].into_iter().zip(lists.iter().map(Vec::as_slice)).collect();
        let divided = divide(&images);
        assert_eq!(divided.own[0], ["mine"]);
        assert!(divided.own[1].is_empty());
        assert_eq!(divided.own[2], ["c/Dockerfile:4: odd, in c/Dockerfile"]);
        let both = || vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(
            divided.shared,
            [("Dockerfile:3: odd, in Dockerfile".to_owned(), both()), ("the same".to_owned(), both())]
        );
        let mut out = String::new();
        write_shared(&mut out, &divided);
        assert!(out.contains("note: the same\n    2 images: a, b\n"), "{out}");
    }
}
