//! Scopes: which names one may have, so that no tag that is written under it looks like a tag of a run without one.
//!
//! Pure: a name and the templates in, a sentence out. It must not know where a scope's images are kept. A scope keeps
//! apart what is written by accident; whoever may write to a repository may write any tag there.

use std::collections::BTreeSet;

use super::{Piece, Template, is_hex};
use crate::error::{Error, Result};
use crate::reference::Tag;

/// Checks a scope alone: it must be able to begin a tag, and no part of it may be the word that content tags start with.
///
/// # Errors
/// What is wrong, with what to do.
pub fn check(scope: &str) -> Result<()> {
    Tag::new(format!("{scope}-"))?;
    if scope.split('-').any(|part| part.eq_ignore_ascii_case("content")) {
        let text = format!("the scope {scope:?} would make tags that look like content tags");
        return Err(
            Error::invalid(text).hint("take a name without the part `content`, for example --scope pr")
        );
    }
    Ok(())
}

/// Checks a scope against the templates of a project: a tag that a run without a scope could write must not begin like
/// this scope's, since a scoped run could then write that tag, too.
///
/// A template that begins with a name (`{branch}`, `{image}`) is not refused: which names there are is for those who may
/// make branches, git tags and images, and what such a name gives is looked at where it is written ([`guard`]).
///
/// # Errors
/// The template that is in the way.
pub fn apart<'t>(scope: &str, templates: impl IntoIterator<Item = &'t Template>) -> Result<()> {
    let prefix = format!("{scope}-");
    for template in templates {
        let named = template.pieces.first().is_some_and(is_name);
        if !named && could_begin(&template.pieces, &prefix) {
            let text = format!(
                "the scope {scope:?} does not keep its tags apart: without it, the template {:?} gives tags that begin \
                 with `{prefix}`, too",
                template.text
            );
            return Err(Error::invalid(text)
                .at(template.place.clone())
                .hint("take another name for the scope, or another beginning for the template"));
        }
    }
    Ok(())
}

/// Refuses a tag of a run without a scope that begins like those of a scope which the project configures.
///
/// # Errors
/// The scope that it looks like.
pub fn guard<'s>(tag: &Tag, template: &Template, scopes: impl IntoIterator<Item = &'s String>) -> Result<()> {
    let like =
        |scope: &&String| tag.as_str().strip_prefix(scope.as_str()).is_some_and(|r| r.starts_with('-'));
    match scopes.into_iter().find(like) {
        None => Ok(()),
        Some(scope) => Err(Error::invalid(format!(
            "the tag {tag} would look like one of the scope {scope:?}, though this run has none"
        ))
        .at(template.place.clone())
        .hint("rename the branch or the git tag, or change the template or the name of the scope")),
    }
}

/// Any text could be such a name.
fn is_name(piece: &Piece) -> bool {
    matches!(piece, Piece::Branch | Piece::GitTag | Piece::Describe | Piece::Image | Piece::Name(_))
}

/// Whether a tag of these pieces could begin with all of `text`. Where a piece has no one length this says yes rather
/// than no: dates are taken for their digits, and a version for any text that begins with one.
fn could_begin(pieces: &[Piece], text: &str) -> bool {
    // The places that the pieces so far can end at: never more than the text has, however many pieces there are.
    let mut ends = BTreeSet::from([0]);
    for piece in pieces {
        let mut next = BTreeSet::new();
        for at in ends {
            match step(piece, text.get(at..).unwrap_or_default()) {
                Step::Covers => return true,
                Step::Ends(lengths) => next.extend(lengths.into_iter().map(|length| at + length)),
            }
        }
        ends = next;
    }
    ends.contains(&text.len())
}

/// What one piece makes of a text.
enum Step {
    /// It could begin with all of it.
    Covers,
    /// It could be so many of its first characters.
    Ends(Vec<usize>),
}

