//! Projects that nobody wrote, and their mutants: what the oracle asks about.
//!
//! A [`Project`] is a model (instructions, files, patterns), so that a mutation knows what it changes and has a name;
//! what comes out is a [`Snapshot`]. The same seed gives the same projects. Nothing here knows imgplan or BuildKit.

use crate::snapshot::Snapshot;

/// A changed project, and what was changed.
pub struct Mutant {
    /// The kind of change, by which verdicts are counted: `comment in a Dockerfile`, `file that nothing copies`.
    pub kind: &'static str,
    /// The change itself, for people: path, line, before and after.
    pub detail: String,
    /// The project after it.
    pub snapshot: Snapshot,
}

/// stand-in
pub struct Project;
impl Project {
    pub fn generate(_: &mut fastrand::Rng) -> Project {
        Project
    }
    pub fn snapshot(&self) -> Snapshot {
        use crate::snapshot::*;
        Snapshot {
            files: [
                ("Dockerfile".to_owned(), Node::text("FROM plain\nCOPY a /\nRUN [\"/bin/see\",\"x\"]\n")),
                ("a".to_owned(), Node::text("a")),
                ("b".to_owned(), Node::text("a")),
            ]
            .into(),
            images: vec![Image {
                name: "app".into(),
                context: ".".into(),
                dockerfile: "Dockerfile".into(),
                ..Default::default()
            }],
        }
    }
    pub fn mutant(&self, rng: &mut fastrand::Rng) -> Mutant {
        let mut s = self.snapshot();
        let k = rng.bool();
        s.files.insert(
            if k { "a" } else { "b" }.to_owned(),
            crate::snapshot::Node::text(format!("{}", rng.u32(..))),
        );
        Mutant { kind: if k { "a" } else { "b" }, detail: String::new(), snapshot: s }
    }
}
