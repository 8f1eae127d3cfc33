//! Frames as JSON text: a delta is encoded once for all queries, a frame once for all sockets.

use axum::extract::ws::Utf8Bytes;
use domain::{
    ActorRef, ChangeId,
    live::{Delta, DeltaOp, ServerMessage, Total},
};
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

/// Maximum frame: 64 KiB. A longer frame would not fit the sockets' write buffers.
pub(super) const FRAME_MAX: usize = 64 * 1024;
/// Maximum number of frames of one query in one batch. With more changes, reading again is cheaper.
const FRAMES: usize = 4;

/// One delta as JSON.
#[derive(Debug, Clone)]
pub(super) struct Item {
    text: Arc<str>,
    seq: i64,
}

impl Item {
    pub(super) fn new(delta: &Delta) -> Self {
        Self { text: json(delta).into(), seq: delta.seq }
    }

    /// The "read again" delta, not caused by one change.
    pub(super) fn bulk(seq: i64) -> Self {
        let (change, id) = (ChangeId(Uuid::nil()), Uuid::nil());
        Self::new(&Delta { op: DeltaOp::Bulk, change, seq, origin: None, who: ActorRef::System, id, record: None })
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}

/// `ServerMessage::Deltas` with encoded items, in as few frames as possible. The `seq` of each frame is that of its last item, and `seq` in
/// the last frame. Too many items become one "read again" delta.
pub(super) fn deltas(query: u64, seq: i64, total: Option<Total>, items: &[Item]) -> Vec<Utf8Bytes> {
    let (mut frames, mut rest) = (Vec::new(), items);
    loop {
        let mut length = 0;
        let fits = |item: &&Item| {
            length += item.len() + 1;
            length <= FRAME_MAX
        };
        let (now, later) = rest.split_at(rest.iter().take_while(fits).count());
        match now.last() {
            _ if later.is_empty() => {
                frames.push(frame(query, seq, total, now));
                return frames;
            }
            Some(last) if frames.len() + 1 < FRAMES => frames.push(frame(query, last.seq, None, now)),
            _ => return vec![frame(query, seq, total, &[Item::bulk(seq)])],
        }
        rest = later;
    }
}

fn frame(query: u64, seq: i64, total: Option<Total>, items: &[Item]) -> Utf8Bytes {
    let total = json(&total);
    let items = items.iter().map(|item| &*item.text).collect::<Vec<_>>().join(",");
    format!(r#"{{"type":"deltas","query":{query},"seq":{seq},"total":{total},"items":[{items}]}}"#).into()
}

pub fn message(message: &ServerMessage) -> Utf8Bytes {
    json(message).into()
}

fn json(value: &impl Serialize) -> String {
    // Serialisation fails only for types that JSON cannot represent; no message has one.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(frames: &[Utf8Bytes]) -> Vec<ServerMessage> {
        frames.iter().map(|frame| serde_json::from_str(frame.as_str()).unwrap()).collect()
    }

    #[test]
    fn reads_back_as_the_message() {
        let item = Item::bulk(7);
        let delta = serde_json::from_str(&item.text).unwrap();
        assert_eq!(
            read(&deltas(3, 9, Some(Total::Count(2)), &[item])),
            [ServerMessage::Deltas { query: 3, seq: 9, total: Some(Total::Count(2)), items: vec![delta] }]
        );
        assert_eq!(read(&deltas(3, 9, None, &[])), [ServerMessage::Deltas { query: 3, seq: 9, total: None, items: vec![] }]);
    }

    #[test]
    fn much_is_told_in_several_frames_each_as_far_as_it_goes() {
        let items: Vec<_> = (1..=FRAME_MAX as i64 / 75).map(Item::bulk).collect();
        let frames = deltas(3, 9_999, Some(Total::Count(2)), &items);
        assert!((2..=FRAMES).contains(&frames.len()) && frames.iter().all(|frame| frame.len() < FRAME_MAX + 200));
        let mut told = Vec::new();
        for message in read(&frames) {
            let ServerMessage::Deltas { seq, total, items, .. } = message else { panic!("{message:?}") };
            told.extend(items.iter().map(|delta| delta.seq));
            let last = told.len() == (FRAME_MAX / 75);
            assert_eq!((seq, total), if last { (9_999, Some(Total::Count(2))) } else { (told[told.len() - 1], None) });
        }
        assert!(told.into_iter().eq(1..=FRAME_MAX as i64 / 75));
    }

    #[test]
    fn too_much_becomes_read_again() {
        let large = Item { text: " ".repeat(FRAME_MAX + 1).into(), seq: 7 };
        for items in [vec![Item::bulk(7); FRAMES * FRAME_MAX / 100], vec![large.clone()], vec![Item::bulk(6), large]] {
            let frames = read(&deltas(3, 9, Some(Total::Count(2)), &items));
            let [ServerMessage::Deltas { items, total: Some(Total::Count(2)), .. }] = frames.as_slice() else { panic!("{frames:?}") };
            assert_eq!(items.iter().map(|delta| (delta.op, delta.seq)).collect::<Vec<_>>(), [(DeltaOp::Bulk, 9)]);
        }
    }
}
