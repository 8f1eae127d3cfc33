//! What a message is: the name of a batch of ours, or an item that another program published.

use domain::ingest::{BatchId, Items, Queue};
use lapin::message::Delivery;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

/// Type of a message that names a batch.
pub(super) const BATCH: &str = "linnet.batch";

/// Largest message that is read, in bytes, and how much of one that cannot be read is parked.
const MESSAGE_MAX: usize = 256 * 1024;
const PARKED_MAX: usize = 16 * 1024;

/// Reads the body of a message that another program published: one item. The error is for people.
pub type Decode = fn(Queue, &[u8]) -> Result<Items, String>;

/// Messages of a queue, by what is to be done with them. The places are those of the deliveries.
pub(in crate::ingest) struct Sorted {
    /// Batches of the inbox.
    pub(in crate::ingest) batches: Vec<(usize, BatchId)>,
    /// Items that go into the inbox, checked; `None` without any.
    pub(in crate::ingest) items: Option<Items>,
    pub(in crate::ingest) items_at: Vec<usize>,
    /// What cannot be read, why, and as it is parked.
    pub(in crate::ingest) unread: Vec<(usize, String, Box<RawValue>)>,
}

pub(super) fn sort(queue: Queue, decode: Decode, messages: &[Delivery]) -> Sorted {
    let mut sorted = Sorted { batches: Vec::new(), items: None, items_at: Vec::new(), unread: Vec::new() };
    for (at, message) in messages.iter().enumerate() {
        match read(queue, decode, message) {
            Ok(Read::Batch(batch)) => sorted.batches.push((at, batch)),
            Ok(Read::Item(item)) => {
                sorted.items_at.push(at);
                match (&mut sorted.items, item) {
                    (Some(Items::Customers(all)), Items::Customers(one)) => all.extend(one),
                    (Some(Items::Orders(all)), Items::Orders(one)) => all.extend(one),
                    (items, one) => *items = Some(one),
                }
            }
            Err(reason) => sorted.unread.push((at, reason, parked(&message.data))),
        }
    }
    sorted
}

enum Read {
    Batch(BatchId),
    Item(Items),
}

fn read(queue: Queue, decode: Decode, message: &Delivery) -> Result<Read, String> {
    if message.data.len() > MESSAGE_MAX {
        return Err(format!("The message has {} bytes; send at most {MESSAGE_MAX}", message.data.len()));
    }
    if message.properties.kind().as_ref().is_some_and(|kind| kind.as_str() == BATCH) {
        let name = str::from_utf8(&message.data).ok().and_then(|name| name.parse().ok());
        return name.map(|id| Read::Batch(BatchId(id))).ok_or_else(|| "The message names no batch".to_owned());
    }
    let mut item = decode(queue, &message.data)?;
    // So that it is applied once, however often it is delivered.
    if let (Items::Orders(orders), Some(id)) = (&mut item, message.properties.message_id()) {
        for order in orders.iter_mut().filter(|order| order.key().is_none()) {
            order.message_id = Some(id.as_str().to_owned());
        }
    }
    let (item, wrong) = item.check();
    match wrong.into_iter().next() {
        Some((_, error)) => Err(error.to_string()),
        None => Ok(Read::Item(item)),
    }
}

/// What is parked of a message: its JSON, or its beginning as a text. Written anew, because databases read less than JSON allows.
fn parked(body: &[u8]) -> Box<RawValue> {
    let json = (body.len() <= PARKED_MAX).then(|| serde_json::from_slice::<Value>(body).ok()).flatten();
    let json = json.and_then(|json| to_raw_value(&json).ok()).filter(|json| !json.get().contains("\\u0000"));
    json.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(&body[..body.len().min(PARKED_MAX)]).replace('\0', "\u{fffd}");
        to_raw_value(&text).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::orders::NewOrder;
    use lapin::BasicProperties;

    fn message(body: &[u8], properties: BasicProperties) -> Delivery {
        let mut message = Delivery::mock(1, "".into(), "q".into(), false, body.to_vec());
        message.properties = properties;
        message
    }

    fn decode(_: Queue, body: &[u8]) -> Result<Items, String> {
        serde_json::from_slice::<NewOrder>(body).map(|order| Items::Orders(vec![order])).map_err(|error| error.to_string())
    }

    #[test]
    fn a_message_is_a_batch_an_item_or_is_parked_with_its_reason() {
        let batch = BatchId(uuid::Uuid::from_u128(7));
        let ours = || BasicProperties::default().with_type(BATCH.into());
        let order = br#"{"customer":"c1","amount":5}"#;
        let messages = [
            message(batch.to_string().as_bytes(), ours()),
            message(order, BasicProperties::default().with_message_id("m1".into())),
            message(b"\xff\0rubbish", BasicProperties::default()),
            message(br#"{ "amount": 5, "customer": "" }"#, BasicProperties::default()),
            message(b"no id", ours()),
            message(&vec![b' '; MESSAGE_MAX + 1], BasicProperties::default()),
        ];
        let Sorted { batches, items, items_at, unread } = sort(Queue::Orders, decode, &messages);
        assert_eq!((batches, items_at), (vec![(0, batch)], vec![1]));
        let Some(Items::Orders(orders)) = items else { panic!("no orders") };
        assert_eq!((orders.len(), orders[0].message_id.as_deref()), (1, Some("m1")));
        assert_eq!(unread.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [2, 3, 4, 5]);
        assert_eq!(unread[0].2.get(), "\"\u{fffd}\u{fffd}rubbish\"");
        assert_eq!(unread[1].2.get(), r#"{"amount":5,"customer":""}"#);
        assert!(unread[1].1.contains("customer") && unread[3].1.contains("262145"), "{} {}", unread[1].1, unread[3].1);
        assert!(unread[3].2.get().len() < MESSAGE_MAX / 10);
    }
}
