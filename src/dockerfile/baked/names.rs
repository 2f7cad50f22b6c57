//! What people call the commit and the time of a build, in arguments and labels.
//!
//! From some 1,600 Dockerfiles of public repositories, and from what CI systems set. A name that is as often something
//! else (`VERSION`, `REF`, `TAG`, `SHA256`, `BRANCH`) is not here.

/// Arguments that hold a commit. Compared without `_` and `-`, in upper case.
const COMMITS: &[&str] = &[
    "BUILDCOMMIT",
    "BUILDGITCOMMIT",
    "BUILDGITHASH",
    "BUILDGITSHA",
    "BUILDKITECOMMIT",
    "BUILDREVISION",
    "BUILDSHA",
    "BUILDSOURCEVERSION",
    "CICOMMITSHA",
    "CICOMMITSHORTSHA",
    "COMMIT",
    "COMMITHASH",
    "COMMITID",
    "COMMITREF",
    "COMMITSHA",
    "COMMITSHORTSHA",
    "CURRENTCOMMIT",
    "DOCKERGITCOMMIT",
    "GITCOMMIT",
    "GITCOMMITHASH",
    "GITCOMMITID",
    "GITCOMMITSHA",
    "GITCOMMITSHORT",
    "GITDESCRIBE",
    "GITHASH",
    "GITHUBSHA",
    "GITREV",
    "GITREVISION",
    "GITSHA",
    "GITSHA1",
    "GITSHORTSHA",
    "HEADSHA",
    "IMAGEREVISION",
    "LASTCOMMIT",
    "OCIREVISION",
    "REVISION",
    "SHORTSHA",
    "SOURCECOMMIT",
    "SOURCEREVISION",
    "VCSREF",
    "VCSREFSHORT",
    "VCSREVISION",
];

/// Arguments that hold the time or the number of a build. Compared in the same way.
const TIMES: &[&str] = &[
    "BUILDDATE",
    "BUILDID",
    "BUILDNUM",
    "BUILDNUMBER",
    "BUILDTIME",
    "BUILDTIMESTAMP",
    "CICOMMITTIMESTAMP",
    "CIJOBID",
    "CIPIPELINEID",
    "COMMITDATE",
    "COMMITTIME",
    "COMMITTIMESTAMP",
    "CREATED",
    "CREATEDAT",
    "CREATEDDATE",
    "CREATIONDATE",
    "GITCOMMITDATE",
    "GITHUBRUNID",
    "GITHUBRUNNUMBER",
    "IMAGECREATED",
    "OCICREATED",
];

/// Labels that say the commit or the time.
const LABELS: &[&str] = &[
    "org.opencontainers.image.revision",
    "org.opencontainers.image.created",
    "org.label-schema.vcs-ref",
    "org.label-schema.build-date",
    "vcs-ref",
    "build-date",
];

/// Labels that say a version.
const VERSIONS: &[&str] = &["org.opencontainers.image.version", "org.label-schema.version"];

/// What a label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// The commit or the time.
    Commit,
    /// A version, which may be made from them.
    Version,
}

/// Whether an argument's name says the commit or the time.
pub(super) fn of_argument(name: &str) -> bool {
    is_time(name) || COMMITS.contains(&plain(name).as_str())
}

/// Whether it says the time, or the number of the build.
pub(super) fn is_time(name: &str) -> bool {
    TIMES.contains(&plain(name).as_str())
}

/// What a label's name says, if it is one of those.
pub(super) fn of_label(key: &str) -> Option<Label> {
    if LABELS.contains(&key) {
        return Some(Label::Commit);
    }
    VERSIONS.contains(&key).then_some(Label::Version)
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_uppercase()).collect()
}
