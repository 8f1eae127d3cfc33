//! Replay of a new subscription: the changes between the client's snapshot and the query's next frame.

use super::{
    Shared,
    frame::{self, FRAME_MAX, Item},
    query::Asked,
    ready::Ready,
};
use crate::store::{Asker, log};
use axum::extract::ws::Utf8Bytes;
use domain::{Change, live::ServerMessage};

/// Maximum changes to replay. A client further behind reads again, which is cheaper.
pub(super) const REPLAY_MAX: i64 = 5_000;
/// Changes per read.
const CHUNK: i64 = 500;

pub(super) struct Replay {
    /// The client's id of the subscription; `name` is the hub's id of the query.
    id: u32,
    name: u64,
    /// The asker whose permit is used to read the log.
    asker: Asker,
    asked: Asked,
    /// The last replayed change.
    at: i64,
    upto: i64,
}

impl Replay {
    pub(super) fn new(id: u32, name: u64, asker: Asker, asked: Asked, since: i64, upto: i64) -> Self {
        Self { id, name, asker, asked, at: since, upto }
    }

    /// The next frames, deltas in order. `None` at the end; a `Reset` when the log no longer has these changes.
    pub(super) async fn next(&mut self, shared: &Shared) -> Option<Vec<Utf8Bytes>> {
        if self.at >= self.upto {
            return None;
        }
        let (at, upto) = (self.at, self.upto);
        // Without a permit, or after a read error, the client gets a `Reset`.
        let changes = match shared.store.replay_turn(self.asker).await {
            Ok(_turn) => shared.store.read(move |conn| Box::pin(log::since(conn, at, upto, CHUNK))).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        // `seq` is dense: a gap means that changes were pruned or could not be read.
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
        // The last frame, even an empty one, tells the client that the replay is complete.
        if !items.is_empty() || self.at >= self.upto {
            frames.push(shared.encoded(frame::deltas(self.name, self.at, None, &items)));
        }
        frames
    }
}
