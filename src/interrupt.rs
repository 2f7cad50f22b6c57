//! Ctrl-C and SIGTERM: the work is dropped, so that what it holds is cleared away, and the status is 130.
//!
//! Temporary folders are removed and builders told to stop by the values that own them (`TempDir`, the builder's
//! child), not by a list of things to clean. So work that must not outlive an interrupt must not be spawned.

use std::future::Future;

use crate::error::{Error, Kind, Result};

/// The work's result, or an error of kind [`Kind::Interrupted`] on the first SIGINT or SIGTERM; the work has been
/// dropped by then.
pub async fn or_interrupt<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let signal = signal()?;
    tokio::select! {
        biased;
        result = work => result,
        name = signal => Err(Error::new(Kind::Interrupted, format!("interrupted by {name}"))),
    }
}

/// Listens from now on, not from the first poll.
#[cfg(unix)]
fn signal() -> Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen =
        |kind| signal(kind).map_err(|error| Error::unavailable("cannot listen for signals").caused_by(error));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        }
    })
}

#[cfg(not(unix))]
fn signal() -> Result<impl Future<Output = &'static str>> {
    Ok(async {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            // Without a handler the system's own ends the program.
            Err(_) => std::future::pending().await,
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn work_that_ends_gives_its_result() {
        assert_eq!(or_interrupt(async { Ok(7) }).await.unwrap(), 7);
        let error = or_interrupt::<()>(async { Err(Error::invalid("no")) }).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_signal_drops_the_work_and_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let work = async move {
            let _held = folder;
            let me = rustix::process::getpid();
            rustix::process::kill_process(me, rustix::process::Signal::TERM).unwrap();
            std::future::pending::<Result<()>>().await
        };
        let error = or_interrupt(work).await.unwrap_err();
        assert_eq!((error.kind().exit_code(), error.message()), (130, "interrupted by SIGTERM"));
        assert!(!path.exists());
    }
}
