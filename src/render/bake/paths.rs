//! Paths as bake reads them (`bake/bake.go`, `toBuildOpt`): a Dockerfile is seen from its context, a context from the
//! folder where bake is started, and some names are not taken for folders.

use super::Refused;

/// A context from the repository's root.
pub(super) fn context(path: &str) -> Result<&str, Refused> {
    // Bake cleans the path before it looks, so `./-` is no way out.
    if path == "-" {
        return Err("it would read the context \"-\" from its standard input".to_owned());
    }
    // Whatever looks like `git@host:path` needs an ssh agent, though the folder is there.
    if path.split_once('@').is_some_and(|(_, rest)| rest.contains(':')) {
        return Err(format!("it would take the folder {path:?} for an address of git's"));
    }
    Ok(path)
}

/// The Dockerfile, which the plan names from the root, from the context.
pub(super) fn dockerfile(context: &str, dockerfile: &str) -> String {
    // A context that begins like an address of GitHub is still found as a folder, but no Dockerfile is looked up from
    // there; and `-` in the root would be the standard input. Both are well behind `cwd://`, the folder where bake is
    // started.
    if context.starts_with("github.com/") || dockerfile == "-" {
        return format!("cwd://{dockerfile}");
    }
    if context == "." {
        return dockerfile.to_owned();
    }
    let (from, to): (Vec<_>, Vec<_>) = (context.split('/').collect(), dockerfile.split('/').collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().copied()).collect::<Vec<_>>().join("/")
}

/// A named context: folders so that no name of one is taken for an address.
pub(super) fn named(value: &str) -> String {
    if value == "." || value.contains("://") || value.starts_with("git@") {
        return value.to_owned();
    }
    format!("./{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dockerfile_is_seen_from_its_context() {
        for (context, file, expected) in [
            (".", "Dockerfile", "Dockerfile"),
            (".", "docker/app/Dockerfile", "docker/app/Dockerfile"),
            ("app", "app/Dockerfile", "Dockerfile"),
            ("app", "Dockerfile", "../Dockerfile"),
            ("a/b", "a/c/Dockerfile", "../c/Dockerfile"),
            ("app", "apps/Dockerfile", "../apps/Dockerfile"),
            ("a/b/c", "x", "../../../x"),
            ("github.com/acme/app", "github.com/acme/app/Dockerfile", "cwd://github.com/acme/app/Dockerfile"),
            (".", "-", "cwd://-"),
        ] {
            assert_eq!(dockerfile(context, file), expected, "{context} {file}");
        }
    }

    #[test]
    fn folders_are_told_from_addresses() {
        for (value, expected) in [
            (".", "."),
            ("assets", "./assets"),
            ("target:x", "./target:x"),
            ("docker-image:x", "./docker-image:x"),
            ("docker-image://debian:12", "docker-image://debian:12"),
            ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ] {
            assert_eq!(named(value), expected);
        }
    }

    #[test]
    fn what_is_not_taken_for_a_folder_is_refused() {
        for path in ["-", "git@example.org:a", "me@here:x/y"] {
            assert!(context(path).is_err(), "{path}");
        }
        assert_eq!(context("a:b@c"), Ok("a:b@c"));
        assert_eq!(context("-app"), Ok("-app"));
    }
}
