//! What `explain` says, version 1: the shape that others script against.
//!
//! A frozen public shape like [`crate::plan`]: fields are only ever added in version 1, their order here is their order
//! in the JSON. Pure; it must not know how it is shown. `build` makes it of assessed images, `answer` answers for one
//! path.

mod answer;
mod build;

use serde::Serialize;

pub use answer::answer;
pub use build::{changes, image, left_out};

/// The images of a commit, or of the working tree, explained.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// Always 1.
    pub version: u32,
    /// Full commit id; with `worktree` that of `HEAD`.
    pub commit: String,
    /// Whether the working tree was read and not the commit.
    pub worktree: bool,
    /// The commit that it is compared with: full id.
    pub against: Option<String>,
    /// Parents first.
    pub images: Vec<Image>,
    /// Names of images that only the other commit has.
    pub only_against: Vec<String>,
}

/// One image.
#[derive(Debug, Clone, Serialize)]
pub struct Image {
    /// Its name in the plan.
    pub name: String,
    /// 64 hex digits.
    pub content_hash: String,
    /// `content-` and the first 40 digits.
    pub content_tag: String,
    /// Folder from the repository's root, `.` for the root.
    pub context: String,
    /// Path from the repository's root.
    pub dockerfile: String,
    /// Its git object id.
    pub dockerfile_id: String,
    /// The ignore file that applies, null where none leaves anything out.
    pub ignore_file: Option<String>,
    /// What counts and is no file, in the order in which it is hashed.
    pub definition: Vec<Part>,
    /// Every file that counts, by context and path.
    pub inputs: Vec<Input>,
    /// Files of the contexts that do not count, by path; null unless asked for.
    pub excluded: Option<Vec<LeftOut>>,
    /// What changed; null unless asked for.
    pub against: Option<Against>,
}

/// A line or a key, with what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Why {
    /// The file.
    pub file: String,
    /// 1-based.
    pub line: Option<usize>,
    /// 1-based.
    pub column: Option<usize>,
    /// Of a configuration.
    pub key: Option<String>,
    /// The instruction, or what the key says; empty where the rest says all.
    pub text: String,
}

/// What counts and is no file.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// `instruction`, `build-arg`, `base-image`, `parent` and so on.
    pub kind: &'static str,
    /// Which of its kind; may be empty.
    pub name: String,
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub why: Why,
}

/// A file that counts.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// From the repository's root.
    pub path: String,
    /// As git writes it, six octal digits; `040000` for a folder of which only counts that it is there.
    pub mode: &'static str,
    /// Full object id.
    pub id: String,
    /// `main`, `repository` or the name of a context.
    pub context: String,
    /// Git attributes that change the bytes on disk; may be empty.
    pub attributes: String,
    /// All that makes it an input.
    pub why: Vec<Why>,
}

/// A file of a context that does not count.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    /// From the repository's root.
    pub path: String,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
}

/// Why a file of a context does not count by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Reason {
    /// `ignored`, `excluded`, `not-listed`, `unread`; `dockerfile`, `ignore-file` and `configuration` count by what they
    /// say.
    pub reason: &'static str,
    /// The pattern, instruction or key that leaves it out.
    pub by: Option<Why>,
}

/// What changed of an image.
#[derive(Debug, Clone, Serialize)]
pub struct Against {
    /// The image's hash in the other commit; null where that has no such image.
    pub content_hash: Option<String>,
    /// One sentence.
    pub summary: String,
    /// Empty exactly where the hashes are the same, or the image is new.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// `added`, `removed` or `changed`.
    pub how: &'static str,
    /// `file`, or the kind of a part.
    pub kind: &'static str,
    /// What it is about: the path of a file, else a few words.
    pub subject: String,
    /// As it was; null if it was not.
    pub before: Option<State>,
    /// As it is; null if it is not.
    pub after: Option<State>,
    /// What makes it count, or made it count.
    pub why: Vec<Why>,
}

/// One side of a change.
#[derive(Debug, Clone, Default, Serialize)]
pub struct State {
    /// Of a file.
    pub mode: Option<&'static str>,
    /// Of a file: its full object id.
    pub id: Option<String>,
    /// Of a file: git attributes that change the bytes on disk.
    pub attributes: Option<String>,
    /// Of what is no file.
    pub text: Option<String>,
}

/// `--why PATH`: one path, for every image.
#[derive(Debug, Clone, Serialize)]
pub struct Answers {
    /// Always 1.
    pub version: u32,
    /// Full commit id; with `worktree` that of `HEAD`.
    pub commit: String,
    /// Whether the working tree was read and not the commit.
    pub worktree: bool,
    /// From the repository's root.
    pub path: String,
    /// The answers.
    pub images: Vec<Answer>,
}

/// The answer for one image.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The image.
    pub name: String,
    /// `input`, `definition`, `left-out`, `folder`, `outside` or `absent`.
    pub verdict: &'static str,
    /// The sentence.
    pub text: String,
    /// All that makes it count, or leaves it out.
    pub why: Vec<Why>,
    /// Of a folder: how many files below it are inputs.
    pub inputs: usize,
    /// Of a folder: how many files below it are left out.
    pub left_out: usize,
}
