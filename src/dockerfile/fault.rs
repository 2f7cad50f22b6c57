//! What BuildKit refuses, with its place in the file.

/// Something that BuildKit refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// 1-based line.
    pub(super) line: usize,
    /// 1-based column, in characters.
    pub(super) column: usize,
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

impl Fault {
    /// A fault without a hint.
    pub(super) fn new(line: usize, column: usize, message: impl Into<String>) -> Fault {
        Fault { line, column, message: message.into(), hint: None }
    }

    /// With what to do about it.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }
}
