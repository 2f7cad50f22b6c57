//! Every key of `imgplan.toml` in one table: what the reader of the file accepts, and what the JSON Schema says.
//!
//! A new key is one entry here and one line in `raw`; a test holds the two, the documentation and the schema together.
//! It must not know how a value is read, nor what it does.

/// A table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The keys before the first table.
    Top,
    /// `[tags]`
    Tags,
    /// `[tags.classes]`
    Classes,
    /// `[skip]`
    Skip,
    /// `[only]`
    Only,
    /// Each of `[[release]]`.
    Release,
    /// Each of `[scopes.NAME]`.
    Scope,
    /// `[image]` and each of `[images.NAME]`.
    Image,
    /// `[defaults]`: what images can have in common.
    Defaults,
    /// A table in `discover`: the pattern, the name, and the keys of the images that it finds.
    Discover,
    /// Each of `[[expire]]`.
    Expire,
}

impl Table {
    /// All of them.
    pub const ALL: &'static [Table] = &[
        Table::Top,
        Table::Tags,
        Table::Classes,
        Table::Skip,
        Table::Only,
        Table::Release,
        Table::Scope,
        Table::Image,
        Table::Defaults,
        Table::Discover,
        Table::Expire,
    ];

    /// Where a key of it belongs, for a message.
    pub fn home(self) -> &'static str {
        match self {
            Table::Top => "at the top of the file, before the first table",
            Table::Tags => "in [tags]",
            Table::Classes => "in [tags.classes]",
            Table::Skip => "in [skip] or [only]",
            Table::Only => "in [only]",
            Table::Release => "in [[release]]",
            Table::Scope => "in [scopes.NAME]",
            Table::Image => "in [image] or [images.NAME]",
            Table::Defaults => "in [defaults]",
            Table::Discover => "in a table of `discover`",
            Table::Expire => "in [[expire]]",
        }
    }

    /// The header under which it can stand in a file, empty for the keys before the first one.
    pub fn header(self) -> &'static str {
        match self {
            Table::Top => "",
            Table::Tags => "[tags]",
            Table::Classes => "[tags.classes]",
            Table::Skip => "[skip]",
            Table::Only => "[only]",
            Table::Release => "[[release]]",
            Table::Scope => "[scopes.pr]",
            Table::Image => "[images.app]",
            Table::Defaults => "[defaults]",
            Table::Discover => "[[discover]]",
            Table::Expire => "[[expire]]",
        }
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A list of strings.
    Texts,
    /// `true` or `false`.
    Flag,
    /// A number from 0 to 4294967295.
    Number,
    /// A string, or `false`.
    TextOrFalse,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A table from names to strings.
    TextMap,
    /// A table from names to lists of strings.
    TextsMap,
    /// A table of known keys.
    Keys(Table),
    /// A table from names to tables of known keys.
    Named(Table),
    /// A list of strings and tables of known keys.
    Items(Table),
    /// A list of tables of known keys.
    Tables(Table),
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The table in which it stands.
    pub table: Table,
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// The default as TOML; empty where there is none.
    pub default: &'static str,
    /// A right value as TOML.
    pub example: &'static str,
    /// What it says, in one sentence.
    pub about: &'static str,
}

const SEVERITIES: Kind = Kind::Word(&["warn", "refuse", "allow"]);

