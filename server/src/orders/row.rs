//! Orders as rows, in both directions.

use crate::store::{Query, Value};
use domain::{
    ImportId, LeadId, OrderId, Result, Timestamp,
    orders::{ListedOrder, Order, OrderLine},
};
use sqlx::types::Json;
use uuid::Uuid;

crate::store::bind_ids!(OrderId);

/// Approximate size of an order without its lines as JSON, in bytes.
const SHORT: usize = 300;

#[derive(sqlx::FromRow)]
pub(super) struct OrderRow {
    id: Uuid,
    order_id: Option<String>,
    message_id: Option<String>,
    customer: String,
    lead_id: Option<Uuid>,
    amount: i64,
    lines: Json<Vec<OrderLine>>,
    ordered_at: i64,
    import_id: Option<Uuid>,
    created_at: i64,
    updated_at: i64,
}

impl From<OrderRow> for Order {
    fn from(row: OrderRow) -> Self {
        Self {
            id: OrderId(row.id),
            order_id: row.order_id,
            message_id: row.message_id,
            customer: row.customer,
            lead_id: row.lead_id.map(LeadId),
            amount: row.amount,
            lines: row.lines.0,
            ordered_at: Timestamp(row.ordered_at),
            import_id: row.import_id.map(ImportId),
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct ListedRow {
    #[sqlx(flatten)]
    order: OrderRow,
    lead_name: Option<String>,
}

impl ListedRow {
    /// Approximate size as JSON, in bytes.
    pub(super) fn size(&self) -> usize {
        SHORT + self.order.lines.iter().map(|line| line.name.len() + 100).sum::<usize>()
    }
}

impl From<ListedRow> for ListedOrder {
    fn from(row: ListedRow) -> Self {
        Self { order: row.order.into(), lead_name: row.lead_name }
    }
}

/// Binds all columns, `key` and `search` last.
pub(super) fn bind_order(query: Query, order: &Order) -> Result<Query> {
    Ok(query
        .bind(order.id)
        .bind(order.order_id.clone())
        .bind(order.message_id.clone())
        .bind(order.customer.as_str())
        .bind(order.lead_id)
        .bind(order.amount)
        .bind_all([Value::json(&order.lines)?])
        .bind(order.ordered_at)
        .bind(order.import_id)
        .bind(order.created_at)
        .bind(order.updated_at)
        .bind(order.key())
        .bind(order.search_text()))
}
