//! Addresses and names that reach the `git` program: what it could take for an option, a program or a second name is refused,
//! and no password is shown.

use crate::error::{Error, Result};

/// Transports that run nothing but git itself and ssh.
pub(super) const TRANSPORTS: [&str; 5] = ["https", "http", "ssh", "git", "file"];

/// An address that git could take for an option or for a program is refused.
pub(super) fn check(url: &str) -> Result<()> {
    let scheme = url.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let wrong = url.starts_with('-') || url.chars().any(|c| c.is_control() || c.is_whitespace());
    let known = match &scheme {
        Some((scheme, rest)) => {
            let host = rest.rsplit_once('@').map_or(rest.as_ref(), |(_, host)| host);
            TRANSPORTS.contains(&scheme.as_str())
                && !rest.is_empty()
                && !host.starts_with('-')
                && !rest.starts_with('-')
        }
        // user@host:path; `ext::sh -c …` has no user before it.
        None => url.split_once(':').is_some_and(|(host, path)| {
            host.contains('@') && plain_host(host) && !path.starts_with([':', '-']) && !path.is_empty()
        }),
    };
    if known && !wrong {
        return Ok(());
    }
    Err(Error::invalid(format!("{:?} is not the address of a repository", without_password(url)))
        .hint("write it as https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH or file:///PATH"))
}

fn plain_host(host: &str) -> bool {
    host.split('@').all(|part| {
        !part.is_empty()
            && !part.starts_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    })
}

/// A name that is one side of a refspec and nothing else.
pub(super) fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_alphanumeric() || "-_./+".contains(c);
    if !name.is_empty() && !name.starts_with(['-', '+']) && !name.contains("..") && name.chars().all(plain) {
        return Ok(());
    }
    Err(Error::invalid(format!("{name:?} cannot be fetched from another repository"))
        .hint("name a branch, a tag or a full commit id; without COMMIT it is HEAD"))
}

/// An address as it may be printed.
pub fn without_password(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            path.map_or(format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_run_something_are_refused() {
        for url in [
            "",
            "-u",
            "--upload-pack=touch /tmp/x",
            "ext::sh -c touch% /tmp/x",
            "ext::sh",
            "user@ext::sh",
            "fd::17",
            "ext://x",
            "ssh://-oProxyCommand=x/y",
            "ssh://user@-oProxyCommand=x/y",
            "-o@host:path",
            "user@-host:path",
            "https://host/a b",
            "https://host/a\n[core]",
            "../project",
            "/srv/project.git",
            "https://",
        ] {
            assert!(check(url).is_err(), "{url:?}");
        }
        for url in [
            "https://example.org/a/b.git",
            "https://user:secret@example.org/a/b",
            "https://[::1]:8443/a",
            "ssh://git@example.org:22/a/b",
            "git@example.org:a/b.git",
            "git@my-host.example.org:a/b.git",
            "file:///srv/git/a.git",
            "git://example.org/a",
        ] {
            assert!(check(url).is_ok(), "{url:?}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(without_password("https://me:secret@example.org/a@b"), "https://example.org/a@b");
        assert_eq!(without_password("ssh://git@example.org/a"), "ssh://example.org/a");
        assert_eq!(without_password("git@example.org:a"), "git@example.org:a");
    }

    #[test]
    fn names_are_one_side_of_a_refspec() {
        for name in ["", "-x", "+main", "a:b", "main~1", "main^", "a..b", "*", "a b"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for name in ["HEAD", "main", "refs/heads/feature/x", "v1.2+3"] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
    }
}
