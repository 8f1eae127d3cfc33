//! The signals that end a process which runs until it is told to.

use domain::{Error, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// # Errors
    /// `Unavailable` when the system refuses.
    pub(super) fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).map_err(|error| Error::Unavailable(format!("Signals cannot be received: {error}")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Returns at the next signal.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
