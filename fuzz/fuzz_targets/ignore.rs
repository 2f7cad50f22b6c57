//! The ignore matcher: any file and any paths; what is asserted follows from how a list of patterns is applied.
//!
//! An input is an ignore file; each run of bytes behind a NUL is a path to ask for. Whether the answers are
//! Go's is for the comparison with the originals (`oracle matchers`).

#![no_main]

use bstr::{BStr, ByteSlice};
use imgplan::ignore::Ignore;
use libfuzzer_sys::fuzz_target;

/// Paths that are asked for in any case.
const PATHS: &[&str] = &["a", "a/b", "a/b/c.md", "b", "src/main.c", ".git/config", "é/\u{fffd}"];

fuzz_target!(|data: &[u8]| {
    let mut parts = data.split(|byte| *byte == 0);
    let file = parts.next().unwrap_or_default();
    let paths: Vec<&BStr> = parts
        .filter(|path| is_path(path))
        .map(BStr::new)
        .chain(PATHS.iter().map(|path| BStr::new(*path)))
        .collect();
    let ignore = match Ignore::parse(".dockerignore", file) {
        Ok(ignore) => ignore,
        Err(errors) => {
            let lines = file.iter().filter(|byte| **byte == b'\n').count() + 1;
            assert!(!errors.0.is_empty());
            for error in &errors.0 {
                let line = error.place().and_then(|place| place.line);
                assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{error}");
            }
            return;
        }
    };
    assert!(ignore.rules().is_sorted_by_key(|rule| rule.line));
    // Where `file` has no fault, none of these has one, and what they mean is plain.
    let changed = |text: &[u8]| Ignore::parse(".dockerignore", text).expect("no line has a fault");
    let commented = changed(&[file, b"\n# the end\n\n"].concat());
    let windows = changed(&file.replace("\n", "\r\n"));
    let all = changed(&[file, b"\n**"].concat());
    let none = changed(&[file, b"\n!**"].concat());
    for path in paths {
        let line = ignore.ignored_by(path).map(|rule| rule.line);
        if let Some(rule) = ignore.ignored_by(path) {
            assert!(!rule.pattern.starts_with('!'), "{path:?} is ignored by {rule:?}");
        }
        assert_eq!(commented.ignored_by(path).map(|rule| rule.line), line, "a comment at the end: {path:?}");
        assert_eq!(windows.ignored_by(path).map(|rule| rule.line), line, "CRLF: {path:?}");
        assert!(all.ignored_by(path).is_some(), "`**` at the end leaves nothing: {path:?}");
        assert!(none.ignored_by(path).is_none(), "`!**` at the end brings all back: {path:?}");
        for end in path.find_iter("/") {
            let folder = path[..end].as_bstr();
            let closed = ignore.ignored_by(folder).is_some() && !ignore.may_return_below(folder);
            assert!(!closed || line.is_some(), "{path:?} is seen in {folder:?}, which is not entered");
        }
    }
});

/// Names with single slashes between them, as git has them.
fn is_path(path: &[u8]) -> bool {
    !path.is_empty() && path.split(|byte| *byte == b'/').all(|name| !matches!(name, b"" | b"." | b".."))
}
