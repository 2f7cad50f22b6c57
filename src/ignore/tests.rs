//! The matcher against what moby/patternmatcher and the walk of a build do.

#![allow(clippy::unwrap_used)]
use super::*;

fn ignore(file: &str) -> Ignore {
    Ignore::parse(".dockerignore", file.as_bytes()).unwrap()
}

/// The line of the rule that leaves the path out.
fn line(file: &str, path: &str) -> Option<usize> {
    ignore(file).ignored_by(path.into()).map(|rule| rule.line)
}

#[test]
fn lines_are_read_as_ignorefile_reads_them() {
    for (file, path, expected) in [
        ("\u{feff}a\nb", "a", Some(1)),
        ("b\n\u{feff}a", "a", None),
        ("#a\na", "#a", None),
        (" #a", "#a", Some(1)),
        ("\n\r\n  a \t\r\n", "a", Some(3)),
        ("/a", "a", Some(1)),
        ("//a/../b/./", "b/c", Some(1)),
        ("*\n! /a/ ", "a", None),
        ("*\n!a\n*", "a", Some(3)),
        ("*\n/!a", "a", None),
        ("*\n!!a", "!a", None),
        (".", "a", None),
        ("/", "a", None),
        ("..", "a", None),
    ] {
        assert_eq!(line(file, path), expected, "{file:?} {path}");
    }
}

#[test]
fn patterns_match_as_patternmatcher_matches_them() {
    for (pattern, path, expected) in [
        ("a", "a/b/c", true),
        ("a", "b/a", false),
        ("*/a", "b/a", true),
        ("*/a", "c/b/a", false),
        ("**/a", "a", true),
        ("**/a", "c/b/a", true),
        ("**a", "b/ca", true),
        ("a/**", "a/b", true),
        ("a/**", "a", false),
        ("a**", "ab/c", true),
        ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true),
        ("**", "a", true),
        ("**/*.md", "a/b.md", true),
        ("*.md", "a/b.md", false),
        ("a?c", "a/c", false),
        ("a.c", "abc", false),
        ("a$(|)+{}", "a$(|)+{}", true),
        ("[a-c]x", "bx", true),
        ("[!a]", "a", true),
        ("[!a]", "b", false),
        ("a\\*", "a*", true),
        ("a\\*", "ab", false),
        // Quirks of the translation: none is a mistake here.
        ("x[*]", "x^]", true),
        ("x[*]", "x*", false),
        ("x[^a]y", "x/y", true),
        ("v\\d", "v1", true),
        ("v\\d", "vd", false),
        ("[[:alpha:]]", "q", true),
        ("\\x41*", "Ab", true),
        ("\\x{41}*", "Ab", true),
        ("[\\x{0e9}]", "é", true),
        ("a^*", "a^b", false),
        ("a^b", "a^b", true),
        ("\\Qa*", "a[^/]*$", true),
        // `|` and braces are not escaped: half of a pattern may match anywhere, and a count repeats.
        ("a|b*", "x/yb/c", true),
        ("a|b*", "ac/d", true),
        ("a|b*", "a|b", true),
        ("a|b", "a", false),
        ("a|b", "a|b", true),
        ("x|*", "y", true),
        ("?{2}", "ab", true),
        ("?{2}", "a", false),
        ("a{1,3}*", "aaa", true),
        ("[ab]{2,}", "abab", true),
        ("[ab]{2,}", "b", false),
        ("{0}[b]", "a/b/c", true),
        ("ab{0}[c]", "ac", true),
        ("*.{md,txt}", "a.{md,txt}", true),
        ("*.{md,txt}", "a.md", false),
        ("*.{01}", "a.{01}", true),
        ("\\Qab\\E{2}", "abb", true),
        ("[a]{2}\\Q\\E{2}", "aaaa", true),
        ("[a]{2}\\Q\\E{2}", "aaa", false),
        ("**/a*", "\n/ab", false),
        ("*", "\n", true),
    ] {
        assert_eq!(line(pattern, path).is_some(), expected, "{pattern} {path:?}");
    }
    let ignore = Ignore::parse("f", b"a\xff*\nb\xff").unwrap();
    assert!(ignore.ignored_by(b"a\xfeb".as_bstr()).is_some(), "what is no UTF-8 is U+FFFD on the way");
    assert!(ignore.ignored_by(b"b\xff".as_bstr()).is_none());
}

