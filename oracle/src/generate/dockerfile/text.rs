//! Changes of a Dockerfile's text that know nothing of its meaning: what a slip of the hand does.

use crate::generate::pick;

/// Changes a random line or character; the kind, the detail, and the text after it.
/// The text must not be empty.
pub fn mutate_text(rng: &mut fastrand::Rng, text: &str) -> (&'static str, String, String) {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let at = rng.usize(..lines.len());
    let line = lines[at].clone();
    let kind = match rng.u8(..4) {
        0 => {
            lines.remove(at);
            "text: line deleted"
        }
        1 => {
            lines.insert(at, line.clone());
            "text: line duplicated"
        }
        2 => {
            let other = rng.usize(..lines.len());
            lines.swap(at, other);
            "text: lines swapped"
        }
        _ => {
            let mut letters: Vec<char> = line.chars().collect();
            let one = rng.usize(..letters.len());
            letters[one] = *pick(
                rng,
                &['a', 'b', '1', '.', '/', '*', '#', '$', '"', '\'', '\\', ' ', '-', '=', '{', '\n'],
            );
            lines[at] = letters.into_iter().collect();
            "text: character changed"
        }
    };
    let after = lines.concat();
    (kind, format!("line {}: {line:?}", at + 1), after)
}
