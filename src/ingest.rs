//! Ingestion: batches of customers and orders that are on disk when they are answered, and applied soon after. What cannot be applied is
//! parked with its reason, and blocks nothing else.

use crate::{ActorRef, Error, Result, Timestamp, id::ids, leads::NewCustomer, orders::NewOrder, page::Cursor, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

ids! {
    /// A batch that was accepted.
    BatchId,
    /// An item that could not be applied.
    ParkedId,
}

/// Most items of a batch.
pub const BATCH_MAX: usize = crate::orders::BATCH_MAX;
/// Most items of one sender, and of all together, that wait in a queue or are parked.
pub const SENDER_MAX: i64 = 100_000;
pub const QUEUE_MAX: i64 = 500_000;
/// Most items in a page of parked ones.
pub const PAGE_MAX: u32 = 200;

words! {
    /// The items of a queue are applied in the order in which their sender sent them, and the senders take turns.
    Queue, "queue", default Customers {
        Customers = "customers", "Customers";
        Orders = "orders", "Orders";
    }
}

/// The items of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Items {
    Customers(Vec<NewCustomer>),
    Orders(Vec<NewOrder>),
}

impl Items {
    pub fn queue(&self) -> Queue {
        match self {
            Self::Customers(_) => Queue::Customers,
            Self::Orders(_) => Queue::Orders,
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Customers(items) => items.len(),
            Self::Orders(items) => items.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items that are right, cleaned, and of the others position and error.
    #[must_use]
    pub fn check(self) -> (Self, Vec<(usize, Error)>) {
        fn each<T>(items: Vec<T>, check: fn(T) -> Result<T>) -> (Vec<T>, Vec<(usize, Error)>) {
            let (mut right, mut wrong) = (Vec::with_capacity(items.len()), Vec::new());
            for (at, item) in items.into_iter().enumerate() {
                match check(item) {
                    Ok(item) => right.push(item),
                    Err(error) => wrong.push((at, error)),
                }
            }
            (right, wrong)
        }
        match self {
            Self::Customers(items) => {
                let (right, wrong) = each(items, NewCustomer::check);
                (Self::Customers(right), wrong)
            }
            Self::Orders(items) => {
                let (right, wrong) = each(items, NewOrder::check);
                (Self::Orders(right), wrong)
            }
        }
    }

    /// Gives each order that has no id of its own the id of its message: the batch, and its place there. So it is applied once, however
    /// often its batch is delivered.
    #[must_use]
    pub fn named_by(mut self, batch: BatchId) -> Self {
        if let Self::Orders(orders) = &mut self {
            for (at, order) in orders.iter_mut().enumerate().filter(|(_, order)| order.key().is_none()) {
                order.message_id = Some(format!("{batch}/{at}"));
            }
        }
        self
    }
}

/// What became of a batch that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// `None` when no item was right.
    pub batch: Option<BatchId>,
    /// Number of items that are on disk and will be applied.
    pub count: usize,
    /// Position and error of each other item. Nothing was kept of these.
    pub errors: Vec<(usize, Error)>,
    /// There is a broker, and it takes no messages now: the batch is applied from the database.
    pub without_broker: bool,
}

/// How far a queue is.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueState {
    pub queue: Queue,
    /// Items that were accepted and are not applied yet.
    pub waiting: i64,
    /// When the oldest of them came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// Items that were applied since the installation.
    pub applied: i64,
    /// Items per second in the current run; 0 when nothing was applied in the last 10 s.
    pub per_second: i64,
    /// Items that could not be applied.
    pub parked: i64,
}

/// The connection of the server that answers to the message broker (RabbitMQ).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerState {
    /// Whether it takes messages.
    pub connected: bool,
    /// Since when it does, or does not.
    pub since: Timestamp,
    /// Why it does not, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How far all queues are.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IngestState {
    pub queues: Vec<QueueState>,
    /// Absent when batches go through the database alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<BrokerState>,
}

impl IngestState {
    pub fn waiting(&self) -> i64 {
        self.queues.iter().map(|queue| queue.waiting).sum()
    }

    pub fn parked(&self) -> i64 {
        self.queues.iter().map(|queue| queue.parked).sum()
    }
}

/// An item that could not be applied.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    pub id: ParkedId,
    pub queue: Queue,
    /// Why it could not be applied.
    pub reason: String,
    /// The item as JSON, in the words of the native API.
    pub item: String,
    /// Who sent it.
    pub who: ActorRef,
    pub received_at: Timestamp,
    pub parked_at: Timestamp,
}

/// Its key is unused; the id says where a page ended.
pub type ParkedCursor = Cursor<ParkedId>;

/// A page of parked items, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ParkedPage {
    pub items: Vec<Parked>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<ParkedCursor>,
}

/// Which parked items: an id, or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WhichParked {
    One(ParkedId),
    /// Those that were parked up to now.
    All,
}

impl fmt::Display for WhichParked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(id) => id.fmt(f),
            Self::All => f.write_str("all"),
        }
    }
}

impl From<WhichParked> for String {
    fn from(which: WhichParked) -> Self {
        which.to_string()
    }
}

impl TryFrom<String> for WhichParked {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        match text.as_str() {
            "all" => Ok(Self::All),
            id => id.parse().map(Self::One).map_err(|_| Error::invalid("which", "Write all, or the id of a parked item")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_checked_one_by_one() {
        let good = NewCustomer { name: " Ana ".into(), email: "A@b.example".into(), ..NewCustomer::default() };
        let (right, wrong) = Items::Customers(vec![good.clone(), NewCustomer::default(), good]).check();
        let Items::Customers(right) = right else { panic!("no customers") };
        assert_eq!(right.iter().map(|item| item.email.as_str()).collect::<Vec<_>>(), ["a@b.example"; 2]);
        assert_eq!(wrong.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn an_order_without_an_id_is_named_by_its_batch() {
        let order = |id: Option<&str>| NewOrder { order_id: id.map(str::to_owned), ..NewOrder::default() };
        let batch = BatchId(uuid::Uuid::nil());
        let Items::Orders(orders) = Items::Orders(vec![order(Some("o1")), order(None)]).named_by(batch) else { panic!("no orders") };
        assert_eq!((orders[0].message_id.clone(), orders[1].message_id.clone()), (None, Some(format!("{batch}/1"))));
    }
}
