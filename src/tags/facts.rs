//! What templates are filled with, and which of it a template needs.

use super::Template;
use super::placeholders::Piece;
use crate::version::Version;

/// What is known of a commit and one of its images. What is `None` is not known, or does not apply: a template that
/// needs it gives no tag.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The full commit id in hex.
    pub sha: &'a str,
    /// The branch that the commit is the tip of.
    pub branch: Option<&'a str>,
    /// The git tag that is being built.
    pub git_tag: Option<&'a str>,
    /// The content hash, 64 hex digits.
    pub content_hash: &'a str,
    /// `--scope`: every tag starts with it and a dash.
    pub scope: Option<&'a str>,
    /// The commit's time (the committer's), seconds since the epoch.
    pub commit_date: Option<i64>,
    /// When it is, or was, built, seconds since the epoch.
    pub build_date: Option<i64>,
    /// What `git describe --tags` prints of the commit.
    pub describe: Option<&'a str>,
    /// The version, where it is not simply that of `git_tag`: a release pattern tells it.
    pub version: Option<&'a Version>,
    /// The image's name; empty where there is none to tell.
    pub image: &'a str,
    /// The number of `{count}`, from 1.
    pub count: Option<u64>,
    /// The full id of the last commit that changed an input.
    pub input_sha: Option<&'a str>,
    /// What the named groups of a release pattern hold: name and text.
    pub names: &'a [(&'a str, &'a str)],
}

impl<'a> Facts<'a> {
    /// A commit and a content hash, of which nothing else is known.
    pub fn of(sha: &'a str, content_hash: &'a str) -> Facts<'a> {
        Facts {
            sha,
            branch: None,
            git_tag: None,
            content_hash,
            scope: None,
            commit_date: None,
            build_date: None,
            describe: None,
            version: None,
            image: "",
            count: None,
            input_sha: None,
            names: &[],
        }
    }
}

/// Which facts templates ask for, so that no more than that is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)]
pub struct Needs {
    /// `{sha}`
    pub sha: bool,
    /// `{branch}`
    pub branch: bool,
    /// `{tag}`, `{version}` and its parts
    pub git_tag: bool,
    /// `{content_hash}`
    pub content_hash: bool,
    /// `{commit_date}`
    pub commit_date: bool,
    /// `{build_date}`
    pub build_date: bool,
    /// `{describe}`
    pub describe: bool,
    /// `{version}` and its parts
    pub version: bool,
    /// `{image}`
    pub image: bool,
    /// `{count}`: the tags that are there must be known.
    pub count: bool,
    /// `{input_sha}`
    pub input_sha: bool,
}

/// What a template asks for.
pub fn needs(template: &Template) -> Needs {
    let mut needs = Needs::default();
    for piece in &template.pieces {
        match piece {
            Piece::Literal(_) | Piece::Any | Piece::Name(_) => {}
            Piece::Sha(_) => needs.sha = true,
            Piece::InputSha(_) => needs.input_sha = true,
            Piece::ContentHash(_) => needs.content_hash = true,
            Piece::Branch => needs.branch = true,
            Piece::GitTag => needs.git_tag = true,
            Piece::CommitDate(_) => needs.commit_date = true,
            Piece::BuildDate(_) => needs.build_date = true,
            Piece::Describe => needs.describe = true,
            Piece::Version | Piece::Major | Piece::Minor | Piece::Patch | Piece::Pre => {
                needs.git_tag = true;
                needs.version = true;
            }
            Piece::Image => needs.image = true,
            Piece::Count => needs.count = true,
        }
    }
    needs
}

impl Needs {
    /// What several templates ask for together.
    pub fn of<'t>(templates: impl IntoIterator<Item = &'t Template>) -> Needs {
        templates.into_iter().map(needs).fold(Needs::default(), Needs::and)
    }

    fn and(self, other: Needs) -> Needs {
        Needs {
            sha: self.sha || other.sha,
            branch: self.branch || other.branch,
            git_tag: self.git_tag || other.git_tag,
            content_hash: self.content_hash || other.content_hash,
            commit_date: self.commit_date || other.commit_date,
            build_date: self.build_date || other.build_date,
            describe: self.describe || other.describe,
            version: self.version || other.version,
            image: self.image || other.image,
            count: self.count || other.count,
            input_sha: self.input_sha || other.input_sha,
        }
    }
}

/// Whether the tag of a template depends on more than the commit: on when it is built (`{build_date}`), or on which tags
/// there are (`{count}`). Such a tag is wanted by its shape: any that the digest has will do.
pub fn is_shaped(template: &Template) -> bool {
    let needs = needs(template);
    needs.build_date || needs.count
}
