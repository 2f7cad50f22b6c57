//! A text of which a part may not be known: what an expansion gives.
//!
//! A variable that the builder sets, that is declared volatile or that a base image may have set leaves a
//! [`Hole`]. The holes travel with the text, so that whoever uses it can widen exactly as far as needed.

use std::fmt;

/// Why a part of a text is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The platform or the builder decides.
    Platform,
    /// The configuration declares the argument volatile.
    Volatile,
    /// The environment of an image that is not known.
    Base,
    /// Computed from something unknown, or by a rule that is not covered.
    Computed,
}

/// What a hole can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// A word without `/`, never empty (`TARGETARCH`). `platforms.Parse` would allow a word of dots alone,
    /// which names no platform that exists.
    Word,
    /// Such a word, or nothing (`TARGETVARIANT`).
    MaybeWord,
    /// Two or three such words with slashes between (`TARGETPLATFORM`: system, architecture, variant;
    /// `platforms.FormatAll`).
    Words,
    /// Anything.
    Anything,
}

impl Reach {
    /// Whether it never stands for nothing.
    fn is_something(self) -> bool {
        matches!(self, Reach::Word | Reach::Words)
    }

    /// Whether a `/` can be in it.
    fn has_slashes(self) -> bool {
        matches!(self, Reach::Words | Reach::Anything)
    }
}

/// An unknown part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hole {
    /// The variable.
    pub(super) name: String,
    /// What it can stand for.
    pub(super) reach: Reach,
    /// Why it is unknown.
    pub(super) cause: Cause,
}

impl Hole {
    /// A hole that stands for anything.
    pub(super) fn anything(name: &str, cause: Cause) -> Hole {
        Hole { name: name.to_owned(), reach: Reach::Anything, cause }
    }

    /// Why it is unknown, as the end of a sentence.
    pub(super) fn why(&self) -> String {
        let name = &self.name;
        match self.cause {
            Cause::Platform => format!("{name} depends on the platform or the builder"),
            Cause::Volatile => format!("{name} is declared volatile"),
            Cause::Base => {
                format!(
                    "{name} is not assigned in the Dockerfile and may come from the base image's environment"
                )
            }
            Cause::Computed => format!("the value of {name} is not known"),
        }
    }
}

/// A run of known characters, or a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Never empty, never beside another.
    Known(String),
    /// Unknown.
    Hole(Hole),
}

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text {
    pieces: Vec<Piece>,
    size: usize,
}

impl Text {
    /// A text without holes.
    pub(super) fn known(text: &str) -> Text {
        let mut this = Text::default();
        this.push_str(text);
        this
    }

    /// Nothing but a hole.
    pub(super) fn hole(hole: Hole) -> Text {
        Text { pieces: vec![Piece::Hole(hole)], size: 1 }
    }

    /// Adds known characters.
    pub(super) fn push_str(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.size += text.len();
        match self.pieces.last_mut() {
            Some(Piece::Known(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Known(text.to_owned())),
        }
    }

    /// Adds a known character.
    pub(super) fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }

    /// Adds another text.
    pub(super) fn push_text(&mut self, other: &Text) {
        for piece in &other.pieces {
            match piece {
                Piece::Known(text) => self.push_str(text),
                Piece::Hole(_) => {
                    self.size += 1;
                    self.pieces.push(piece.clone());
                }
            }
        }
    }

    /// Its known bytes and its holes, counted.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The characters, if all are known.
    pub(super) fn as_known(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Known(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it is empty, if that is known.
    pub(super) fn is_empty(&self) -> Option<bool> {
        let never = |piece: &Piece| match piece {
            Piece::Known(_) => true,
            Piece::Hole(hole) => hole.reach.is_something(),
        };
        if self.pieces.is_empty() {
            Some(true)
        } else if self.pieces.iter().any(never) {
            Some(false)
        } else {
            None
        }
    }

    /// The first hole.
    pub(super) fn first_hole(&self) -> Option<&Hole> {
        self.holes().next()
    }

    /// All holes.
    pub(super) fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Known(_) => None,
        })
    }

    /// The pieces in order.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether some values of the holes make this text equal to `name`.
    pub(super) fn can_be(&self, name: &str) -> bool {
        let mut ends = std::collections::BTreeSet::from([0]);
        for piece in &self.pieces {
            let mut next = std::collections::BTreeSet::new();
            for &start in &ends {
                let rest = name.get(start..).unwrap_or("");
                match piece {
                    Piece::Known(text) => {
                        if rest.starts_with(text.as_str()) {
                            next.insert(start + text.len());
                        }
                    }
                    Piece::Hole(hole) => {
                        if !hole.reach.is_something() {
                            next.insert(start);
                        }
                        let word =
                            rest.char_indices().take_while(|(_, c)| hole.reach.has_slashes() || *c != '/');
                        next.extend(word.map(|(at, c)| start + at + c.len_utf8()));
                    }
                }
            }
            ends = next;
        }
        ends.contains(&name.len())
    }
}

/// For people: holes as `${NAME}`.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Known(text) => f.write_str(text),
            Piece::Hole(hole) => write!(f, "${{{}}}", hole.name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_holes_can_be_some_names_and_not_others() {
        let mut text = Text::known("base-");
        text.push_text(&Text::hole(Hole {
            name: "TARGETARCH".to_owned(),
            reach: Reach::Word,
            cause: Cause::Platform,
        }));
        assert!(text.can_be("base-amd64"));
        assert!(!text.can_be("base-"), "an architecture is never empty");
        assert!(!text.can_be("base-a/b"), "an architecture has no slash");
        assert!(!text.can_be("other-amd64"));
        assert_eq!(text.to_string(), "base-${TARGETARCH}");
        assert_eq!(text.is_empty(), Some(false));
        assert!(Text::hole(Hole::anything("X", Cause::Volatile)).can_be(""));
    }
}
