//! A registry that halts at a request: for tests that kill a run there and then see what a second one makes of it.
//!
//! From the halt on no request takes effect any more and none is answered, so that what is there when the run is killed is
//! what was there at that request, however many others were under way.

use super::TestRegistry;

/// When a registry halts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// When the request arrives: it has no effect.
    Arrived,
    /// When the request is done, but before its answer is sent.
    Done,
}

/// Where a registry halts, and whether it has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Halt {
    /// Nowhere.
    #[default]
    Never,
    /// At a request, counted from 1 since [`TestRegistry::halt_at`].
    At(usize, Moment),
    /// It has, and nothing goes on.
    Halted,
}

/// What a request meets.
pub(super) enum Met {
    /// Nothing: it is answered.
    GoOn,
    /// The halt: it has an effect, but no answer.
    OnlyEffect,
    /// The halt: it has neither.
    Nothing,
}

impl Halt {
    /// Counts one request.
    pub(super) fn meet(&mut self) -> Met {
        match *self {
            Halt::Never => Met::GoOn,
            Halt::At(nth, moment) if nth <= 1 => {
                *self = Halt::Halted;
                if moment == Moment::Done { Met::OnlyEffect } else { Met::Nothing }
            }
            Halt::At(nth, moment) => {
                *self = Halt::At(nth - 1, moment);
                Met::GoOn
            }
            Halt::Halted => Met::Nothing,
        }
    }
}

impl TestRegistry {
    /// Halts at the nth request from now on, counted from 1.
    pub fn halt_at(&self, nth: usize, moment: Moment) {
        self.shared.state().halt = Halt::At(nth, moment);
    }

    /// Whether that request has come, with what it does.
    pub fn has_halted(&self) -> bool {
        matches!(self.shared.state().halt, Halt::Halted)
    }

    /// Answers again, to new connections; nothing that came over an old one has an effect any more.
    pub fn go_on(&self) {
        let mut connections = self.shared.connections.lock().unwrap();
        let mut state = self.shared.state();
        state.generation += 1;
        state.halt = Halt::Never;
        for connection in connections.drain(..) {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}
