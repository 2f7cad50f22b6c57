//! What a pattern takes, and where a bad one is refused.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn stars_and_classes_stay_in_their_folder() {
    for (pattern, yes, no) in [
        ("*.txt", &["a.txt", ".txt"][..], &["a/b.txt", "a.txt/b"][..]),
        ("a/**", &["a/b", "a/b/c"], &["a", "ab/c"]),
        ("**/a", &["a", "b/a", "b/c/a"], &["ba", "a/b"]),
        ("a/**/b", &["a/b", "a/x/y/b"], &["ab", "a/xb"]),
        ("a?c", &["abc"], &["a/c", "ac"]),
        ("é*", &["éa", "éé"], &["a"]),
        ("a[!b]c", &["axc"], &["a/c", "abc"]),
        ("a[^b]c", &["axc"], &["a/c"]),
        ("v[0-9]", &["v1"], &["vx", "v/"]),
        ("{a,b/*}.rs", &["a.rs", "b/c.rs"], &["b/c/d.rs", "c.rs"]),
        ("src/", &["src"], &["src/a", "src/"]),
        ("a!b", &["a!b"], &["ab"]),
    ] {
        let compiled = Pattern::new(pattern).unwrap();
        for path in yes {
            assert!(compiled.matches((*path).into()), "{pattern} {path}");
        }
        for path in no {
            assert!(!compiled.matches((*path).into()), "{pattern} {path}");
        }
    }
    assert!(Pattern::new("a*").unwrap().matches(b"a\xff".as_bstr()), "a path need not be UTF-8");
}

#[test]
fn a_folder_that_is_named_means_what_is_in_it() {
    for (pattern, path, expected) in [
        ("src", "src/a/b", true),
        ("src/", "src/a", true),
        ("src", "src", true),
        ("src", "src2/a", false),
        ("src/*", "src/a/b", false),
        ("lib-*/", "lib-a/x/y", true),
        ("lib-*/", "x/lib-a/y", false),
    ] {
        let compiled = Pattern::new(pattern).unwrap();
        assert_eq!(compiled.matches_or_is_parent_of(path.into()), expected, "{pattern} {path}");
    }
}

#[test]
fn a_walk_starts_at_the_literal_folders() {
    for (pattern, prefix, literal) in [
        ("a/b/*.rs", "a/b", None),
        ("a/b*/c", "a", None),
        ("*", "", None),
        ("a/{b,c}/d", "a", None),
        ("a/b/**", "a/b", None),
        ("a/b", "a", Some("a/b")),
        ("a/b/", "a", Some("a/b")),
        ("a", "", Some("a")),
    ] {
        let compiled = Pattern::new(pattern).unwrap();
        assert_eq!((compiled.literal_prefix(), compiled.literal()), (prefix, literal), "{pattern}");
    }
}

#[test]
fn what_could_be_misread_is_refused_where_it_stands() {
    for (pattern, offset) in [
        ("", 0),
        ("/", 0),
        ("/a", 0),
        ("a//b", 2),
        ("a//", 2),
        ("./a", 0),
        ("a/.", 2),
        ("é/../b", 2),
        ("..", 0),
        ("a\\b", 1),
        ("é[a", 1),
        ("a[]", 1),
        ("a[]b]", 1),
        ("a]", 1),
        ("a[z-a]", 3),
        ("a[+-9]", 3),
        ("a[b-]", 3),
        ("a[/]", 2),
        ("a[é]", 2),
        ("x{a", 1),
        ("a}", 1),
        ("{a,}", 3),
        ("{,a}", 1),
        ("{}", 1),
        ("a**", 1),
        ("a/**b", 2),
        ("{**/a,b}", 1),
        ("{{{{{{{{{a}}}}}}}}}", 8),
    ] {
        assert_eq!(Pattern::new(pattern).map(|_| ()).map_err(|(_, at)| at), Err(offset), "{pattern}");
    }
}

#[test]
fn no_length_of_a_pattern_brings_the_glob_library_down() {
    for part in ["?", "*a", "{a,b}", "[!a-c]", "[!!-.0-~]", "**/", "é"] {
        assert!(Pattern::new(&part.repeat(300_000)).is_err(), "{part}");
        let longest = part.repeat(super::LONGEST / part.len());
        assert!(Pattern::new(&longest).is_ok(), "{part}");
    }
}
