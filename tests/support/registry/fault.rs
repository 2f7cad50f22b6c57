//! Faults: which requests they strike, and what happens to the answer.

use super::wire::{Request, Response};

/// What goes wrong, and when.
#[derive(Debug, Clone)]
pub struct Fault {
    method: String,
    path: String,
    nth: Option<usize>,
    seen: usize,
    pub(super) does: Does,
}

/// What happens instead of the answer, or to it.
#[derive(Debug, Clone)]
pub(super) enum Does {
    Answer(Response),
    Reset,
    Hang,
    SetHeader(String, String),
    DropHeader(String),
    Body(Vec<u8>),
    Unauthorized,
}

impl Fault {
    /// For requests of this method (empty: any) whose path has this part.
    pub fn on(method: &str, path: &str) -> Fault {
        Fault { method: method.to_owned(), path: path.to_owned(), nth: None, seen: 0, does: Does::Reset }
    }

    /// Only for the nth such request, counted from 1.
    pub fn nth(mut self, nth: usize) -> Fault {
        self.nth = Some(nth);
        self
    }

    /// This answer instead of the right one.
    pub fn answer(self, response: Response) -> Fault {
        Fault { does: Does::Answer(response), ..self }
    }

    /// The connection closes without an answer.
    pub fn reset(self) -> Fault {
        Fault { does: Does::Reset, ..self }
    }

    /// No answer comes until the registry is dropped.
    pub fn hang(self) -> Fault {
        Fault { does: Does::Hang, ..self }
    }

    /// The right answer with this header changed.
    pub fn header(self, name: &str, value: &str) -> Fault {
        Fault { does: Does::SetHeader(name.to_owned(), value.to_owned()), ..self }
    }

    /// The right answer without this header.
    pub fn without(self, name: &str) -> Fault {
        Fault { does: Does::DropHeader(name.to_owned()), ..self }
    }

    /// The right answer with other bytes.
    pub fn body(self, bytes: &[u8]) -> Fault {
        Fault { does: Does::Body(bytes.to_vec()), ..self }
    }

    /// As if the token or password were not valid (any more).
    pub fn unauthorized(self) -> Fault {
        Fault { does: Does::Unauthorized, ..self }
    }

    /// Whether it is this request's turn.
    pub(super) fn strikes(&mut self, request: &Request) -> bool {
        let method = self.method.is_empty() || self.method == request.method;
        if !method || !request.path.contains(&self.path) {
            return false;
        }
        self.seen += 1;
        self.nth.is_none_or(|nth| nth == self.seen)
    }
}
