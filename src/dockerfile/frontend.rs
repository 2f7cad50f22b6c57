//! Which Dockerfile syntax these rules cover, and whether a `# syntax=` asks for another one.

use crate::reference::ImageName;

/// The newest `docker/dockerfile` minor version whose rules were read for this module.
pub(super) const COVERED: (u64, u64) = (1, 26);

/// Whether it is some version of `docker/dockerfile`.
pub(super) fn is_official(syntax: &str) -> bool {
    let name = ImageName::parse(syntax.split_whitespace().next().unwrap_or(""));
    name.is_some_and(|name| {
        name.registry == "docker.io"
            && matches!(name.path.as_str(), "docker/dockerfile" | "docker/dockerfile-upstream")
    })
}

/// Why a frontend is not covered, as a sentence; `None` if it is.
pub(super) fn not_covered(syntax: &str) -> Option<String> {
    let reference = syntax.split_whitespace().next().unwrap_or("");
    let Some(name) = ImageName::parse(reference) else {
        return Some(format!("the syntax {syntax:?} names no frontend that is known"));
    };
    if !is_official(syntax) {
        return Some(format!(
            "{syntax:?} is another frontend than docker/dockerfile: nothing is known of it"
        ));
    }
    let (major, minor) = COVERED;
    match name.tag.as_deref() {
        Some(tag) if covers(tag) => None,
        Some(tag) => Some(format!(
            "the Dockerfile syntax {tag} is not one that imgplan covers (up to {major}.{minor}): what it reads is not known"
        )),
        None => Some(format!(
            "{syntax:?} names a frontend by its digest alone: its version is not known (up to {major}.{minor} is covered)"
        )),
    }
}

/// Whether a tag is a version up to the covered one, on any channel, or follows the released ones.
fn covers(tag: &str) -> bool {
    let channel = |rest: &str| matches!(rest, "labs" | "experimental");
    let (version, rest) = tag.split_once('-').unwrap_or((tag, ""));
    // Release candidates of a covered version know no more than it.
    let candidate = |part: &str| {
        part.strip_prefix("rc").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    if !(rest.is_empty() || rest.split('-').all(|part| channel(part) || candidate(part))) {
        return false;
    }
    if version == "latest" || channel(version) {
        return rest.is_empty();
    }
    let numbers: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([1]) => true,
        Some([major, minor] | [major, minor, _]) => (*major, *minor) <= COVERED,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_covered_frontends_pass() {
        for yes in [
            "docker/dockerfile",
            "docker/dockerfile:1",
            "docker/dockerfile:1.7-labs",
            "docker.io/docker/dockerfile:1.26.3",
            "docker/dockerfile-upstream:1.4.0-rc1",
            "docker/dockerfile:experimental",
            "docker/dockerfile:1.0.0-experimental some args",
            "docker/dockerfile:1.4@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(not_covered(yes), None, "{yes}");
        }
        for no in [
            "docker/dockerfile:1.27",
            "docker/dockerfile:2",
            "docker/dockerfile-upstream:master",
            "docker/dockerfile@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "ghcr.io/docker/dockerfile:1",
            "acme/frontend:1",
            "",
            "???",
        ] {
            assert!(not_covered(no).is_some(), "{no}");
        }
    }
}
