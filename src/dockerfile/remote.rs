//! Which `ADD` sources are addresses (`frontend/dockerfile/dfgitutil/git_ref.go`, `isHTTPSource`), and which of
//! them are fixed.

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A path of the context.
    Local,
    /// A file by HTTP.
    Http,
    /// A git repository; whether a full commit id fixes it.
    Git { fixed: bool },
}

/// What a source is, as BuildKit decides.
pub(super) fn source(text: &str) -> Source {
    let scheme = text
        .split_once("://")
        .filter(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric()));
    if let Some((scheme, rest)) = scheme {
        let web = match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => true,
            "git" | "ssh" => false,
            _ => return Source::Local,
        };
        if web && !path(rest).ends_with(".git") {
            let http = text.starts_with("http://") || text.starts_with("https://");
            return if http { Source::Http } else { Source::Local };
        }
        return Source::Git { fixed: is_fixed(text) };
    }
    if is_scp(text) { Source::Git { fixed: is_fixed(text) } } else { Source::Local }
}

/// The path of an address without query and fragment. Percent escapes stay: an escaped `.git` is read as HTTP,
/// which is remote just the same.
fn path(rest: &str) -> &str {
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    rest.get(..end).unwrap_or(rest)
}

/// `user@host:path` (`gitSSHRegex`).
fn is_scp(text: &str) -> bool {
    let Some((user, rest)) = text.split_once('@') else { return false };
    let Some((host, _)) = rest.split_once(':') else { return false };
    let word = |part: &str, extra: &[char]| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(&c))
    };
    word(user, &['-', '_']) && word(host, &['-', '.']) && !text.contains('\n')
}

/// Whether the fragment, `ref=`, `commit=` or `checksum=` is a full commit id.
fn is_fixed(text: &str) -> bool {
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let query = before.split_once('?').map_or("", |(_, query)| query);
    let asked = query.split('&').filter_map(|pair| pair.split_once('='));
    let named =
        asked.filter(|(key, _)| matches!(*key, "ref" | "commit" | "checksum")).map(|(_, value)| value);
    std::iter::once(fragment.split(':').next().unwrap_or("")).chain(named).any(is_commit)
}

/// A full commit id, of either length.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A digest as `--checksum` takes it for a file.
pub(super) fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, digits)| {
        let length = match algorithm {
            "sha256" => 64,
            "sha384" => 96,
            "sha512" => 128,
            _ => return false,
        };
        digits.len() == length && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let git = |fixed| Source::Git { fixed };
        let cases = [
            ("a/b".to_owned(), Source::Local),
            ("./https://x".to_owned(), Source::Local),
            ("github.com/a/b".to_owned(), Source::Local),
            ("ftp://a/b".to_owned(), Source::Local),
            ("HTTP://a/b".to_owned(), Source::Local),
            ("https://a/b.tar".to_owned(), Source::Http),
            ("https://a/b.git".to_owned(), git(false)),
            ("https://a/b.git#main:dir".to_owned(), git(false)),
            (format!("https://a/b.git#{id}:dir"), git(true)),
            (format!("https://a/b.git?ref=main&checksum={id}"), git(true)),
            (format!("git@a:b/c.git#{id}"), git(true)),
            ("git@a:b/c.git".to_owned(), git(false)),
            ("ssh://a/b".to_owned(), git(false)),
            ("git://a/b#0123456".to_owned(), git(false)),
        ];
        for (text, want) in cases {
            assert_eq!(source(&text), want, "{text}");
        }
    }
}
