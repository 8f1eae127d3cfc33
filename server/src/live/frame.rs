//! Frames as JSON text: a delta is encoded once for all queries, a frame once for all sockets.

use axum::extract::ws::Utf8Bytes;
use domain::{
    ActorRef, ChangeId,
    live::{Delta, DeltaOp, ServerMessage, Total},
};
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

/// Maximum frame: 64 KiB. A longer frame would not fit the sockets' write buffers, and reading again is cheaper.
pub(super) const FRAME_MAX: usize = 64 * 1024;

/// One delta as JSON.
#[derive(Debug, Clone)]
pub(super) struct Item(Arc<str>);

impl Item {
    pub(super) fn new(delta: &Delta) -> Self {
        Self(json(delta).into())
    }

    /// The "read again" delta, not caused by one change.
    pub(super) fn bulk(seq: i64) -> Self {
        let (change, id) = (ChangeId(Uuid::nil()), Uuid::nil());
        Self::new(&Delta { op: DeltaOp::Bulk, change, seq, origin: None, who: ActorRef::System, id, record: None })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// `ServerMessage::Deltas` with encoded items. Items over `FRAME_MAX` become one "read again" delta.
pub(super) fn deltas(query: u64, seq: i64, total: Option<Total>, items: &[Item]) -> Utf8Bytes {
    let length: usize = items.iter().map(|item| item.len() + 1).sum();
    if length > FRAME_MAX {
        return deltas(query, seq, total, &[Item::bulk(seq)]);
    }
    let total = json(&total);
    let items = items.iter().map(|item| &*item.0).collect::<Vec<_>>().join(",");
    format!(r#"{{"type":"deltas","query":{query},"seq":{seq},"total":{total},"items":[{items}]}}"#).into()
}

pub(super) fn message(message: &ServerMessage) -> Utf8Bytes {
    json(message).into()
}

fn json(value: &impl Serialize) -> String {
    // Serialisation fails only for types that JSON cannot represent; no message has one.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(frame: &Utf8Bytes) -> ServerMessage {
        serde_json::from_str(frame.as_str()).unwrap()
    }

    #[test]
    fn reads_back_as_the_message() {
        let item = Item::bulk(7);
        let delta = serde_json::from_str(&item.0).unwrap();
        assert_eq!(
            read(&deltas(3, 9, Some(Total::Count(2)), &[item])),
            ServerMessage::Deltas { query: 3, seq: 9, total: Some(Total::Count(2)), items: vec![delta] }
        );
        assert_eq!(read(&deltas(3, 9, None, &[])), ServerMessage::Deltas { query: 3, seq: 9, total: None, items: vec![] });
    }

    #[test]
    fn too_much_becomes_read_again() {
        let frame = deltas(3, 9, Some(Total::Count(2)), &vec![Item::bulk(7); FRAME_MAX / 100]);
        let ServerMessage::Deltas { items, total: Some(Total::Count(2)), .. } = read(&frame) else { panic!("{frame}") };
        assert_eq!(items.iter().map(|delta| (delta.op, delta.seq)).collect::<Vec<_>>(), [(DeltaOp::Bulk, 9)]);
    }
}
