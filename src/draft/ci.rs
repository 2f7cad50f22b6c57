//! The CI file of a platform: which platform a project is on, and what its file says.
//!
//! The files are those of `fixtures`, which are tried there; nothing is filled in.

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

/// Whether a CI file runs imgplan.
pub fn runs_imgplan(present: &str) -> bool {
    present.contains("imgplan apply") || present.contains("uses: imgplan/imgplan@")
}

/// What somebody is to do who has a `.gitlab-ci.yml` already.
pub fn advice(present: &str) -> &'static str {
    let has = |word: &str| present.lines().any(|line| line.starts_with(word));
    if runs_imgplan(present) {
        "it runs imgplan already"
    } else if has("image_build:") {
        "put the printed job in the place of its job image_build, under that name: Renku looks for it"
    } else if has("stages:") && !present.contains("build") {
        "add the printed job to it, and name one of its stages in place of `build`"
    } else {
        "add the printed job to it"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(runs_imgplan(Platform::GitLab.contents()) && runs_imgplan(Platform::GitHub.contents()));
        assert!(advice("image_build:\n  script: docker build .\n").contains("in the place of"));
        assert!(advice("image_build:\n  script: imgplan apply --build\n").contains("already"));
        assert!(advice("stages: [test]\n").contains("stages"));
        assert_eq!(advice("# image_build:\n"), "add the printed job to it");
    }
}
