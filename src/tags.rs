//! Tags from templates: `{sha:7}`, `{branch}`, `v{tag}` and the like, and the content tag.
//!
//! Pure: a template and the facts of one commit give one tag. It must not know where the facts come from, nor
//! which tags are wanted.
//!
//! A template is literal text and placeholders, `{name}` or `{name:argument}`. Braces can stand in no tag, so
//! there is no escape for them. A new placeholder is one more row of `PLACEHOLDERS`.

use crate::error::{Error, Place, Result};
use crate::reference::Tag;

pub mod expiry;
pub mod scope;
#[cfg(test)]
mod tests;

/// The longest tag of the distribution specification.
const LONGEST: usize = 128;
/// Hex digits of the content hash in a content tag: 48 characters in all, which fits where 63 is the limit.
const CONTENT_DIGITS: usize = 40;
/// What content tags start with.
const CONTENT_PREFIX: &str = "content-";

/// A tag template whose braces are checked, with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// As written, for example `{sha:7}`.
    pub text: String,
    /// Where it stands; for the default the file is `default`.
    pub place: Place,
}

/// What is known of a commit. What is `None` is not known, or does not apply.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The full commit id in hex.
    pub sha: &'a str,
    /// The branch that the commit is the tip of.
    pub branch: Option<&'a str>,
    /// The git tag that is being built.
    pub git_tag: Option<&'a str>,
    /// The content hash, 64 hex digits.
    pub content_hash: &'a str,
    /// `--scope`: every tag starts with it and a dash.
    pub scope: Option<&'a str>,
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece<'t> {
    Literal(&'t str),
    /// `{sha}` or `{sha:N}`
    Sha(usize),
    /// `{content_hash}` or `{content_hash:N}`
    ContentHash(usize),
    Branch,
    GitTag,
}

/// A fault of a template: a sentence, and the character where it is, counted from 0.
type Fault = (String, usize);

/// How a placeholder's argument becomes a piece.
type Read = fn(Option<&str>) -> Result<Piece<'static>, String>;

/// Every placeholder: its name, how it is shown in messages, and how it is read.
const PLACEHOLDERS: &[(&str, &str, Read)] = &[
    ("sha", "`{sha}`, `{sha:N}`", |argument| digits(argument).map(Piece::Sha)),
    ("branch", "`{branch}`", |argument| plain(argument, Piece::Branch)),
    ("tag", "`{tag}`", |argument| plain(argument, Piece::GitTag)),
    ("content_hash", "`{content_hash}`, `{content_hash:N}`", |argument| {
        digits(argument).map(Piece::ContentHash)
    }),
];

/// Checks a template without any facts.
///
/// # Errors
/// A sentence, and the character of the template that it is about, counted from 0.
pub fn check(template: &str) -> Result<(), (String, usize)> {
    let pieces = parse(template)?;
    if template.starts_with(CONTENT_PREFIX) {
        return Err((format!("tags that start with `{CONTENT_PREFIX}` belong to imgplan"), 0));
    }
    let fixed: usize = pieces.iter().map(shortest).sum();
    if fixed > LONGEST {
        return Err((format!("its tags are longer than {LONGEST} characters"), 0));
    }
    // Hex digits at the end and the prefix before them: seen only in the tag as a whole.
    let probe = Facts {
        sha: &"a".repeat(40),
        branch: Some("b"),
        git_tag: Some("t"),
        content_hash: &"c".repeat(64),
        scope: None,
    };
    match fill(&pieces, &probe) {
        Some(tag) if is_content_tag(&tag) => Err(("its tags look like content tags".to_owned(), 0)),
        _ => Ok(()),
    }
}

/// The tag of a template for a commit; `None` where a fact that it needs is not known, or has no
/// character that a tag can hold.
///
/// Branch and git tag are cleaned as docker/metadata-action does, and cut so that the whole fits; ids and
/// literal text are never cut, since two commits would then share a tag.
///
/// # Errors
/// The template is wrong (see [`check`]), the tag is too long, or it looks like a content tag, which a branch's
/// name must not be able to write.
pub fn render(template: &Template, facts: &Facts<'_>) -> Result<Option<Tag>> {
    let at = |error: Error| error.at(template.place.clone());
    let pieces = parse(&template.text).map_err(|(message, offset)| {
        at(Error::invalid(format!("the template {:?}, character {}: {message}", template.text, offset + 1)))
    })?;
    let Some(text) = fill(&pieces, facts) else { return Ok(None) };
    if is_content_tag(&text) {
        return Err(at(Error::invalid(format!(
            "{text:?} looks like a content tag, which only imgplan writes"
        ))
        .hint("change the template, the scope or the name of the branch")));
    }
    Tag::new(text).map(Some).map_err(at)
}

