//! Templates, checked once: literal text and placeholders, `{name}` or `{name:argument}`.
//!
//! Braces can stand in no tag, so there is no escape for them. A pattern is a template that may also have `*`; it gives
//! no tag and is only matched.

use super::placeholders::{self, Fault, Piece};
use super::{CONTENT_PREFIX, LONGEST, fill, is_content_tag};
use crate::error::Place;
use crate::tags::Facts;

/// A checked template, with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// As written, for example `{sha:7}`.
    pub text: String,
    /// Where it stands; for the default the file is `default`.
    pub place: Place,
    pub(super) pieces: Vec<Piece>,
}

impl Template {
    /// Checks a template without any facts.
    ///
    /// # Errors
    /// What is wrong with it, and where in it.
    pub fn parse(text: &str, place: Place) -> Result<Template, Fault> {
        Template::parse_with(text, place, &[])
    }

    /// The same where the caller fills in more names: the named groups of a release pattern. A name of a placeholder
    /// stays the placeholder.
    ///
    /// # Errors
    /// What is wrong with it, and where in it.
    pub fn parse_with(text: &str, place: Place, names: &[&str]) -> Result<Template, Fault> {
        let template = Template { text: text.to_owned(), place, pieces: pieces(text, names, false)? };
        template.fits()?;
        Ok(template)
    }

    /// A template or pattern of this program's own. A test goes through all of them; one that were wrong would stop the
    /// run, since without it tags would be missed in silence.
    #[allow(clippy::panic)]
    pub(crate) fn constant(text: &'static str) -> Template {
        match Template::pattern(text, Place::file("default")) {
            Ok(template) => template,
            Err(fault) => panic!("the constant {text} is no template: {}", fault.message),
        }
    }

    /// A pattern: a template to be matched, in which `*` stands for anything that a tag can hold.
    ///
    /// # Errors
    /// What is wrong with it, and where in it.
    pub fn pattern(text: &str, place: Place) -> Result<Template, Fault> {
        Ok(Template { text: text.to_owned(), place, pieces: pieces(text, &[], true)? })
    }

    fn fits(&self) -> Result<(), Fault> {
        if self.text.starts_with(CONTENT_PREFIX) {
            return Err(Fault::new(format!("tags that start with `{CONTENT_PREFIX}` belong to imgplan"), 0));
        }
        if self.pieces.iter().map(shortest).sum::<usize>() > LONGEST {
            return Err(Fault::new(format!("its tags are longer than {LONGEST} characters"), 0));
        }
        // Hex digits at the end and the prefix before them: seen only in the tag as a whole.
        let names: Vec<(&str, &str)> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Name(name) => Some((name.as_str(), "n")),
                _ => None,
            })
            .collect();
        let (sha, hash) = ("a".repeat(40), "c".repeat(64));
        let probe = Facts {
            branch: Some("b"),
            git_tag: Some("1.2.3-t"),
            commit_date: Some(0),
            build_date: Some(0),
            describe: Some("d"),
            image: "i",
            count: Some(1),
            input_sha: Some(&sha),
            names: &names,
            ..Facts::of(&sha, &hash)
        };
        match fill::fill(&self.pieces, &probe) {
            Some(tag) if is_content_tag(&tag) => Err(Fault::new("its tags look like content tags", 0)),
            _ => Ok(()),
        }
    }
}

fn pieces(template: &str, names: &[&str], pattern: bool) -> Result<Vec<Piece>, Fault> {
    if template.is_empty() {
        return Err(Fault::new("is empty", 0));
    }
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let at = characters(template) - characters(rest);
        if let Some(inner) = rest.strip_prefix('{') {
            let end =
                inner.find(['{', '}']).filter(|end| inner.get(*end..).is_some_and(|s| s.starts_with('}')));
            let Some((between, behind)) =
                end.and_then(|end| Some((inner.get(..end)?, inner.get(end + 1..)?)))
            else {
                return Err(Fault::new("`{` without its `}`", at));
            };
            let piece = placeholders::piece(between, names)
                .map_err(|fault| Fault { offset: at + fault.offset, ..fault })?;
            begins(&piece, at)?;
            // Of two it could not always be told where the first ends, and nobody needs the second.
            if pieces.iter().any(|other| {
                std::mem::discriminant(other) == std::mem::discriminant(&piece)
                    && (!matches!(piece, Piece::Name(_)) || *other == piece)
            }) {
                return Err(Fault::new(format!("`{{{between}}}` stands in it a second time"), at));
            }
            pieces.push(piece);
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix('*').filter(|_| pattern) {
            if pieces.last() != Some(&Piece::Any) {
                pieces.push(Piece::Any);
            }
            rest = behind;
        } else {
            let stops = |c| c == '{' || pattern && c == '*';
            let (text, behind) = rest.split_at(rest.find(stops).unwrap_or(rest.len()));
            literal(text, at)?;
            pieces.push(Piece::Literal(text.to_owned()));
            rest = behind;
        }
    }
    Ok(pieces)
}

/// A date's format may begin with a character that no tag may start with.
fn begins(piece: &Piece, at: usize) -> Result<(), Fault> {
    let (Piece::CommitDate(format) | Piece::BuildDate(format)) = piece else { return Ok(()) };
    match format.begins_with() {
        Some(c @ ('.' | '-')) if at == 0 => Err(Fault::new(format!("a tag cannot start with {c:?}"), 0)),
        _ => Ok(()),
    }
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

fn literal(text: &str, at: usize) -> Result<(), Fault> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (index, c) in text.chars().enumerate() {
        if c == '}' {
            return Err(Fault::new("`}` without its `{`", at + index));
        }
        if !word(c) && c != '.' && c != '-' {
            return Err(Fault::new(format!("{c:?} cannot stand in a tag"), at + index));
        }
        if at + index == 0 && !word(c) {
            return Err(Fault::new(format!("a tag cannot start with {c:?}"), 0));
        }
    }
    Ok(())
}

/// How many characters a piece needs at least.
fn shortest(piece: &Piece) -> usize {
    match piece {
        Piece::Literal(text) => text.len(),
        // An id may have 40 digits only.
        Piece::Sha(digits) | Piece::InputSha(digits) => (*digits).min(40),
        Piece::ContentHash(digits) => *digits,
        Piece::CommitDate(format) | Piece::BuildDate(format) => format.shortest(),
        Piece::Any => 0,
        _ => 1,
    }
}
