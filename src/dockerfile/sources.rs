//! What one instruction of a reached stage reads of a context: the sources of `COPY` and `ADD`, the mounts of
//! `RUN` (`dispatchCopy`, `dispatchRunMounts`).

use super::instruction::Transfer;
use super::remote::{self, Source};
use super::text::{Piece, Reach, Text};
use super::{Copy, What};

/// What the sources of a `COPY` or `ADD` come to.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// Which part of the context is read, if any.
    pub(super) what: Option<What>,
    /// Addresses that nothing fixes.
    pub(super) remotes: Vec<String>,
    /// Sentences for the plan.
    pub(super) warnings: Vec<String>,
}

/// Looks at expanded sources. `windows` where a platform reads `\` as a separator.
pub(super) fn transfer(
    transfer: &Transfer,
    sources: &[Text],
    checksum: Option<&Text>,
    windows: bool,
) -> Result<Sources, String> {
    let mut found = Sources::default();
    let mut copy = Copy { excludes: transfer.excludes.clone(), parents: transfer.parents, ..Copy::default() };
    let mut whole = transfer.doubtful.then(|| "the instruction is not understood".to_owned());
    if checksum.is_some_and(|checksum| checksum.is_empty() == Some(false)) {
        checked(sources)?;
    }
    for text in sources {
        match address(text) {
            Source::Local => {}
            _ if !transfer.add => return Err(format!("source can't be a URL or a git ref for COPY: {text}")),
            kind => {
                if !is_fixed(kind, checksum) {
                    found.remotes.push(text.to_string());
                }
                continue;
            }
        }
        match path(text, windows) {
            Ok(Path::Exact(path)) => copy.sources.push(path),
            Ok(Path::Patterns(mut patterns)) => {
                found.warnings.push(widened(text, &patterns));
                copy.widened = true;
                copy.sources.append(&mut patterns);
            }
            Err(why) => {
                if transfer.add
                    && matches!(text.pieces().first(), Some(Piece::Hole(hole)) if hole.reach == Reach::Anything)
                {
                    // It may as well be an address.
                    found.remotes.push(text.to_string());
                }
                whole = Some(format!("the source {text} is not known: {why}"));
            }
        }
    }
    found.what = match whole {
        Some(why) => {
            found.warnings.push(format!("{why}; the whole context counts"));
            Some(What::Whole(why))
        }
        None if copy.sources.is_empty() => None,
        None => Some(What::Copy(copy)),
    };
    Ok(found)
}

/// What a mount of `source` reads.
pub(super) fn mount(source: &Text, windows: bool) -> (What, Option<String>) {
    match path(source, windows) {
        Ok(Path::Exact(path)) => (What::Mount(path), None),
        Ok(Path::Patterns(patterns)) if !pattern_characters(source) => {
            let warning = widened(source, &patterns);
            (What::Copy(Copy { sources: patterns, widened: true, ..Copy::default() }), Some(warning))
        }
        Ok(Path::Patterns(_)) => {
            whole_mount(source, "it has pattern characters, which a mount does not expand")
        }
        Err(why) => whole_mount(source, &why),
    }
}

fn whole_mount(source: &Text, why: &str) -> (What, Option<String>) {
    let why = format!("the mount's source {source} is not known: {why}");
    let warning = format!("{why}; the whole context counts");
    (What::Whole(why), Some(warning))
}

fn widened(text: &Text, patterns: &[String]) -> String {
    let pattern = patterns.join(" and ");
    let why = text.first_hole().map(super::text::Hole::why).unwrap_or_default();
    format!("the source {text} is read as {pattern}: {why}, and no platforms are configured that would tell")
}

/// `--checksum` takes one source, and an address.
fn checked(sources: &[Text]) -> Result<(), String> {
    let [source] = sources else { return Err("checksum can't be specified for multiple sources".to_owned()) };
    match address(source) {
        Source::Local if source.as_known().is_some() => {
            Err("checksum requires HTTP(S) or Git sources".to_owned())
        }
        _ => Ok(()),
    }
}

/// What a source is, if its known beginning tells; a hole never makes an address of a path, as far as it is a word.
fn address(text: &Text) -> Source {
    match text.pieces() {
        [Piece::Known(known)] => remote::source(known),
        [Piece::Known(first), ..] if first.contains("://") || first.contains('@') => {
            remote::source(&text.to_string())
        }
        _ => Source::Local,
    }
}

fn is_fixed(kind: Source, checksum: Option<&Text>) -> bool {
    let checksum = checksum.and_then(Text::as_known).unwrap_or("");
    match kind {
        Source::Local => true,
        Source::Http => remote::is_digest(checksum),
        Source::Git { fixed } => fixed || remote::is_commit(checksum),
    }
}

enum Path {
    Exact(String),
    /// Holes widened to `*`; several where a hole can be one folder or two.
    Patterns(Vec<String>),
}