/// Whether a tag is one that this template could give some commit: a Dockerfile that names an image of its own plan by such
/// a tag means that plan's image. Only for templates with an id in them; `{branch}` alone could be anything.
pub fn could_be(template: &Template, scope: Option<&str>, tag: &str) -> bool {
    let Ok(pieces) = parse(&template.text) else { return false };
    let Some(tag) = tag.strip_prefix(&prefix(scope)) else { return false };
    pieces.iter().any(|piece| matches!(piece, Piece::Sha(_))) && fits(&pieces, tag)
}

/// Whether the tags of a template tell commits apart: there is an id in it.
pub fn names_commit(template: &Template) -> bool {
    parse(&template.text).is_ok_and(|pieces| pieces.iter().any(|piece| matches!(piece, Piece::Sha(_))))
}

fn fits(pieces: &[Piece<'_>], text: &str) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return text.is_empty() };
    let hex = |digits: usize| {
        text.get(..digits).is_some_and(|id| id.bytes().all(is_hex))
            && fits(rest, text.get(digits..).unwrap_or(""))
    };
    match piece {
        Piece::Literal(literal) => text.strip_prefix(literal).is_some_and(|text| fits(rest, text)),
        Piece::Sha(digits) => hex(*digits) || *digits > 40 && hex(40),
        Piece::ContentHash(digits) => hex(*digits),
        Piece::Branch | Piece::GitTag => {
            (1..=text.len()).any(|end| text.get(end..).is_some_and(|text| fits(rest, text)))
        }
    }
}

/// The content tag: `content-` and the first 40 digits of the content hash, behind the scope.
///
/// # Errors
/// The hash has fewer digits, or the scope cannot stand in a tag.
pub fn content_tag(content_hash_hex: &str, scope: Option<&str>) -> Result<Tag> {
    let digits = content_hash_hex.get(..CONTENT_DIGITS).filter(|digits| digits.bytes().all(is_hex));
    let Some(digits) = digits else {
        return Err(Error::invalid(format!("{content_hash_hex:?} is not a content hash")));
    };
    Tag::new(format!("{}{CONTENT_PREFIX}{digits}", prefix(scope)))
}

fn prefix(scope: Option<&str>) -> String {
    scope.map(|scope| format!("{scope}-")).unwrap_or_default()
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// Whether a tag could be the content tag of this scope or of any other.
pub fn is_content_tag(tag: &str) -> bool {
    let Some(start) = tag.len().checked_sub(CONTENT_PREFIX.len() + CONTENT_DIGITS) else { return false };
    let before = tag.get(..start);
    let digits = tag.get(start..).and_then(|end| end.strip_prefix(CONTENT_PREFIX));
    before.is_some_and(|before| before.is_empty() || before.ends_with('-'))
        && digits.is_some_and(|digits| digits.bytes().all(is_hex))
}

fn parse(template: &str) -> Result<Vec<Piece<'_>>, Fault> {
    if template.is_empty() {
        return Err(("is empty".to_owned(), 0));
    }
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let at = characters(template) - characters(rest);
        if let Some(inner) = rest.strip_prefix('{') {
            let end =
                inner.find(['{', '}']).filter(|end| inner.get(*end..).is_some_and(|s| s.starts_with('}')));
            let Some((placeholder, behind)) =
                end.and_then(|end| Some((inner.get(..end)?, inner.get(end + 1..)?)))
            else {
                return Err(("`{` without its `}`".to_owned(), at));
            };
            pieces.push(placeholder_piece(placeholder).map_err(|message| (message, at))?);
            rest = behind;
        } else {
            let (text, behind) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            literal(text, at)?;
            pieces.push(Piece::Literal(text));
            rest = behind;
        }
    }
    Ok(pieces)
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

fn literal(text: &str, at: usize) -> Result<(), Fault> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (index, c) in text.chars().enumerate() {
        if c == '}' {
            return Err(("`}` without its `{`".to_owned(), at + index));
        }
        if !word(c) && c != '.' && c != '-' {
            return Err((format!("{c:?} cannot stand in a tag"), at + index));
        }
        if at + index == 0 && !word(c) {
            return Err((format!("a tag cannot start with {c:?}"), 0));
        }
    }
    Ok(())
}

