//! Who was right how often, as a table and as lists of what misled each.

use std::collections::BTreeMap;
use std::fmt;

use super::{Case, Image, Key};

/// What a pair of keys is worth, given the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// Same key, same image; or another key, another image or none.
    Right,
    /// The same key for another image, or for a commit that cannot be built.
    FalseHit,
    /// Another key for the same image.
    FalseMiss,
    /// One of the commits has no key.
    NoAnswer,
}

impl Outcome {
    /// Judges two keys.
    fn of((before, after): &(Key, Key), image: Image) -> Outcome {
        let (Ok(before), Ok(after)) = (before, after) else { return Outcome::NoAnswer };
        match (before == after, image) {
            (true, Image::Other | Image::Fails) => Outcome::FalseHit,
            (false, Image::Same) => Outcome::FalseMiss,
            (true, Image::Same) | (false, Image::Other | Image::Fails) => Outcome::Right,
        }
    }
}

/// All of a run.
pub struct Table {
    /// The run's seed.
    pub seed: u64,
    /// imgplan and the tools.
    pub names: Vec<&'static str>,
    /// The cases, with keys in the order of the names.
    pub cases: Vec<Case>,
}

/// Kinds of mutation that a list names.
const LISTED: usize = 8;

impl Table {
    /// The cases in which the tool at that place did so.
    fn all(&self, tool: usize, outcome: Outcome) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| Outcome::of(&case.keys[tool], case.image) == outcome)
    }

    /// How many, and in brackets how many of them BuildKit does not build.
    fn cell(&self, tool: usize, outcome: Outcome) -> String {
        let all = self.all(tool, outcome).count();
        let failing = self.all(tool, outcome).filter(|case| case.image == Image::Fails).count();
        if failing == 0 { all.to_string() } else { format!("{all} ({failing})") }
    }

    fn images(&self, image: Image) -> usize {
        self.cases.iter().filter(|case| case.image == image).count()
    }

    /// Every false hit and false miss, a line each.
    pub fn wrong(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (tool, name) in self.names.iter().enumerate() {
            for (outcome, word) in [(Outcome::FalseHit, "false hit"), (Outcome::FalseMiss, "false miss")] {
                for case in self.all(tool, outcome) {
                    lines.push(format!(
                        "{name}: {word} ({:?}): project {}: {}: {}",
                        case.image, case.project, case.kind, case.detail
                    ));
                }
            }
        }
        lines
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}: {} mutations: {} leave the image alike, {} give another one, {} do not build\n",
            self.seed,
            self.cases.len(),
            self.images(Image::Same),
            self.images(Image::Other),
            self.images(Image::Fails)
        )?;
        writeln!(f, "| tool | cases | false hits | false misses | no answer |")?;
        writeln!(f, "|---|---:|---:|---:|---:|")?;
        for (tool, name) in self.names.iter().enumerate() {
            write!(f, "| {name} | {} |", self.cases.len())?;
            for outcome in [Outcome::FalseHit, Outcome::FalseMiss, Outcome::NoAnswer] {
                write!(f, " {} |", self.cell(tool, outcome))?;
            }
            writeln!(f)?;
        }
        for (tool, name) in self.names.iter().enumerate() {
            writeln!(f, "\n{name}")?;
            let kind = |case: &Case| case.kind.to_owned();
            list(f, "false hits", self.all(tool, Outcome::FalseHit).map(kind))?;
            list(f, "false misses", self.all(tool, Outcome::FalseMiss).map(kind))?;
            let message = |case: &Case| message(&case.keys[tool]);
            list(f, "no answer", self.all(tool, Outcome::NoAnswer).map(message))?;
        }
        Ok(())
    }
}

/// What the tool complained of, without the names of one project.
fn message((before, after): &(Key, Key)) -> String {
    let text = before.as_ref().err().or(after.as_ref().err()).map(String::as_str).unwrap_or_default();
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.chars().take(110).collect()
}

/// The most frequent of them.
fn list(f: &mut fmt::Formatter<'_>, title: &str, of: impl Iterator<Item = String>) -> fmt::Result {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for one in of {
        *counted.entry(one).or_default() += 1;
    }
    let mut sorted: Vec<(String, usize)> = counted.into_iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (one, count) in sorted.iter().take(LISTED) {
        writeln!(f, "  {count:>5}  {title}: {one}")?;
    }
    let rest: usize = sorted.iter().skip(LISTED).map(|(_, count)| count).sum();
    if rest > 0 { writeln!(f, "  {rest:>5}  {title}: others") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(before: Option<&str>, after: Option<&str>) -> (Key, Key) {
        let key = |key: Option<&str>| key.map(str::to_owned).ok_or_else(|| "\nno: a.txt\nat".to_owned());
        (key(before), key(after))
    }

    #[test]
    fn keys_are_judged_by_the_images() {
        for (before, after, image, outcome) in [
            (Some("k"), Some("k"), Image::Same, Outcome::Right),
            (Some("k"), Some("k"), Image::Other, Outcome::FalseHit),
            (Some("k"), Some("k"), Image::Fails, Outcome::FalseHit),
            (Some("k"), Some("l"), Image::Same, Outcome::FalseMiss),
            (Some("k"), Some("l"), Image::Other, Outcome::Right),
            (Some("k"), Some("l"), Image::Fails, Outcome::Right),
            (None, Some("l"), Image::Same, Outcome::NoAnswer),
            (Some("k"), None, Image::Fails, Outcome::NoAnswer),
        ] {
            assert_eq!(Outcome::of(&keys(before, after), image), outcome, "{before:?} {after:?} {image:?}");
        }
    }

    #[test]
    fn a_row_counts_failing_builds_in_brackets() {
        let case = |image, keys| Case { project: 3, kind: "text", detail: "a line".to_owned(), image, keys };
        let table = Table {
            seed: 1,
            names: vec!["imgplan", "other"],
            cases: vec![
                case(Image::Other, vec![keys(Some("k"), Some("l")), keys(Some("k"), Some("k"))]),
                case(Image::Fails, vec![keys(Some("k"), None), keys(Some("k"), Some("k"))]),
                case(Image::Same, vec![keys(Some("k"), Some("k")), keys(Some("k"), Some("l"))]),
            ],
        };
        let text = table.to_string();
        assert!(text.contains("| imgplan | 3 | 0 | 0 | 1 (1) |\n| other | 3 | 2 (1) | 1 | 0 |\n"), "{text}");
        assert!(text.contains("      1  no answer: no: a.txt\n"), "{text}");
        assert_eq!(
            table.wrong(),
            [
                "other: false hit (Other): project 3: text: a line",
                "other: false hit (Fails): project 3: text: a line",
                "other: false miss (Same): project 3: text: a line",
            ]
        );
    }
}
