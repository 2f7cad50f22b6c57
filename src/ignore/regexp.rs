//! The part of Go's `regexp` that patternmatcher's translation of a pattern can reach.
//!
//! patternmatcher turns a pattern into the text of a regular expression and leaves brackets, escapes, `|` and counts
//! in braces to Go's parser. So `[*]` is not a star (its class ends at the first `]` of the translated `[^/]*`), `\d` is
//! a digit, `[[:alpha:]]` is a letter, and `?{2}` is two characters. Other engines read some of these texts differently,
//! hence this small one: it parses as `regexp/syntax` does (flags `Perl`) and runs all states at once, in time linear in
//! program times path.

mod class;
mod parser;
mod repeat;

use self::class::Set;
use crate::filepath::decode;

/// How many steps counts in braces may add to all patterns of a list: enough for any that someone wrote, and not enough
/// for a small file to fill the memory. Go takes about three million for each pattern.
pub(super) const MOST_ADDED: usize = 1 << 14;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(super) struct Regexp {
    program: Vec<Step>,
    /// Whether it can match at the start of a path alone.
    anchored: bool,
    /// How many of the steps are there by counts in braces.
    pub(super) added: usize,
}

/// Offsets count from the step that has them, so that a run of steps means the same wherever it stands.
#[derive(Debug, Clone)]
enum Step {
    /// One character of a set.
    Take(Set),
    /// Goes on behind this step and at that one.
    Fork(isize),
    /// Goes on at that step.
    Jump(isize),
    /// Goes on behind this step where the position is right.
    At(Position),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Start,
    End,
    Word,
    NoWord,
}

impl Regexp {
    /// Compiles the text of an expression; the error says what Go (or this subset) refuses.
    pub(super) fn new(text: &str) -> Result<Regexp, String> {
        parser::regexp(text)
    }

    /// `MatchString`.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let mut states = States::new(self.program.len() + 1);
        let (mut before, mut rest) = (None, text);
        states.pending.push(0);
        loop {
            if !self.anchored {
                states.pending.push(0);
            }
            let next = (!rest.is_empty()).then(|| decode(rest));
            self.close(&mut states, before, next.map(|(char, _)| char));
            if states.seen.get(self.program.len()) == Some(&true) {
                return true;
            }
            let Some((char, below)) = next else { return false };
            self.advance(&mut states, char);
            if self.anchored && states.pending.is_empty() {
                return false;
            }
            (before, rest) = (Some(char), below);
        }
    }

    /// Follows all steps that take no character.
    fn close(&self, states: &mut States, before: Option<char>, next: Option<char>) {
        states.seen.fill(false);
        states.current.clear();
        while let Some(at) = states.pending.pop() {
            match states.seen.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let to = |offset: isize| at.checked_add_signed(offset);
            match self.program.get(at) {
                Some(Step::Take(_)) => states.current.push(at),
                Some(Step::Fork(other)) => states.pending.extend(to(*other).into_iter().chain([at + 1])),
                Some(Step::Jump(other)) => states.pending.extend(to(*other)),
                Some(Step::At(position)) if position.holds(before, next) => states.pending.push(at + 1),
                Some(Step::At(_)) | None => {}
            }
        }
    }

    fn advance(&self, states: &mut States, char: char) {
        for at in states.current.drain(..) {
            if let Some(Step::Take(set)) = self.program.get(at)
                && set.has(char)
            {
                states.pending.push(at + 1);
            }
        }
    }
}

struct States {
    /// Steps that still have to be followed.
    pending: Vec<usize>,
    /// Steps that wait for a character.
    current: Vec<usize>,
    /// Steps reached at this position; the last one is the end of the program.
    seen: Vec<bool>,
}

impl States {
    fn new(len: usize) -> States {
        States { pending: Vec::new(), current: Vec::new(), seen: vec![false; len] }
    }
}

impl Position {
    fn holds(self, before: Option<char>, next: Option<char>) -> bool {
        let word = |char: Option<char>| char.is_some_and(|char| char.is_ascii_alphanumeric() || char == '_');
        match self {
            Position::Start => before.is_none(),
            Position::End => next.is_none(),
            Position::Word => word(before) != word(next),
            Position::NoWord => word(before) == word(next),
        }
    }
}