/// All keys, in the order of the documentation: table, name, value, default, an example, what it says.
#[rustfmt::skip]
pub const KEYS: &[Key] = {
    use Kind::*;
    use Table::*;
    &[
        key(Top, "repository", Text, "", r#""ghcr.io/acme/shop""#, "Where the images are: HOST/PATH, or oci:DIR."),
        key(Top, "look-in", Texts, "[]", r#"["ghcr.io/upstream/shop"]"#, "Other repositories in which an image is looked for; what is found is copied, never followed."),
        key(Top, "adopt", Flag, "false", "true", "Whether an unmarked image of a commit counts as the image of its content."),
        key(Top, "history", Number, "1000", "5000", "How many earlier commits are looked at where an image has to be built."),
        key(Top, "on-unknown", Word(&["fail", "build"]), r#""fail""#, r#""build""#, "What to do where the registry could not answer."),
        key(Top, "verify", Word(&["mark", "required"]), r#""mark""#, r#""required""#, "Whether an image must carry its content hash as a mark."),
        key(Top, "git-directory", SEVERITIES, r#""warn""#, r#""refuse""#, "What to do with a build that sees .git."),
        key(Top, "remote-add", SEVERITIES, r#""warn""#, r#""refuse""#, "What to do with an ADD from the network that no checksum fixes."),
        key(Top, "baked-commit", SEVERITIES, r#""warn""#, r#""refuse""#, "What to do with a build that writes its commit, or the time, into the image."),
        key(Top, "tags", Keys(Tags), "", r#"{ commit = "{sha:12}" }"#, "The tags that images get."),
        key(Top, "skip", Keys(Skip), "", r#"{ branches = ["wip/**"] }"#, "What is left alone."),
        key(Top, "only", Keys(Only), "", r#"{ branches = ["main"] }"#, "The only branches and git tags for which anything is done."),
        key(Top, "scopes", Named(Scope), "", r#"{ pr = { repository = "ghcr.io/acme/shop-pr" } }"#, "Scopes by name, for runs with --scope."),
        key(Top, "discover", Items(Discover), "[]", r#"["images/*/Dockerfile"]"#, "Patterns of Dockerfiles, each of which is an image named after its folder."),
        key(Top, "definitions", Texts, "[]", r#"["docker-bake.json"]"#, "Bake files in JSON and compose files that define images."),
        key(Top, "defaults", Keys(Defaults), "", r#"{ platforms = ["linux/amd64"] }"#, "What holds for every image that does not say otherwise."),
        key(Top, "expire", Tables(Expire), "[]", r#"[{ tags = ["pr-*"], after = "14d" }]"#, "Rules for `imgplan expire`: which tags are deleted, and when."),
        key(Top, "expiry-limits", Texts, "[]", r#"["90days", "3months"]"#, "The longest times that tags may say of themselves; more counts as that."),
        key(Top, "image", Keys(Image), "", r#"{ context = "." }"#, "The project's own image, in the repository itself."),
        key(Top, "images", Named(Image), "", r#"{ base = { context = "base" } }"#, "Images by name, each in <repository>/NAME."),
        key(Top, "release", Tables(Release), "", r#"[{ git-tag = "release-{version}" }]"#, "Which git tags are releases, and the tags that they give."),
        key(Tags, "commit", TextOrFalse, r#""{sha:7}""#, r#""{sha:12}""#, "The tag of a commit, written once; false for none."),
        key(Tags, "write-once", Texts, "[]", r#"["{build_date}-{sha:8}"]"#, "More tags that are written once; one with {build_date} or {count} is there if any of its shape is."),
        key(Tags, "floating", Texts, "[]", r#"["{branch}"]"#, "Tags that move, from the tip of their branch."),
        key(Tags, "classes", Keys(Classes), "", r#"{ expiring = ["pr-*"] }"#, "What the tags are that are found, by patterns."),
        key(Classes, "floating", Texts, r#"["latest", "{branch}", "{major}", "{major}.{minor}", "v{major}", "v{major}.{minor}"]"#, r#"["latest", "nightly-*"]"#, "Tags that may move."),
        key(Classes, "expiring", Texts, "[]", r#"["pr-*"]"#, "Tags that are not to last, besides those with -<n>hours, days, weeks or months at their end: they may be on an image with quay.expires-after, and check --retention does not keep them."),
        key(Skip, "branches", Texts, r#"["renku/autosave/**"]"#, r#"["wip/**"]"#, "Branches for which nothing is done, as globs."),
        key(Only, "branches", Texts, "", r#"["main", "release/**"]"#, "Branches for which something is done, as globs."),
        key(Only, "tags", Texts, "", r#"["v*"]"#, "Git tags for which something is done, as globs."),
        key(Release, "git-tag", Text, "", r#""v{version}""#, "A regular expression for the whole git tag, with groups `(?<name>…)`; {version} stands for a version."),
        key(Release, "image", Text, "", r#""{name}""#, "The image that such a git tag releases; by default the only one."),
        key(Release, "tags", Texts, r#"["{version}", "{major}.{minor}", "{major}", "latest"]"#, r#"["v{version}", "v{major}.{minor}"]"#, "The tags of a release; those without the whole version float."),
        key(Scope, "repository", Text, "", r#""ghcr.io/acme/shop-pr""#, "Where the images of this scope are written."),
        key(Image, "repository", Text, "", r#""ghcr.io/acme/base""#, "Where this image lives, if not in its usual place."),
        key(Image, "context", Text, "", r#""app""#, "The folder that is the build's context; by default that of the given Dockerfile, else the root."),
        key(Image, "dockerfile", Text, "", r#""app/Dockerfile""#, "The Dockerfile; by default Dockerfile in the given context, else in the root."),
        key(Image, "target", Text, "", r#""runtime""#, "The stage to build; by default the last one."),
        key(Image, "platforms", Texts, "[]", r#"["linux/amd64", "linux/arm64"]"#, "The platforms to build for; they count in the hash."),
        key(Image, "build-args", TextMap, "{}", r#"{ PYTHON = "3.12" }"#, "Build arguments; values are strings."),
        key(Image, "build-args-files", Texts, "[]", r#"["app.conf"]"#, "Files with NAME=VALUE lines that are build arguments; read from the commit."),
        key(Image, "volatile-args", Texts, "[]", r#"["GIT_SHA"]"#, "Arguments whose values do not count, such as a build date."),
        key(Image, "base-images", Word(&["ignore", "check", "pin"]), r#""ignore""#, r#""check""#, "How a base image counts that moves under its name."),
        key(Image, "max-age", Text, "", r#""30d""#, "An older image is built again: a number and m (minutes), h, d or w."),
        key(Image, "salt", Text, r#""""#, r#""2""#, "Any text; change it to have all built again."),
        key(Image, "inputs", Texts, "", r#"["app/Dockerfile", "app/*.txt"]"#, "Globs of the files that count, instead of those that the Dockerfile names."),
        key(Image, "extra-inputs", Texts, "[]", r#"["certs/**"]"#, "Globs of files that count besides."),
        key(Image, "generated", TextsMap, "{}", r#"{ "dist/" = ["src/**"] }"#, "Paths that are made before the build, and the globs of what they are made from."),
        key(Image, "contexts", TextMap, "{}", r#"{ debian = "docker-image://debian:12" }"#, "Named contexts: image:NAME, a folder, docker-image://NAME, or what only the builder can read."),
        key(Image, "matrix", TextsMap, "", r#"{ CUDA = ["12.8", "13.0"] }"#, "One image for each combination of these values, which are build arguments, too."),
        key(Discover, "name", Text, "", r#""{1}""#, "What an image is called; {N} is what the N-th wildcard of the pattern matched."),
        key(Discover, "dockerfile", Text, "", r#""images/*/Dockerfile""#, "The pattern of the Dockerfiles."),
        key(Expire, "tags", Texts, "", r#"["pr-*"]"#, "Patterns of the tags that the rule is about: * is anything, and placeholders what they could give."),
        key(Expire, "after", Text, "", r#""14d""#, "How old an image may become under them: a number and m (minutes), h, d or w."),
        key(Expire, "keep", Text, "", r#""90d""#, "How far back commits keep the content tags that they need, besides the tips of branches and git tags; by default all commits do."),
        key(Expire, "images", Texts, "", r#"["app"]"#, "The images whose tags the rule is about; by default all."),
    ]
};

const fn key(
    table: Table,
    name: &'static str,
    kind: Kind,
    default: &'static str,
    example: &'static str,
    about: &'static str,
) -> Key {
    Key { table, name, kind, default, example, about }
}

/// The keys of a table.
pub fn of(table: Table) -> impl Iterator<Item = &'static Key> {
    // What says which image it is cannot be shared.
    let (from_image, not): (bool, &[&str]) = match table {
        Table::Defaults => (true, &["repository", "context", "dockerfile", "inputs", "matrix"]),
        Table::Discover => (true, &["repository", "dockerfile", "matrix"]),
        _ => (false, &[]),
    };
    KEYS.iter().filter(move |key| {
        key.table == table || from_image && key.table == Table::Image && !not.contains(&key.name)
    })
}

/// Where a key belongs that stands in the wrong table. In TOML a key behind a table's header is in that table, so a key
/// that was added at the end of the file is a common mistake.
pub(super) fn home(name: &str, here: Table) -> Option<&'static str> {
    let mut owners = KEYS.iter().filter(|key| key.name == name && key.table != here);
    owners.next().map(|key| key.table.home())
}

#[cfg(test)]
mod tests;
