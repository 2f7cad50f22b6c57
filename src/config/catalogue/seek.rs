//! Where a key stands in a JSON or YAML file: its line, found by looking for the keys on the way to it one after the other.
//!
//! The parsers of these formats keep no places. Keys that are also words of a value could be found in their stead, so a
//! place may be some lines off where files are odd; what is read never depends on it. The text is read once, however many
//! places are asked for: each key of a large file has one.

use crate::config::table::join;
use crate::error::Place;

/// Bytes that a key has at most, to be found: one that is longer has the place of what it is in.
const LONGEST: usize = 256;

/// What may be a key of a file, by name.
pub(super) struct Seek<'a> {
    file: &'a str,
    /// Names with the offset behind each, in the order of both.
    keys: Vec<(&'a str, usize)>,
    /// Offsets at which lines start, the first one aside.
    lines: Vec<usize>,
}

impl<'a> Seek<'a> {
    /// Reads the text once.
    pub(super) fn new(file: &'a str, text: &'a str) -> Seek<'a> {
        let lines = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        let ends = text.match_indices([':', '=']);
        let mut keys: Vec<(&str, usize)> = ends.filter_map(|(at, _)| key_before(text, at)).collect();
        keys.sort_unstable();
        Seek { file, keys, lines }
    }

    /// The place of the last of these keys.
    pub(super) fn place(&self, keys: &[&str]) -> Place {
        let mut from = 0;
        for key in keys {
            let next = self.keys.partition_point(|known| *known < (*key, from));
            match self.keys.get(next) {
                Some((found, end)) if found == key => from = *end + 1,
                _ => break,
            }
        }
        let line = self.lines.partition_point(|start| *start < from) + 1;
        let place = Place::line(self.file, line);
        match keys.is_empty() {
            true => place,
            false => place.key(keys.iter().fold(String::new(), |whole, key| join(&whole, key))),
        }
    }
}

/// The name that ends before a sign, blanks aside, and the offset of its end.
fn key_before(text: &str, sign: usize) -> Option<(&str, usize)> {
    let from = (sign.saturating_sub(LONGEST)..=sign).find(|at| text.is_char_boundary(*at))?;
    let before = text.get(from..sign)?.trim_end();
    let end = from + before.len();
    let name = match before.strip_suffix(['"', '\'']) {
        Some(inside) => {
            let quote = before.get(inside.len()..)?;
            inside.get(inside.rfind(quote)? + 1..)?
        }
        // A list has `"NAME=VALUE"`, the quote being the item's.
        None => before.rsplit([' ', '\t', '\n', '\r', '{', '[', ',']).next()?.trim_start_matches(['"', '\'']),
    };
    (!name.is_empty()).then_some((name, end))
}

#[cfg(test)]
mod tests {
    use super::Seek;

    #[test]
    fn keys_are_found_in_both_formats() {
        let json = "{\"target\": {\n\"my-app\": {},\n\"app\" :\n{\"args\": {\n  \"a:b\": \"1\"}}}}";
        let yaml =
            "services:\n  my-app: {}\n  app:\n    args:\n    - A=1\n    - \"B=2\"\n    x: {'c': 1, d:\n 2}\n";
        for (text, keys, expected) in [
            (json, &["target", "app", "args", "a:b"][..], "f:5: target.app.args.\"a:b\""),
            (json, &["target", "app"], "f:3: target.app"),
            (json, &["target", "app", "none"], "f:3: target.app.none"),
            (json, &[], "f:1"),
            (yaml, &["services", "app", "args", "A"], "f:5: services.app.args.A"),
            (yaml, &["services", "app", "args", "B"], "f:6: services.app.args.B"),
            (yaml, &["services", "app", "x", "c"], "f:7: services.app.x.c"),
            (yaml, &["services", "app", "x", "d"], "f:7: services.app.x.d"),
        ] {
            assert_eq!(Seek::new("f", text).place(keys).to_string(), expected);
        }
    }
}
