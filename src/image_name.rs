//! Names of images as a `FROM` or a repository writes them, with their short forms completed.
//!
//! The grammar is that of `distribution/reference` (`reference.go`, `regexp.go`), by hand: the regular expression that
//! libraries use for it takes longer to compile than all else that a plan does (240 of 249 million instructions, measured
//! with callgrind). A test compares it with `oci-spec`'s parser.

use std::fmt;

/// The longest name, host and path together.
const LONGEST: usize = 255;
const DOCKER_HUB: &str = "docker.io";

/// What a `FROM` names: an image with its short forms completed (`debian` is
/// `docker.io/library/debian:latest`), so that two spellings of one image are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName {
    /// Host, `docker.io` for Docker Hub.
    pub registry: String,
    /// Path, with `library/` completed.
    pub path: String,
    /// `latest` where neither a tag nor a digest is given.
    pub tag: Option<String>,
    /// A pinned digest.
    pub digest: Option<String>,
}

impl ImageName {
    /// Completes a name as `reference.ParseNormalizedNamed` and `TagNameOnly` do; `None` if it is no image name.
    pub fn parse(text: &str) -> Option<ImageName> {
        let mut name = ImageName::parse_without_default(text)?;
        if name.tag.is_none() && name.digest.is_none() {
            name.tag = Some("latest".to_owned());
        }
        Some(name)
    }

    /// The same without the default tag.
    pub(crate) fn parse_without_default(text: &str) -> Option<ImageName> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon behind the last slash begins the tag; one before it is the host's port.
        let slash = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest.get(slash..)?.find(':') {
            Some(colon) => (rest.get(..slash + colon)?, rest.get(slash + colon + 1..)),
            None => (rest, None),
        };
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if is_host(host) => (host, path.to_owned()),
            _ => (DOCKER_HUB, name.to_owned()),
        };
        let registry = if registry == "index.docker.io" { DOCKER_HUB } else { registry };
        let path =
            if registry == DOCKER_HUB && !path.contains('/') { format!("library/{path}") } else { path };
        let sound = domain(registry)
            && path.split('/').all(component)
            && registry.len() + 1 + path.len() <= LONGEST
            && tag.is_none_or(self::tag)
            && digest.is_none_or(self::digest);
        sound.then(|| ImageName {
            registry: registry.to_owned(),
            path,
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

/// `splitDockerDomain`: what stands before the first slash is a host if it could be no path component.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase())
}

/// `domain`: dotted components, an IPv6 address in brackets, and a port.
fn domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, behind)) => {
                let sound =
                    !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
                return sound && behind.strip_prefix(':').map_or(behind.is_empty(), digits);
            }
            None => return false,
        },
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let label = |label: &str| {
        let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    host.split('.').all(label) && port.is_none_or(digits)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `pathComponent`: lower-case letters and digits, with `.`, `_`, `__` or dashes between them.
fn component(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let edge = |b: Option<&u8>| b.is_some_and(|b| word(*b));
    let separator = |run: &[u8]| matches!(run, b"." | b"_" | b"__") || run.iter().all(|b| *b == b'-');
    edge(text.as_bytes().first())
        && edge(text.as_bytes().last())
        && text.as_bytes().split(|b| word(*b)).filter(|run| !run.is_empty()).all(separator)
}

/// `tag`: at most 128 of `[A-Za-z0-9_.-]`, the first neither `.` nor `-`.
fn tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

/// `digest`: an algorithm of parts that begin with a letter, and 32 or more hex digits.
fn digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let part = |part: &str| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(part)
        && hex.len() >= 32
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn short_names_are_completed() {
        let name = |text| ImageName::parse(text).map(|name| name.to_string());
        assert_eq!(name("debian").as_deref(), Some("docker.io/library/debian:latest"));
        assert_eq!(name("debian"), name("docker.io/library/debian:latest"));
        assert_eq!(name("index.docker.io/a/b:1").as_deref(), Some("docker.io/a/b:1"));
        assert_eq!(name("localhost/a").as_deref(), Some("localhost/a:latest"));
        assert_eq!(name("localhost:5000/a").as_deref(), Some("localhost:5000/a:latest"));
        assert_eq!(name("[::1]:5000/a").as_deref(), Some("[::1]:5000/a:latest"));
        let pinned = format!("a@sha256:{}", "0".repeat(64));
        assert_eq!(name(&pinned), Some(format!("docker.io/library/{pinned}")));
        for wrong in [
            "",
            "Upper",
            "a//b",
            "a:",
            "a@",
            "a@sha256:00",
            "a b",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "/a",
            "h.io/",
        ] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
    }

    /// The same answers as `oci-spec`'s regular expression, over strings of the characters that matter.
    #[test]
    fn answers_are_those_of_a_library() {
        let parts = [
            "a",
            "b1",
            "A",
            "localhost",
            "h.io",
            "h:5",
            ":",
            "/",
            "@",
            ".",
            "_",
            "__",
            "-",
            "--",
            "sha256:",
            "tag",
            "",
            "00000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000",
        ];
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let mut valid = 0;
        for _ in 0..20_000 {
            let text: String = (0..next(8)).map(|_| parts[next(parts.len())]).collect();
            let theirs = text.parse::<oci_spec::distribution::Reference>().ok();
            // oci-spec knows the lengths of three algorithms and refuses all others, and it takes no host for one by
            // its upper case alone, as `splitDockerDomain` does, and takes one with `_`, which no host can have.
            let host = text.split('/').next().unwrap_or("");
            let odd = host.contains('_')
                || !host.contains(['.', ':']) && host.contains(|c: char| c.is_ascii_uppercase());
            if text.contains('@') && theirs.is_none() || odd {
                continue;
            }
            let theirs = theirs.map(|name| {
                let tag = name.tag().map(str::to_owned);
                let digest = name.digest().map(str::to_owned);
                (name.registry().to_owned(), name.repository().to_owned(), tag, digest)
            });
            let ours = ImageName::parse(&text).map(|name| (name.registry, name.path, name.tag, name.digest));
            valid += usize::from(ours.is_some());
            assert_eq!(ours, theirs, "{text:?}");
        }
        assert!(valid > 1_000, "{valid} valid names tried");
    }
}
