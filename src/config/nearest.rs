//! Which known word a person may have meant.

/// The known word that is nearest to what was written, if one is near enough to be a slip of the pen.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // No key is this long, and the work grows with the length.
    if written.len() > 64 {
        return None;
    }
    let plain = written.to_lowercase().replace('_', "-");
    let allowed = (plain.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|word| (distance(&plain, word), word))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Insertions, deletions, changes and swaps of neighbours that lead from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (i, x) in a.chars().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = last[j] + usize::from(x != *y);
            let mut best = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if j > 0 && previous == Some(*y) && x == b[j - 1] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
        previous = Some(x);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["repository", "look-in", "platforms", "inputs", "tags"];
        for (written, meant) in [
            ("repositry", Some("repository")),
            ("look_in", Some("look-in")),
            ("Platforms", Some("platforms")),
            ("input", Some("inputs")),
            ("inptus", Some("inputs")),
            ("tgas", Some("tags")),
            ("volumes", None),
            ("", None),
            ("x", None),
            ("ä", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
        assert_eq!(nearest(&"a".repeat(1000), known), None);
    }

    #[test]
    fn distances_are_those_of_the_textbook() {
        for (a, b, expected) in [("", "abc", 3), ("abc", "", 3), ("ab", "ba", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
