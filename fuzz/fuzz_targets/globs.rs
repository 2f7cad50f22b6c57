//! Both kinds of patterns: the configuration's strict globs, and Go's `filepath.Match` and `Clean`.
//!
//! An input is a pattern, a NUL byte and a path. Whether the second kind answers as Go does is for the comparison
//! with the original (`oracle matchers`); here stands what follows from the definitions.

#![no_main]

use bstr::{BStr, ByteSlice};
use imgplan::config::pattern::Pattern;
use imgplan::filepath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (pattern, path) = data.split_once_str("\0").unwrap_or((data, b""));
    if let Ok(text) = pattern.to_str() {
        configured(text, path.as_bstr());
    }
    cleaned(pattern);
    cleaned(path);
    matched(pattern, path);
});

fn configured(text: &str, path: &BStr) {
    let pattern = match Pattern::new(text) {
        Ok(pattern) => pattern,
        Err((message, offset)) => {
            assert!(!message.is_empty());
            assert!(offset <= text.chars().count(), "{message} at {offset}");
            return;
        }
    };
    assert_eq!(pattern.as_str(), text);
    let below = |folder: &str| [folder.as_bytes(), b"/x"].concat();
    if let Some(literal) = pattern.literal() {
        assert!(pattern.matches(literal.into()), "{text:?} names itself");
        assert!(pattern.matches_or_is_parent_of(below(literal).as_bstr()), "{text:?} names a folder");
    }
    if pattern.matches_or_is_parent_of(path) {
        let prefix = pattern.literal_prefix();
        let inside =
            prefix.is_empty() || path.strip_prefix(prefix.as_bytes()).is_some_and(|r| r.starts_with(b"/"));
        assert!(inside, "{text:?} takes {path:?}, which is not below {prefix:?}");
    }
    assert!(!pattern.matches(path) || pattern.matches_or_is_parent_of(path));
}

fn cleaned(path: &[u8]) {
    let clean = filepath::clean(path);
    assert_eq!(filepath::clean(&clean), clean, "clean paths stay");
    assert_eq!(clean.first() == Some(&b'/'), path.first() == Some(&b'/'));
    assert!(clean == b"/" || !clean.ends_with(b"/") && !clean.contains_str("//"));
    assert!(clean == b"." || clean.split_str("/").all(|name| name != b"."));
    let clamped = filepath::clamp(path);
    assert_eq!(filepath::clamp(&clamped), clamped, "clamped paths stay");
    let names = || clamped.split_str("/");
    assert!(clamped.is_empty() || names().all(|name| !matches!(name, b"" | b"." | b"..")), "{clamped:?}");
}

fn matched(pattern: &[u8], name: &[u8]) {
    let result = filepath::matches(pattern, name);
    if filepath::check(pattern).is_ok() {
        assert!(result.is_ok(), "a fault that the check does not see");
    }
    let plain = !filepath::has_wildcard(pattern) && !pattern.contains(&b'\\');
    assert!(!plain || result == Ok(pattern == name), "without a wildcard, a pattern is a path");
    // Every byte protected: the pattern matches the name and nothing else.
    let literal: Vec<u8> = name.iter().flat_map(|byte| [b'\\', *byte]).collect();
    assert_eq!(filepath::matches(&literal, name), Ok(true));
    assert!(!filepath::has_wildcard(&literal));
    // What lets the walk go folder by folder.
    if result == Ok(true) && !filepath::class_crosses(pattern) && !pattern.contains(&b'\\') {
        let (patterns, names) = (pattern.split_str("/"), name.split_str("/"));
        assert_eq!(patterns.clone().count(), names.clone().count(), "only classes cross folders");
        for (pattern, name) in patterns.zip(names) {
            assert_eq!(filepath::matches(pattern, name), Ok(true), "each name by its part of the pattern");
        }
    }
}
