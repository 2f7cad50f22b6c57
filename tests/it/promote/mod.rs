//! `imgplan promote` through the binary: lists, findings, moves, copies, requests.

mod commits;
mod copies;
mod findings;
mod killed;
mod starlingx;

use crate::support::Sandbox;
use crate::support::registry::TestRegistry;
use crate::support::run::Call;

/// A folder that is no clone, with a registry.
struct World {
    sandbox: Sandbox,
    registry: TestRegistry,
}

impl World {
    fn new() -> World {
        World::on(TestRegistry::start())
    }

    fn on(registry: TestRegistry) -> World {
        World { sandbox: Sandbox::without_git(), registry }
    }

    /// `imgplan promote`
    fn promote(&self, args: &[&str]) -> Call {
        self.sandbox.imgplan(&[&["promote"], args].concat())
    }

    /// Writes a list; `HOST` in it is the registry.
    fn list(&self, name: &str, text: &str) {
        self.sandbox.write(name, &text.replace("HOST", &self.registry.host()));
    }

    /// How many requests of this method there were.
    fn count(&self, method: &str) -> usize {
        self.registry.requests().iter().filter(|request| request.starts_with(method)).count()
    }
}
