//! A subscription's past: the changes between what the client has and what the hub tells from now on.

use super::{
    Shared,
    frame::{self, FRAME_MAX, Item},
    query::Asked,
    ready::Ready,
};
use crate::store::{Store, log};
use axum::extract::ws::Utf8Bytes;
use domain::live::{Query, ServerMessage};
use tokio::sync::Semaphore;

/// Further behind than this, and reading again is cheaper.
pub(super) const REPLAY_MAX: i64 = 5_000;
/// Changes read at once.
const CHUNK: i64 = 500;
/// After a restart everyone comes back at once; the database has other work too.
static READERS: Semaphore = Semaphore::const_new(2);

pub(super) struct Replay {
    /// The client's name for the subscription, and the hub's for the query.
    pub(super) id: u32,
    pub(super) name: u64,
    pub(super) query: Query,
    pub(super) since: i64,
    pub(super) upto: i64,
    pub(super) total: Option<i64>,
}

impl Replay {
    /// The answer to `Subscribe`, then the deltas in order; a `Reset` when the log does not reach back that far.
    pub(super) async fn run<E>(self, store: &Store, shared: &Shared, mut send: impl AsyncFnMut(Utf8Bytes) -> Result<(), E>) -> Result<(), E> {
        let Self { id, name, query, since, upto, total } = self;
        send(frame::message(&ServerMessage::Subscribed { id, query: name, seq: since, total })).await?;
        let asked = Asked::new(query, store.clock.now());
        let mut at = since;
        while at < upto {
            let changes = {
                // Never closed.
                let _permit = READERS.acquire().await.ok();
                store.read(move |conn| Box::pin(log::since(conn, at, upto, CHUNK))).await.unwrap_or_default()
            };
            // The log is dense: what is missing was pruned, or could not be read.
            let dense = changes.iter().zip(at + 1..).all(|(change, seq)| change.seq == Some(seq));
            if changes.is_empty() || !dense {
                let reason = "The changes since then are not kept any more; read again".to_owned();
                return send(frame::message(&ServerMessage::Reset { id: Some(id), reason })).await;
            }
            let mut items: Vec<Item> = Vec::new();
            let mut length = 0;
            for change in &changes {
                let ready = Ready::new(change, at + 1);
                if let Some(op) = asked.evaluate(&ready) {
                    let item = ready.item(op);
                    length += item.len() + 1;
                    if length > FRAME_MAX && !items.is_empty() {
                        send(shared.encoded(frame::deltas(name, at, None, &items))).await?;
                        items.clear();
                        length = item.len() + 1;
                    }
                    items.push(item);
                }
                at += 1;
            }
            if !items.is_empty() {
                send(shared.encoded(frame::deltas(name, at, None, &items))).await?;
            }
        }
        Ok(())
    }
}
