//! The images that a Dockerfile's `FROM` lines name, and where they stand in its text.
//!
//! For whoever changes them in the file; what a build makes of them is for `stages`. It must not know which image is whose.

use std::ops::Range;

use super::scan::{self, Logical};

/// One `FROM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// 1-based line of the instruction.
    pub line: usize,
    /// The image as it is written, variables and all.
    pub image: String,
    /// Its bytes in the text; `None` where it does not stand on the instruction's first line.
    pub range: Option<Range<usize>>,
    /// The number of the instruction.
    pub instruction: usize,
}

/// What a Dockerfile's text holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Froms {
    /// In order; those of earlier stages left out, which name no image.
    pub froms: Vec<From>,
    /// Every instruction with its heredocs, in one text each, to compare two files by.
    pub instructions: Vec<String>,
    /// What no build would take: the line, the column and what is wrong.
    pub faults: Vec<(usize, usize, String)>,
}

/// Reads a text.
pub fn froms(text: &str) -> Froms {
    let scanned = scan::scan(text);
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1))
        .collect();
    let mut found = Froms::default();
    let mut stages: Vec<String> = Vec::new();
    for (number, logical) in scanned.lines.iter().enumerate() {
        let heredocs = logical.heredocs.iter().map(|heredoc| format!("\n{}\n{}", heredoc.name, heredoc.body));
        found.instructions.push(std::iter::once(logical.text.clone()).chain(heredocs).collect());
        let words = words(&logical.text);
        let [(_, keyword), rest @ ..] = words.as_slice() else { continue };
        if !keyword.eq_ignore_ascii_case("from") {
            continue;
        }
        let mut rest = rest.iter().skip_while(|(_, word)| word.starts_with("--"));
        let Some((at, image)) = rest.next() else { continue };
        let is_stage = stages.iter().any(|stage| stage.eq_ignore_ascii_case(image));
        if !is_stage {
            let range = starts
                .get(logical.line.wrapping_sub(1))
                .and_then(|start| place(text, *start, logical, *at, image));
            let (line, image) = (logical.line, (*image).to_owned());
            found.froms.push(From { line, image, range, instruction: number });
        }
        if let (Some((_, word)), Some((_, name))) = (rest.next(), rest.next())
            && word.eq_ignore_ascii_case("as")
        {
            stages.push((*name).to_owned());
        }
    }
    found.faults =
        scanned.faults.into_iter().map(|fault| (fault.line, fault.column, fault.message)).collect();
    found
}

/// The bytes of a word that is at `at` in an instruction's joined text, if it stands on its first line.
fn place(text: &str, start: usize, logical: &Logical, at: usize, word: &str) -> Option<Range<usize>> {
    let line = text.get(start..)?;
    let mark = if start == 0 && line.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let indent: usize = line.get(mark..)?.chars().take(logical.column - 1).map(char::len_utf8).sum();
    let first: usize = logical.text.chars().take(logical.first).map(char::len_utf8).sum();
    let from = start + mark + indent + at;
    let range = from..from + word.len();
    (at + word.len() <= first && text.get(range.clone()) == Some(word)).then_some(range)
}

/// Words between blanks, with the byte at which each begins.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    for part in text.split(|c: char| c.is_whitespace()) {
        if !part.is_empty() {
            words.push((at, part));
        }
        at += part.len();
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    words
}
