//! How far long work is, on a terminal.
//!
//! Nothing is drawn where stderr is no terminal, with `-q`, or in the first second: most commands are done by then,
//! and a bar that flashes by is noise.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::printer::Printer;
use crate::text::sanitise;

/// How long work takes before it is worth a bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar, cleared away when it is dropped. What the printer prints meanwhile stands above it.
pub struct Progress {
    bar: ProgressBar,
    /// Ends the thread that would show the bar.
    _running: Option<Sender<()>>,
}

impl Progress {
    /// Begins work of a number of steps; 0 where that is not known.
    pub fn start(printer: &Printer, label: &str, total: u64) -> Progress {
        let all = printer.progress().clone();
        let bar = ProgressBar::hidden();
        bar.set_length(total);
        bar.set_message(sanitise(label).into_owned());
        let template = if total > 0 { "{msg} {pos}/{len} {bar:30}" } else { "{spinner} {msg}" };
        // A template that indicatif refuses would be a mistake in the line above: its own style does, too.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if all.is_hidden() {
            return Progress { bar, _running: None };
        }
        let (running, wait) = mpsc::channel::<()>();
        let shown = bar.clone();
        std::thread::spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) && !shown.is_finished() {
                all.add(shown).enable_steady_tick(Duration::from_millis(100));
            }
        });
        Progress { bar, _running: Some(running) }
    }

    /// So many steps are done.
    pub fn tick(&self, done: u64) {
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::Verbosity;

    #[test]
    fn without_a_terminal_nothing_is_drawn_and_counting_is_safe() {
        let printer =
            Printer::new(Box::new(std::io::sink()), Box::new(std::io::sink()), false, Verbosity::Normal);
        let progress = Progress::start(&printer, "commits", 2);
        progress.tick(5);
        assert!(progress.bar.is_hidden() && progress._running.is_none());
        assert_eq!(progress.bar.position(), 5);
    }
}
