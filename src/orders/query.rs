//! Query for a page of orders.

use super::{ListedOrder, OrderId};
use crate::{LeadId, Timestamp, page::Cursor};
use serde::{Deserialize, Serialize};

/// Most orders of a batch.
pub const BATCH_MAX: usize = 10_000;

/// Its key is the time of the order, in microseconds.
pub type OrderCursor = Cursor<OrderId>;

/// Query for a page of orders, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderQuery {
    /// Only the orders of this lead.
    pub lead: Option<LeadId>,
    /// Only the orders of this customer, as an order names them: the id of a lead, or a customer number.
    pub customer: Option<String>,
    /// Only orders that wait for their customer, or only those that do not.
    pub waiting: Option<bool>,
    /// Ordered at this time or later.
    pub from: Option<Timestamp>,
    /// Ordered before this time.
    pub to: Option<Timestamp>,
    /// Text in the order id, the customer number or a product; empty for all.
    pub search: String,
    /// Only rows after this cursor.
    pub cursor: Option<OrderCursor>,
    /// Page size, 1–1,000.
    pub limit: u32,
}

impl Default for OrderQuery {
    fn default() -> Self {
        Self { lead: None, customer: None, waiting: None, from: None, to: None, search: String::new(), cursor: None, limit: 50 }
    }
}

/// One page of orders. A page ends early at about 2 MiB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderPage {
    pub orders: Vec<ListedOrder>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<OrderCursor>,
    /// Number of all orders that wait for their customer.
    pub waiting: i64,
}
