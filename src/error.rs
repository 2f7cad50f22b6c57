//! What went wrong, for people: a message, the place, the causes and what to do, with the kind that
//! gives the exit status.
//!
//! Every module returns this one type, so that a hint is written where the knowledge is and not where
//! the error is printed. It knows nothing of terminals: `printer` draws it.

use std::fmt;

/// The kind of a failure; it alone decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The configuration, the Dockerfile or the commit is wrong: exit 1.
    Invalid,
    /// The command line is wrong: exit 2.
    Usage,
    /// git, a registry, credentials or the disk could not answer: exit 3.
    Unavailable,
    /// `resolve` found no image: exit 4.
    NotFound,
    /// A write-once tag conflicts, or a check has a finding: exit 5.
    Conflict,
    /// The user stopped it (SIGINT or SIGTERM): exit 130, as a shell reports it.
    Interrupted,
}

impl Kind {
    /// The exit status of this kind alone.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Invalid => 1,
            Kind::Usage => 2,
            Kind::Unavailable => 3,
            Kind::NotFound => 4,
            Kind::Conflict => 5,
            Kind::Interrupted => 130,
        }
    }

    /// Which kind gives the status where several images failed: 130 (the rest was never tried), 2 (nothing ran),
    /// then 1, 3, 5, 4.
    fn rank(self) -> u8 {
        match self {
            Kind::Interrupted => 5,
            Kind::Usage => 4,
            Kind::Invalid => 3,
            Kind::Unavailable => 2,
            Kind::Conflict => 1,
            Kind::NotFound => 0,
        }
    }

    /// The kind that wins over the other.
    pub fn max(self, other: Kind) -> Kind {
        if other.rank() > self.rank() { other } else { self }
    }
}

/// Where something stands: a file of the repository (or of the disk), a position in it and, for
/// configuration, the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// The file's name as a person would write it; may carry the commit (`imgplan.toml at abc1234`).
    pub file: String,
    /// 1-based line.
    pub line: Option<usize>,
    /// 1-based column, in characters.
    pub column: Option<usize>,
    /// Configuration key, for example `images.a.inputs[0]`.
    pub key: Option<String>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Place { file: file.into(), ..Place::default() }
    }

    /// A line of a file, 1-based.
    pub fn line(file: impl Into<String>, line: usize) -> Self {
        Place { file: file.into(), line: Some(line), ..Place::default() }
    }

    /// The same place with a 1-based column.
    pub fn column(mut self, column: usize) -> Self {
        self.column = Some(column);
        self
    }

    /// The same place with a configuration key.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        Ok(())
    }
}

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// One failure. The message says what happened and never repeats the source, which is printed below it.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
    place: Option<Place>,
    hints: Vec<String>,
    source: Option<Source>,
}

impl Error {
    /// A failure of the given kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { kind, message: message.into(), place: None, hints: Vec::new(), source: None }))
    }

    /// The configuration, the Dockerfile or the commit is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::new(Kind::Invalid, message)
    }

    /// git, a registry, credentials or the disk could not answer.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Error::new(Kind::Unavailable, message)
    }

    /// With the place where it happened.
    pub fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// With one more thing to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// With what caused it.
    pub fn caused_by(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The kind, which gives the exit status.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What happened, without place, causes or hints.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it happened.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What to do about it.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Several failures found in one pass; never empty when returned as an `Err`.
#[derive(Debug, Default)]
pub struct Errors(pub Vec<Error>);

impl Errors {
    /// `Err` with all of them if there is one, else the value.
    pub fn or<T>(self, value: T) -> Result<T, Errors> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// With this hint where there is none yet.
    pub fn or_hint(mut self, hint: &str) -> Errors {
        for error in &mut self.0 {
            if error.0.hints.is_empty() {
                error.0.hints.push(hint.to_owned());
            }
        }
        self
    }

    /// Adds one.
    pub fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// The kind that gives the exit status.
    pub fn kind(&self) -> Option<Kind> {
        self.0.iter().map(Error::kind).reduce(Kind::max)
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Errors(vec![error])
    }
}

impl Extend<Error> for Errors {
    fn extend<I: IntoIterator<Item = Error>>(&mut self, errors: I) {
        self.0.extend(errors);
    }
}

/// The result of everything that can fail once.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_beats_three_beats_five_beats_four() {
        let all = [Kind::NotFound, Kind::Conflict, Kind::Unavailable, Kind::Invalid];
        for pair in all.windows(2) {
            assert_eq!(pair[0].max(pair[1]), pair[1]);
            assert_eq!(pair[1].max(pair[0]), pair[1]);
        }
    }
}