fn placeholder_piece(placeholder: &str) -> Result<Piece<'static>, String> {
    let (name, argument) = match placeholder.split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (placeholder, None),
    };
    match PLACEHOLDERS.iter().find(|(known, ..)| *known == name) {
        Some((_, _, read)) => read(argument).map_err(|message| format!("`{{{name}}}` {message}")),
        None => {
            let known: Vec<&str> = PLACEHOLDERS.iter().map(|(_, shown, _)| *shown).collect();
            Err(format!("unknown placeholder {name:?}, known are {}", known.join(", ")))
        }
    }
}

fn plain(argument: Option<&str>, piece: Piece<'static>) -> Result<Piece<'static>, String> {
    match argument {
        None => Ok(piece),
        Some(_) => Err("takes nothing behind a colon".to_owned()),
    }
}

/// A number of hex digits; all of them where none is given.
fn digits(argument: Option<&str>) -> Result<usize, String> {
    let Some(argument) = argument else { return Ok(64) };
    let number = match argument.bytes().all(|byte| byte.is_ascii_digit()) && !argument.starts_with('0') {
        true => argument.parse::<usize>().ok(),
        false => None,
    };
    number
        .filter(|number| (4..=64).contains(number))
        .ok_or_else(|| "takes a number of digits from 4 to 64".to_owned())
}

/// How many characters a piece needs at least.
fn shortest(piece: &Piece<'_>) -> usize {
    match piece {
        Piece::Literal(text) => text.len(),
        // An id may have 40 digits only.
        Piece::Sha(digits) => (*digits).min(40),
        Piece::ContentHash(digits) => *digits,
        Piece::Branch | Piece::GitTag => 1,
    }
}

/// The tag's text, not yet checked; `None` where a fact is missing.
fn fill(pieces: &[Piece<'_>], facts: &Facts<'_>) -> Option<String> {
    let mut texts = Vec::with_capacity(pieces.len());
    let mut fixed = 0usize;
    for piece in pieces {
        let (text, cut) = match piece {
            Piece::Literal(text) => ((*text).to_owned(), false),
            Piece::Sha(digits) => (facts.sha.get(..*digits).unwrap_or(facts.sha).to_owned(), false),
            Piece::ContentHash(digits) => {
                (facts.content_hash.get(..*digits).unwrap_or(facts.content_hash).to_owned(), false)
            }
            Piece::Branch => (cleaned(facts.branch?)?, true),
            Piece::GitTag => (cleaned(facts.git_tag?)?, true),
        };
        if !cut {
            fixed = fixed.saturating_add(text.len());
        }
        texts.push((text, cut));
    }
    let prefix = prefix(facts.scope);
    let mut room = LONGEST.saturating_sub(prefix.len()).saturating_sub(fixed);
    let mut tag = prefix;
    for (text, cut) in texts {
        if cut {
            // Cleaned text is ASCII, so every byte is a character. At least one stays: a tag without
            // the name would be another branch's, too, and a tag that is too long is refused.
            let part = text.get(..room.max(1)).unwrap_or(&text);
            room = room.saturating_sub(part.len());
            tag.push_str(part);
        } else {
            tag.push_str(&text);
        }
    }
    Some(tag)
}

/// A name of git as a part of a tag, as docker/metadata-action's `sanitizeTag` does: what a tag cannot
/// hold becomes one dash. What no tag may start with is dropped at the front.
fn cleaned(name: &str) -> Option<String> {
    let mut text = String::with_capacity(name.len());
    let mut dash = false;
    for c in name.chars() {
        let fits = c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if fits {
            text.push(c);
        } else if !dash {
            text.push('-');
        }
        dash = !fits;
    }
    let text = text.trim_start_matches(['.', '-']);
    (!text.is_empty()).then(|| text.to_owned())
}
