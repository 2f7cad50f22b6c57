//! Paths in the configuration: from the repository's root, with slashes, clean.
//!
//! It looks at text alone; whether a commit has such a path is asked elsewhere.

/// A path without `.` parts and trailing slashes, empty for the root itself; or what is wrong with it, and the
/// character where, counted from 0.
pub(super) fn clean(text: &str) -> Result<String, (String, usize)> {
    let at = |needle: &str| text.find(needle).map(|at| text.get(..at).unwrap_or("").chars().count());
    if text.is_empty() {
        return Err(("an empty path".to_owned(), 0));
    }
    if let Some(offset) = text.chars().position(char::is_control) {
        return Err(("a path with a control character".to_owned(), offset));
    }
    if let Some(offset) = at("\\") {
        return Err(("a path with a backslash; folders are divided by `/`".to_owned(), offset));
    }
    if text.starts_with('/') {
        return Err(("a path that starts with `/`; paths go from the repository's root".to_owned(), 0));
    }
    if let Some(offset) = at("//") {
        return Err(("a path with `//`".to_owned(), offset));
    }
    let mut offset = 0;
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            ".." => return Err(("a path with `..`; it may not leave the repository".to_owned(), offset)),
            "" | "." => {}
            part => parts.push(part),
        }
        offset += part.chars().count() + 1;
    }
    Ok(parts.join("/"))
}

/// A path as seen from a folder of the repository, from the root and clean: for files of other tools, in which `..` is
/// usual. The error is a sentence.
pub(super) fn resolve(folder: &str, text: &str) -> Result<String, String> {
    if text.starts_with('/') || text.starts_with('~') {
        return Err("a path that is not in the repository".to_owned());
    }
    if text.contains('\\') || text.chars().any(char::is_control) {
        return Err("a path with a backslash or a control character".to_owned());
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(text.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return Err("a path that leaves the repository".to_owned()),
            ".." => {}
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// A clean path below a clean folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::{clean, resolve};

    #[test]
    fn paths_of_other_tools_stay_in_the_repository() {
        assert_eq!(resolve("a/b", "../c/./d/").as_deref(), Ok("a/c/d"));
        assert_eq!(resolve("", ".").as_deref(), Ok(""));
        assert_eq!(resolve("a", "..").as_deref(), Ok(""));
        for (folder, text) in [("", ".."), ("a", "../../b"), ("", "/etc"), ("", "~/x"), ("", "a\\b")] {
            assert!(resolve(folder, text).is_err(), "{folder} {text}");
        }
    }

    #[test]
    fn paths_are_cleaned() {
        for (text, expected) in [
            (".", ""),
            ("./", ""),
            ("./.", ""),
            ("a", "a"),
            ("a/b/", "a/b"),
            ("./a/./b", "a/b"),
            ("...", "..."),
            ("a/..b", "a/..b"),
            (".github", ".github"),
            ("ä ö/ü", "ä ö/ü"),
        ] {
            assert_eq!(clean(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn faults_are_placed() {
        for (text, fault, offset) in [
            ("", "empty", 0),
            ("/a", "starts with `/`", 0),
            ("//a", "starts with `/`", 0),
            ("ä//b", "`//`", 1),
            ("a//", "`//`", 1),
            ("ä/..", "`..`", 2),
            ("../a", "`..`", 0),
            ("a\\b", "backslash", 1),
            ("a\nb", "control", 1),
        ] {
            let found = clean(text);
            assert!(
                matches!(&found, Err((f, o)) if f.contains(fault) && *o == offset),
                "{text:?}: {found:?}"
            );
        }
    }
}
