//! The CI file of a platform: which platform a project is on, and what its file says.
//!
//! The files are those of `fixtures`, which are tried there; nothing is filled in.

/// What of GitLab's file is no job.
const STAGES: &str = "stages:\n  - build\n\n";

/// A platform that `init` can write a file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// GitLab CI
    GitLab,
    /// GitHub Actions
    GitHub,
}

impl Platform {
    /// Its file, from the repository's root.
    pub fn file(self) -> &'static str {
        match self {
            Platform::GitLab => ".gitlab-ci.yml",
            Platform::GitHub => ".github/workflows/images.yml",
        }
    }

    /// What the file says.
    pub fn contents(self) -> &'static str {
        match self {
            Platform::GitLab => include_str!("../../fixtures/gitlab/one-job.gitlab-ci.yml"),
            Platform::GitHub => include_str!("../../fixtures/github/images.yml"),
        }
    }

    /// The same for a file that has something in it already: the job alone, since a second `stages:` would be a duplicate
    /// key, or take away the stages that there are by default. It begins with an empty line, as what it is added to may
    /// end without a line's end.
    pub fn addition(self) -> String {
        format!("\n{}", self.contents().replace(STAGES, ""))
    }
}

/// What hints at a platform.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signs {
    /// `.gitlab-ci.yml` or `.gitlab` is there, or `.renku`: Renku runs on GitLab.
    pub gitlab: bool,
    /// `.github` is there.
    pub github: bool,
    /// The host of the remote `origin`.
    pub origin: Option<Platform>,
}

/// The platform of a project, as far as it shows. Where there are files of both, the remote decides; without one,
/// `.gitlab-ci.yml` does, since a mirror on GitHub keeps `.github` for its issues.
pub fn platform(signs: Signs) -> Option<Platform> {
    match (signs.gitlab, signs.github) {
        (true, true) => Some(signs.origin.unwrap_or(Platform::GitLab)),
        (true, false) => Some(Platform::GitLab),
        (false, true) => Some(Platform::GitHub),
        (false, false) => signs.origin,
    }
}

/// Whether the action can be used as its file says: it takes no release whose checksum it does not have.
pub fn is_released() -> bool {
    has_sum(include_str!("../../action/checksums.txt"), env!("CARGO_PKG_VERSION"))
}

fn has_sum(checksums: &str, version: &str) -> bool {
    let archive = format!("imgplan-v{version}-");
    let lines = checksums.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_whitespace().nth(1))
        .any(|name| name.trim_start_matches('*').starts_with(&archive))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::draft::pipeline;

    #[test]
    fn files_go_before_the_remote_which_decides_between_them() {
        use Platform::*;
        let of = |gitlab, github, origin| platform(Signs { gitlab, github, origin });
        assert_eq!(of(false, false, None), None);
        assert_eq!(of(false, false, Some(GitLab)), Some(GitLab));
        assert_eq!(of(true, false, Some(GitHub)), Some(GitLab));
        assert_eq!(of(false, true, Some(GitLab)), Some(GitHub));
        assert_eq!(of(true, true, Some(GitHub)), Some(GitHub));
        assert_eq!(of(true, true, None), Some(GitLab));
    }

    #[test]
    fn the_job_of_a_renku_project_keeps_its_name() {
        assert!(Platform::GitLab.contents().contains("\nimage_build:\n"));
        for platform in [Platform::GitLab, Platform::GitHub] {
            assert!(pipeline::runs_imgplan(platform.contents()), "{platform:?}");
        }
    }

    #[test]
    fn an_addition_is_a_job_and_nothing_else() {
        let text = Platform::GitLab.addition();
        assert!(text.starts_with("\n#") && text.ends_with('\n'), "{text}");
        let job: yaml_serde::Mapping = yaml_serde::from_str(&text).unwrap();
        assert_eq!(job.keys().collect::<Vec<_>>(), ["image_build"]);
    }

    #[test]
    fn a_release_has_a_sum_for_its_own_version() {
        assert!(!has_sum("# imgplan-v0.1.0-x.tar.gz\n", "0.1.0"));
        assert!(has_sum("# Sums\n00ff *imgplan-v0.1.0-x.tar.gz\n", "0.1.0"));
        assert!(!has_sum("00ff  imgplan-v0.1.0-x.tar.gz\n", "0.1.1"));
    }
}
