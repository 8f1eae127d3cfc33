//! Reads the values of orders that rules test.

use super::sql;
use crate::store::{self, Conn};
use domain::{LeadId, Result, Timestamp, orders::OrderLine, rule::OrderFacts};
use sqlx::types::Json;

#[derive(sqlx::FromRow)]
struct FactsRow {
    ordered_at: i64,
    amount: i64,
    lines: Json<Vec<OrderLine>>,
}

/// Maximum bytes of products in one reading.
const MOST: usize = 32 * 1024 * 1024;

/// The orders that are applied to a lead.
///
/// # Errors
/// `TooLarge` when they have more than 32 MiB.
pub async fn facts(conn: &mut Conn, lead: LeadId) -> Result<Vec<OrderFacts>> {
    let mut bytes = 0;
    let size = |line: &OrderLine| line.name.len() + line.product_id.as_ref().map_or(0, String::len);
    let query = store::sql(sql::FACTS).bind(lead);
    let rows = conn
        .until::<FactsRow>(query, |row| {
            bytes += size_of::<FactsRow>() + row.lines.iter().map(size).sum::<usize>();
            bytes > MOST
        })
        .await?;
    if bytes > MOST {
        return Err(domain::Error::TooLarge { limit: MOST as u64 });
    }
    let fact = |row: FactsRow| OrderFacts {
        ordered_at: Timestamp(row.ordered_at),
        amount: row.amount,
        products: OrderFacts::products(&row.lines),
    };
    Ok(rows.into_iter().map(fact).collect())
}
