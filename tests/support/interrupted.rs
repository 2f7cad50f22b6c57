//! A run that is killed at each of its requests, and one more that has to complete its work.
//!
//! ```ignore
//! let killed = at_every_request(
//!     || {
//!         let registry = TestRegistry::start();
//!         registry.push_image("acme/app", "build-1", &Image::new().layer("files"));
//!         (registry, Sandbox::new())
//!     },
//!     |registry, sandbox| sandbox.imgplan(&["promote", …]),
//!     |registry, _, run| {
//!         assert_eq!(run.code, 0, "{}", run.stderr);
//!         assert_eq!(registry.tags("acme/app")["v1"], …);
//!     },
//! );
//! assert_eq!(killed, 5, "requests of one run");
//! ```

use std::thread;
use std::time::{Duration, Instant};

use super::registry::{Moment, TestRegistry};
use super::run::{Call, Run, Running};

/// Past this a run that neither ends nor asks anything fails its test.
const LIMIT: Duration = Duration::from_secs(60);

/// Kills a run (SIGKILL) at its first request, at its second and so on, until one ends by itself; each twice: before the
/// request has any effect, and after it had, but before the answer. After each kill the same call runs to its end on the
/// same registry, and `check` looks at what is there then. `prepare` makes a fresh registry each time, and whatever
/// else the test needs; requests to other registries are not counted. Gives the number of requests of a whole run.
pub fn at_every_request<W>(
    prepare: impl Fn() -> (TestRegistry, W),
    call: impl Fn(&TestRegistry, &W) -> Call,
    check: impl Fn(&TestRegistry, &W, &Run),
) -> usize {
    let mut requests = 0;
    for moment in [Moment::Arrived, Moment::Done] {
        let mut nth = 1;
        loop {
            let _told = Told { nth, moment };
            let (registry, world) = prepare();
            registry.halt_at(nth, moment);
            if !killed(&registry, call(&registry, &world).start()) {
                break;
            }
            registry.go_on();
            check(&registry, &world, &call(&registry, &world).run());
            nth += 1;
        }
        assert!(nth > 1, "the run asks nothing: there is no request to be killed at");
        requests = nth - 1;
    }
    requests
}

/// Whether the run came to the request at which it is killed; else it ended by itself.
fn killed(registry: &TestRegistry, mut running: Running) -> bool {
    let start = Instant::now();
    loop {
        // In this order: a run may end between the two.
        let ended = running.has_ended();
        if registry.has_halted() {
            running.kill();
            return true;
        }
        if ended {
            return false;
        }
        assert!(start.elapsed() < LIMIT, "the run neither ends nor asks anything");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Says at which request it was, where a test fails.
struct Told {
    nth: usize,
    moment: Moment,
}

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("after a kill at request {} ({:?})", self.nth, self.moment);
        }
    }
}