fn step(piece: &Piece, text: &str) -> Step {
    let id = |lengths: &[usize]| {
        let hex = text.bytes().take_while(|byte| is_hex(*byte)).count();
        match lengths.iter().any(|length| hex == text.len() && hex <= *length) {
            true => Step::Covers,
            false => Step::Ends(lengths.iter().copied().filter(|length| *length <= hex).collect()),
        }
    };
    match piece {
        _ if text.is_empty() => Step::Covers,
        Piece::Literal(literal) if literal.starts_with(text) => Step::Covers,
        Piece::Literal(literal) => {
            Step::Ends(Vec::from_iter(text.starts_with(literal).then_some(literal.len())))
        }
        Piece::Sha(digits) | Piece::InputSha(digits) if *digits > 40 => id(&[40, *digits]),
        Piece::Sha(digits) | Piece::InputSha(digits) | Piece::ContentHash(digits) => id(&[*digits]),
        Piece::CommitDate(format) | Piece::BuildDate(format) => match format.could_begin(text) {
            true => Step::Covers,
            false => Step::Ends(format.ends(text)),
        },
        Piece::Major | Piece::Minor | Piece::Patch | Piece::Count => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            if digits == text.len() { Step::Covers } else { Step::Ends((1..=digits).collect()) }
        }
        Piece::Version if text.starts_with(|c: char| c.is_ascii_digit()) => Step::Covers,
        Piece::Version => Step::Ends(Vec::new()),
        // Any name.
        Piece::Any
        | Piece::Branch
        | Piece::GitTag
        | Piece::Describe
        | Piece::Pre
        | Piece::Image
        | Piece::Name(_) => Step::Covers,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::Place;

    fn template(text: &str) -> Template {
        Template::parse_with(text, Place::file("t"), &["line"]).unwrap()
    }

    #[test]
    fn a_scope_can_begin_a_tag_and_is_no_content() {
        for scope in ["pr", "pr-7", "PR_7", "contents", "my.content"] {
            assert!(check(scope).is_ok(), "{scope}");
        }
        for scope in ["", "a b", "-pr", "content", "Content", "content-x", "x-content", "a-content-b"] {
            assert!(check(scope).is_err(), "{scope}");
        }
        assert!(check(&"s".repeat(128)).is_err());
    }

    #[test]
    fn a_scope_is_refused_where_a_template_could_give_its_tags() {
        let apart = |scope: &str, text: &str| apart(scope, [&template(text)]).is_ok();
        for (scope, text) in [
            ("pr", "{sha:7}"),
            ("abc1234", "{sha:7}"),
            ("pr", "print-{sha:7}"),
            ("pr", "p-{sha:7}"),
            ("pr", "{branch}"),
            ("pr", "latest"),
            ("abc123", "{sha:7}-x"),
            ("xyz1234", "{sha:7}-x"),
            ("2026", "{build_date}-{sha:8}"),
            ("pr", "{build_date}-{sha:8}"),
            ("2026x", "{build_date}"),
            ("pr", "{version}"),
            ("pr", "{image}-{sha:7}"),
            ("pr", "{line}-{version}"),
            ("7x", "{count}-{sha:7}"),
            (&("1".repeat(100) + "x"), "{count}{major}{minor}{patch}{build_date:%-m%-d%-H%-M%-S%-j}-x"),
        ] {
            assert!(apart(scope, text), "{scope} {text}");
        }
        for (scope, text) in [
            ("pr", "pr-{sha:7}"),
            ("pr", "pr-latest"),
            ("pr-7", "pr-{branch}"),
            ("pr-7", "pr-{tag}-{sha:7}"),
            ("abc1234", "{sha:7}-x"),
            ("v1", "v{tag}"),
            ("git-abcd", "git-{sha:4}-x"),
            ("20260705", "{build_date}-{sha:8}"),
            ("20260705-142349", "{build_date}-{sha:8}"),
            ("2026", "{commit_date:%Y}-{sha:8}"),
            ("abcd", "{input_sha:4}-{count}"),
            ("7", "{count}-{sha:7}"),
            ("1", "{major}-{minor}"),
            ("1.2", "{major}.{minor}-x"),
            ("1.2.3", "{version}"),
            ("v1", "v{version}"),
            ("1".repeat(100).as_str(), "{count}{major}{minor}{patch}-x"),
        ] {
            assert!(!apart(scope, text), "{scope} {text}");
        }
        let id = "a".repeat(40);
        assert!(!apart(&id, "{sha}-x"));
    }

    #[test]
    fn a_name_of_git_cannot_write_a_configured_scopes_tag() {
        let scopes = ["pr".to_owned()];
        let guard = |tag: &str| guard(&Tag::new(tag).unwrap(), &template("{branch}"), &scopes).is_ok();
        assert!(guard("main") && guard("pr") && guard("print-it"));
        assert!(!guard("pr-main"));
    }
}
