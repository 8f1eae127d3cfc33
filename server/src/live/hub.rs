//! The task that owns the queries.

use super::{Command, Shared};
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::mpsc;

pub(super) fn spawn(_store: Store, shared: Arc<Shared>, mut queue: mpsc::Receiver<Command>) {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = shared.stop.cancelled() => return,
                command = queue.recv() => {
                    let Some(Command::Total(_, answer)) = command else { return };
                    drop(answer);
                }
            }
        }
    });
}