#[test]
fn the_last_match_wins_while_walking_down() {
    for (file, path, expected) in [
        ("*\n!a/b", "a/b", None),
        ("*\n!a/b", "a/c", Some(1)),
        ("a\n!a/b\na/b/c", "a/b/c", Some(3)),
        ("!a\na", "a", Some(2)),
        // `MatchesOrParentMatches` says no, the walk says yes: `!a` was skipped at `a`.
        ("a/b\n!a", "a/b", Some(1)),
        // And the other way round: the second `a` was skipped at `a`.
        ("a\n!a/b\na", "a/b", None),
        // fsutil does not look below `x/y`.
        ("x/y\n!x/*/**", "x/y/z", Some(1)),
        ("x/y\n!x/*/**\n!**/z", "x/y/z", None),
    ] {
        assert_eq!(line(file, path), expected, "{file:?} {path}");
    }
}

#[test]
fn only_folders_that_an_exception_may_enter_are_entered() {
    for (file, folder, expected) in [
        ("node_modules", "node_modules", false),
        ("src\n!docs/a.md", "src", false),
        ("docs\n!docs/a.md", "docs", true),
        ("docs\n!docs/x/a.md", "docs/x", true),
        ("docs\n!docs/x/a.md", "docs/y", false),
        ("docs\n!docs", "docs/x", false),
        ("*\n!docs/*.md", "docs", true),
        ("*\n!docs/*.md", "src", false),
        ("*\n!d*/a", "docs", true),
        ("*\n!d*/a", "src", false),
        ("*\n!**/a", "src", true),
        // An ignored `docs/x` is not brought back by this: fsutil does not look below it.
        ("*\n!docs/**\ndocs/x", "docs/x", false),
        ("*\n!docs/**", "docs", true),
        ("*\n!docs2", "docs", false),
        ("*\n!docs|x*", "src", true),
        ("*\n!docx{0}s/*/a", "docs", true),
        ("*\n!\\docs/a", "docs", true),
    ] {
        assert_eq!(ignore(file).may_return_below(folder.into()), expected, "{file:?} {folder}");
    }
}

#[test]
fn every_bad_pattern_is_an_error_with_its_line() {
    let file = "a\n[\n!\n! \na\\\n!/\n[b-\n\\q\n\\1\n[[:nope:]]\n[a-]\n[z-a]\\\n*{2}\na|{2}*\n?{2,1}\n?{1001}\n?{1000}\\Q\\E{2}\n\\x{+41}\n\\x{}\n";
    let errors = Ignore::parse("app/.dockerignore", file.as_bytes()).unwrap_err();
    let lines: Vec<_> = errors.0.iter().map(|error| error.place().unwrap().to_string()).collect();
    let expected: Vec<_> = (2..=19).map(|line| format!("app/.dockerignore:{line}")).collect();
    assert_eq!(lines, expected);
    let long = Ignore::parse("f", &vec![b'a'; LONGEST_LINE]).unwrap_err();
    assert!(long.0[0].message().contains("64 KiB"));
}

#[test]
fn hostile_patterns_cost_no_exponential_time() {
    let pattern = "**/a*".repeat(100) + "b";
    assert_eq!(line(&pattern, &"a/".repeat(100)), None);
    let bars = "|".repeat(60_000) + "*";
    assert_eq!(line(&bars, "a"), Some(1));
    for counts in ["?{1000}".repeat(9_000), "?{1000}\n".repeat(20)] {
        let errors = Ignore::parse("f", counts.as_bytes()).unwrap_err();
        assert!(errors.0[0].message().contains("repeats too much"));
    }
}

/// The end of a pattern is looked at before the engine runs; it must never decide what the engine would not.
#[test]
fn the_quick_look_at_the_end_loses_no_match() {
    let ignores = |pattern: &str, path: &str| {
        let ignore = Ignore::parse("i", pattern.as_bytes()).unwrap();
        ignore.ignored_by(path.into()).is_some()
    };
    for (pattern, path) in [
        ("**/*.md", "a.md"),
        ("**/*.md", "x/y/a.md"),
        ("a/**/b", "a/b"),
        ("a/**/b", "a/x/b"),
        ("*/b.c", "a/b.c"),
        ("[ab].txt", "a.txt"),
        ("a?/é", "ab/é"),
        (r"a*\d", "ab1"),
        (r"*\.md", "a.md"),
        ("*.md|x", "a.md"),
        ("*.md{0,1}", "a.m"),
    ] {
        assert!(ignores(pattern, path), "{pattern} {path}");
    }
    assert!(!ignores("**/*.md", "a.mdx"));
    assert!(!ignores(r"*\.md", "a.txt"));
}
