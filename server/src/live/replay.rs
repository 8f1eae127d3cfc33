//! A subscription's past: the changes between what the client has and what the hub tells from now on.

use super::{
    Shared,
    frame::{self, FRAME_MAX, Item},
    query::Asked,
    ready::Ready,
};
use crate::store::{Asker, log};
use axum::extract::ws::Utf8Bytes;
use domain::{Change, live::ServerMessage};

/// Further behind than this, and reading again is cheaper.
pub(super) const REPLAY_MAX: i64 = 5_000;
/// Changes read at once.
const CHUNK: i64 = 500;

pub(super) struct Replay {
    /// The client's name for the subscription, and the hub's for the query.
    id: u32,
    name: u64,
    /// In whose turn the log is read.
    asker: Asker,
    asked: Asked,
    /// The next change to look at comes after this one.
    at: i64,
    upto: i64,
}

impl Replay {
    pub(super) fn new(id: u32, name: u64, asker: Asker, asked: Asked, since: i64, upto: i64) -> Self {
        Self { id, name, asker, asked, at: since, upto }
    }

    /// The next frames with the deltas in order, or none at the end; a `Reset` when the log does not reach back that far.
    pub(super) async fn next(&mut self, shared: &Shared) -> Option<Vec<Utf8Bytes>> {
        if self.at >= self.upto {
            return None;
        }
        let (at, upto) = (self.at, self.upto);
        // Whoever is refused a turn reads again, as when it cannot be read.
        let changes = match shared.store.replay_turn(self.asker).await {
            Ok(_turn) => shared.store.read(move |conn| Box::pin(log::since(conn, at, upto, CHUNK))).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        // The log is dense: what is missing was pruned, or could not be read.
        let dense = changes.iter().zip(at + 1..).all(|(change, seq)| change.seq == Some(seq));
        if changes.is_empty() || !dense {
            self.at = upto;
            let reason = "The changes since then are not kept any more; read again".to_owned();
            return Some(vec![frame::message(&ServerMessage::Reset { id: Some(self.id), reason })]);
        }
        Some(self.frames(shared, &changes))
    }

    fn frames(&mut self, shared: &Shared, changes: &[Change]) -> Vec<Utf8Bytes> {
        let mut frames = Vec::new();
        let mut items: Vec<Item> = Vec::new();
        let mut length = 0;
        for change in changes {
            let ready = Ready::new(change, self.at + 1);
            if let Some(op) = self.asked.evaluate(&ready) {
                let item = ready.item(op);
                length += item.len() + 1;
                if length > FRAME_MAX && !items.is_empty() {
                    frames.push(shared.encoded(frame::deltas(self.name, self.at, None, &items)));
                    items.clear();
                    length = item.len() + 1;
                }
                items.push(item);
            }
            self.at += 1;
        }
        // The last frame says that the present is reached, also when nothing in it was for this query.
        if !items.is_empty() || self.at >= self.upto {
            frames.push(shared.encoded(frame::deltas(self.name, self.at, None, &items)));
        }
        frames
    }
}
