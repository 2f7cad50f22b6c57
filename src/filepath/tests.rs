//! Go's own cases, and those that a glob library reads otherwise.

use super::*;

#[test]
fn matches_as_go_does() {
    let bad = Err(BadPattern);
    for (pattern, name, expected) in [
        ("*", "", Ok(true)),
        ("*", "a/b", Ok(false)),
        ("a*/b", "a/c/b", Ok(false)),
        ("a*b*c*d*e*", "axbxcxdxexxx", Ok(true)),
        ("a*b?c*x", "abxbbxdbxebxczzy", Ok(false)),
        ("a?b", "a☺b", Ok(true)),
        ("[a-ζ]*", "α", Ok(true)),
        ("a[^a]b", "a☺b", Ok(true)),
        ("a?b", "a/b", Ok(false)),
        ("a[^x]b", "a/b", Ok(true)),
        ("*[a", "b", bad),
        ("[]a]", "]", bad),
        ("[-]", "-", bad),
        ("[x-]", "x", bad),
        ("[-x]", "x", bad),
        ("[\\]a]", "]", Ok(true)),
        ("a\\*", "a*", Ok(true)),
        ("a\\", "a", bad),
        ("a\\", "x", bad),
        ("a[", "x", bad),
        ("*x[", "a", bad),
        ("a*[", "b", Ok(false)),
        ("[*]x", "*x", Ok(true)),
        ("**", "ab", Ok(true)),
        ("**/b", "a/c/b", Ok(false)),
    ] {
        assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
    }
    assert_eq!(matches(b"a?b", b"a\xffb"), Ok(true), "a byte that is no UTF-8 is one character");
    assert_eq!(matches(b"[\xff]", b"\xff"), bad);
}

#[test]
fn many_stars_cost_no_exponential_time() {
    let pattern = "*a".repeat(2_000);
    assert_eq!(matches(format!("{pattern}b").as_bytes(), &vec![b'a'; 4_000]), Ok(false));
}

#[test]
fn a_check_sees_faults_that_a_match_does_not_reach() {
    assert_eq!(check(b"a*["), Err(BadPattern));
    assert_eq!(check(b"a*[b-]"), Err(BadPattern));
    assert_eq!(check(b"a*[b]\\*"), Ok(()));
}

#[test]
fn paths_are_cleaned_by_their_text() {
    for (path, cleaned, clamped) in [
        ("", ".", ""),
        ("/", "/", ""),
        ("./a//b/", "a/b", "a/b"),
        ("a/../../b", "../b", "b"),
        ("/../a/.", "/a", "a"),
        ("../..", "../..", ""),
        ("a/..", ".", ""),
        ("..a/b..", "..a/b..", "..a/b.."),
    ] {
        assert_eq!(clean(path.as_bytes()), cleaned.as_bytes(), "{path}");
        assert_eq!(clamp(path.as_bytes()), clamped.as_bytes(), "{path}");
    }
}

#[test]
fn wildcards_are_seen_unless_protected() {
    for (path, expected) in [("a*", true), ("a\\*", false), ("a\\\\*", true), ("a]", false), ("a\\", false)] {
        assert_eq!(has_wildcard(path.as_bytes()), expected, "{path}");
    }
}

#[test]
fn only_classes_cross_folders() {
    for (pattern, expected) in [
        ("a*/b?", false),
        ("v[0-9]*", false),
        ("[^a]", true),
        ("[!-~]", true),
        ("[^/]", true),
        ("\\[^a", false),
        ("[\\]]x", false),
    ] {
        assert_eq!(class_crosses(pattern.as_bytes()), expected, "{pattern}");
    }
}