/// A source as a path or a pattern; why not, if it can be anything.
fn path(text: &Text, windows: bool) -> Result<Path, String> {
    if text.to_string().contains('\u{fffd}') {
        return Err("it has bytes that are not UTF-8".to_owned());
    }
    if windows && text.to_string().contains(['\\', ':']) {
        return Err("Windows reads it otherwise".to_owned());
    }
    match text.as_known() {
        // `NormalizePath` takes an empty path for the root.
        Some("") => Ok(Path::Exact("/".to_owned())),
        Some(known) => Ok(Path::Exact(known.to_owned())),
        None => patterns(text).map(Path::Patterns),
    }
}

/// What [`Reach::Words`] becomes.
const WORDS: [&str; 2] = ["*/*", "*/*/*"];

/// Widens each hole, where that takes in all that the holes can be.
fn patterns(text: &Text) -> Result<Vec<String>, String> {
    if text.holes().any(|hole| hole.reach == Reach::Words) {
        // With several such holes the mixed lengths are missing from this list.
        if text.holes().filter(|hole| hole.reach == Reach::Words).count() > 1 {
            return Err(text.first_hole().map(super::text::Hole::why).unwrap_or_default());
        }
        return WORDS.iter().map(|words| pattern(text, words)).collect();
    }
    Ok(vec![pattern(text, "")?])
}

/// One pattern, with `words` for the holes that are several words.
fn pattern(text: &Text, words: &str) -> Result<String, String> {
    let mut pattern = String::new();
    // Of the present segment: whether it can be empty or `.` or `..`, and the hole that makes it so.
    let mut solid = false;
    let mut loose: Option<String> = None;
    for piece in text.pieces() {
        match piece {
            Piece::Hole(hole) => {
                match hole.reach {
                    Reach::Anything => return Err(hole.why()),
                    Reach::Word | Reach::Words => solid = true,
                    Reach::MaybeWord => loose = Some(hole.why()),
                }
                let star = if hole.reach == Reach::Words { words } else { "*" };
                pattern.push_str(if pattern.ends_with('*') { &star[1..] } else { star });
            }
            Piece::Known(known) => {
                if known.contains(['[', '\\']) {
                    return Err("it has a bracket or a backslash beside a part that is not known".to_owned());
                }
                for c in known.chars() {
                    if c == '/' {
                        if let (false, Some(why)) = (solid, loose.take()) {
                            return Err(why);
                        }
                        (solid, loose) = (false, None);
                    } else {
                        solid |= c != '.';
                    }
                    pattern.push(c);
                }
            }
        }
    }
    match (solid, loose) {
        (false, Some(why)) => Err(why),
        _ => Ok(pattern),
    }
}

fn pattern_characters(text: &Text) -> bool {
    text.pieces().iter().any(|piece| matches!(piece, Piece::Known(known) if known.contains(['*', '?', '['])))
}

#[cfg(test)]
mod tests {
    use super::super::text::{Cause, Hole};
    use super::*;

    /// `{W}` is a word, `{M}` perhaps one, `{P}` a platform, `{A}` anything.
    fn text(written: &str) -> Text {
        let mut text = Text::default();
        let mut rest = written;
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            let reach = match behind.get(..1) {
                Some("W") => Reach::Word,
                Some("M") => Reach::MaybeWord,
                Some("P") => Reach::Words,
                _ => Reach::Anything,
            };
            text.push_text(&Text::hole(Hole { name: "X".to_owned(), reach, cause: Cause::Platform }));
            rest = behind.get(2..).unwrap_or("");
        }
        text.push_str(rest);
        text
    }

    #[test]
    fn holes_become_patterns_only_where_that_takes_in_everything() {
        let cases = [
            ("bin/{P}/app", Some("bin/*/*/app bin/*/*/*/app")),
            ("a{P}{W}b/..", Some("a*/*b/.. a*/*/*b/..")),
            ("*{P}", Some("*/* */*/*")),
            ("{P}/{P}", None),
            ("bin/{W}/app", Some("bin/*/app")),
            ("app-{W}{M}.tar", Some("app-*.tar")),
            ("{W}", Some("*")),
            (".{W}", Some(".*")),
            ("*{W}", Some("*")),
            ("bin/{M}/app", None),
            ("bin/{M}", None),
            ("bin/.{M}", None),
            ("bin/..{M}/x", None),
            ("bin/a{M}/x", Some("bin/a*/x")),
            ("bin/{A}", None),
            ("[{W}]", None),
            ("a\\{W}", None),
        ];
        for (written, want) in cases {
            let patterns = patterns(&text(written)).ok().map(|patterns| patterns.join(" "));
            assert_eq!(patterns.as_deref(), want, "{written}");
        }
    }

    #[test]
    fn mounts_are_no_patterns() {
        assert_eq!(mount(&text("a*"), false).0, What::Mount("a*".to_owned()));
        assert!(matches!(mount(&text("a{W}"), false).0, What::Copy(copy) if copy.widened));
        assert!(matches!(mount(&text("a*{W}"), false).0, What::Whole(_)));
        assert_eq!(mount(&text(""), false).0, What::Mount("/".to_owned()));
    }
}
