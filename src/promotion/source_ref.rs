//! What a list says an image was built from (`src_ref`), beside what the image says of itself.

/// A `src_ref` as it is written: an address of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRef {
    /// As it is written.
    pub text: String,
}

/// How the two compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The same commit.
    Same,
    /// Another one.
    Different,
    /// One of them names no commit, or the image's revision is that of another project: labels come from base images, too.
    Nothing,
}

impl SourceRef {
    /// The commit that it names: the last part of the address that is one, abbreviated or whole.
    pub fn commit(&self) -> Option<&str> {
        self.text.rsplit(['/', '?', '#', '&', '=', '@', ':']).find(|part| is_id(part))
    }

    /// The repository's part of the address, without scheme and `.git`.
    fn repository(&self) -> Option<&str> {
        let commit = self.commit()?;
        let before = self.text.get(..self.text.rfind(commit)?)?;
        let before = before.trim_end_matches(['/', '@', '#', '=', ':', '?']);
        let before = ["/-/commit", "/commit", "/commits", "/tree", "/+"]
            .iter()
            .find_map(|end| before.strip_suffix(end));
        before.map(address)
    }

    /// Compares it with what the image says: its revision, and the address of its source where it has one.
    pub fn compare(&self, revision: Option<&str>, source: Option<&str>) -> Compared {
        let (Some(listed), Some(built)) = (self.commit(), revision.filter(|revision| is_id(revision))) else {
            return Compared::Nothing;
        };
        let (listed, built) = (listed.to_ascii_lowercase(), built.to_ascii_lowercase());
        if listed.starts_with(&built) || built.starts_with(&listed) {
            return Compared::Same;
        }
        match (self.repository(), source.map(address)) {
            (Some(here), Some(there)) if here != there => Compared::Nothing,
            _ => Compared::Different,
        }
    }
}

/// An id of a commit, of at least 7 digits; a number of so many digits is read as one, too.
fn is_id(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn address(url: &str) -> &str {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "5f72ddb26a38d41fef919060585daaafae677433";

    fn compare(text: &str, revision: Option<&str>, source: Option<&str>) -> Compared {
        SourceRef { text: text.to_owned() }.compare(revision, source)
    }

    #[test]
    fn the_commit_of_an_address_is_compared_with_the_revision() {
        for form in [
            "https://opendev.org/starlingx/integ/commit/{}",
            "https://h/a/b/-/commit/{}?x=1",
            "git@h:a/b@{}",
            "{}",
        ] {
            let text = form.replace("{}", COMMIT);
            assert_eq!(compare(&text, Some(COMMIT), None), Compared::Same, "{text}");
            assert_eq!(compare(&text, Some(&COMMIT[..9]), None), Compared::Same, "{text}");
            assert_eq!(compare(&text, Some(&"a".repeat(40)), None), Compared::Different, "{text}");
            assert_eq!(compare(&text, None, None), Compared::Nothing, "{text}");
            assert_eq!(compare(&text, Some("v1.2"), None), Compared::Nothing, "{text}");
        }
        assert_eq!(compare("https://opendev.org/starlingx/integ", Some(COMMIT), None), Compared::Nothing);
    }

    /// Labels of a base image stay in what is built on it: a revision of another project says nothing of this one.
    #[test]
    fn a_revision_of_another_project_is_not_compared() {
        let text = format!("https://opendev.org/starlingx/integ/commit/{COMMIT}");
        let other = "a".repeat(40);
        let compare = |source| compare(&text, Some(&other), Some(source));
        assert_eq!(compare("https://github.com/debian/base"), Compared::Nothing);
        assert_eq!(compare("https://opendev.org/starlingx/integ.git"), Compared::Different);
    }
}
