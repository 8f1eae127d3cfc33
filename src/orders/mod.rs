//! Orders: purchases of customers. An order is applied to its lead exactly once: spend, visits and last activity are sums over its orders.

mod new;
mod query;
mod totals;

pub use new::{CUSTOMER_MAX, CUSTOMER_ORDERS_MAX, ID_MAX, LINES_MAX, NewOrder, ORDER_MAX};
pub use query::{BATCH_MAX, OrderCursor, OrderPage, OrderQuery};
pub use totals::Totals;

use crate::{
    ChangeId, Entity, Error, ImportId, LeadId, Op, Permission, Recorded, Result, Timestamp,
    activity::{ActivityKind, Names, Word},
    error::Existing,
    id::ids,
    record::Concerned,
    text::folded,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

ids!(OrderId);

/// A purchase. Absent fields are left out of JSON.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub id: OrderId,
    /// The shop's own id of the order, unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Id of the message that brought it; unique among orders without an `orderId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The customer as given: the id of a lead, or its customer number.
    pub customer: String,
    /// The lead that it is applied to; absent while it waits for its customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
    /// Minor units (cents).
    pub amount: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<OrderLine>,
    pub ordered_at: Timestamp,
    /// The import that recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_id: Option<ImportId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A product of an order.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    pub name: String,
    pub quantity: i64,
    /// Of one piece, in minor units (cents).
    pub price: i64,
}

/// An order in a list, with the name of its lead.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedOrder {
    #[serde(flatten)]
    pub order: Order,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_name: Option<String>,
}

/// A recorded order, and the change for undo; `None` when it was there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedOrder {
    pub order: Order,
    pub undo: Option<ChangeId>,
}

/// What became of one order of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is new, and its lead's sums include it.
    Applied(OrderId),
    /// It is new, and waits for its customer.
    Waiting(OrderId),
    /// The same order was there already; nothing changed.
    Known(OrderId),
    /// Nothing was written of it.
    Rejected(Error),
}

impl Order {
    /// What makes it unique: its order id, else that of its message. Orders with neither are all different.
    pub fn key(&self) -> Option<String> {
        key(self.order_id.as_deref(), self.message_id.as_deref())
    }

    pub fn is_waiting(&self) -> bool {
        self.lead_id.is_none()
    }

    /// Name for people: the order id, else our own.
    pub fn name(&self) -> String {
        self.order_id.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// The folded text that a search runs on: order id, customer and products, one line each.
    pub fn search_text(&self) -> String {
        let products = self.lines.iter().flat_map(|line| [line.product_id.as_deref(), Some(line.name.as_str())]);
        let texts = [self.order_id.as_deref(), Some(self.customer.as_str())].into_iter().chain(products).flatten();
        texts.map(folded).collect::<Vec<_>>().join("\n")
    }
}

fn key(order_id: Option<&str>, message_id: Option<&str>) -> Option<String> {
    let of = |kind: &str, id: &str| format!("{kind}:{id}");
    order_id.map(|id| of("order", id)).or_else(|| message_id.map(|id| of("message", id)))
}

impl From<&Order> for Existing {
    fn from(order: &Order) -> Self {
        Self { entity: Entity::Order, id: order.id.0, name: order.name(), email: None }
    }
}

impl Recorded for Order {
    const LIVE: Option<Permission> = Some(Permission::Read);

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn lead_id(&self) -> Option<LeadId> {
        self.lead_id
    }

    fn said(&self, op: Op, names: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        let (kind, verb) = match op {
            Op::Create | Op::Bulk => (ActivityKind::Ordered, "recorded an order of"),
            Op::Update => (ActivityKind::Edited, "edited an order of"),
            Op::Delete => (ActivityKind::Deleted, "deleted an order of"),
            Op::Restore => (ActivityKind::Restored, "restored an order of"),
        };
        let of = self.lead_id.map_or_else(|| Word::strong(format!("customer {}", self.customer)), |lead| names.lead(lead));
        Some((kind, verb, of))
    }

    /// The change of its lead's sums comes as `Totals`.
    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

/// # Errors
/// `Duplicate` on `orderId` or `messageId`.
pub fn already(existing: &Order) -> Error {
    Error::duplicate(if existing.order_id.is_some() { "orderId" } else { "messageId" }, existing)
}

impl Outcome {
    /// The order that is there now.
    ///
    /// # Errors
    /// That of a rejected order.
    pub fn id(self) -> Result<OrderId> {
        match self {
            Self::Applied(id) | Self::Waiting(id) | Self::Known(id) => Ok(id),
            Self::Rejected(error) => Err(error),
        }
    }
}
