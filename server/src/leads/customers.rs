//! The columns of a lead that are sums over its orders, and the leads of customers. The sums are written without a change of the lead: `orders`
//! records them.

use super::{commit::Followers, sql};
use crate::store::{self, Conn, Tx, Value};
use domain::{LeadId, Result, Timestamp, orders::Totals};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct TotalsRow {
    id: Uuid,
    revision: i64,
    total_spend: i64,
    visits: i64,
    last_active_at: Option<i64>,
}

impl From<TotalsRow> for Totals {
    fn from(row: TotalsRow) -> Self {
        let TotalsRow { id, revision, total_spend, visits, last_active_at } = row;
        Self { lead_id: LeadId(id), revision, total_spend, visits, last_active_at: last_active_at.map(Timestamp) }
    }
}

/// The sums of these leads, ordered by id, which are locked until the transaction ends. Deleted leads are left out. Call it before any
/// write to their orders.
pub async fn lock_totals(tx: &mut Tx, ids: &[LeadId]) -> Result<Vec<Totals>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.all::<TotalsRow>(store::sql(sql::LOCK_TOTALS).bind_all([Value::json(&ids)?])).await?;
    let totals: Vec<Totals> = rows.into_iter().map(Totals::from).collect();
    tx.watch_orders(totals.iter().map(|one| one.lead_id).collect()).await?;
    Ok(totals)
}

/// Writes the sums of locked leads. `revision` increments, but not `edited`: nobody's edit becomes stale.
pub async fn write_totals(tx: &mut Tx, totals: &[Totals]) -> Result<()> {
    if totals.is_empty() {
        return Ok(());
    }
    let row = |one: &Totals| (one.lead_id, one.revision, one.total_spend, one.visits, one.last_active_at.map(|at| at.0));
    let rows: Vec<_> = totals.iter().map(row).collect();
    tx.run(store::sql(sql::WRITE_TOTALS).bind_all([Value::json(&rows)?])).await.map(drop)
}

/// The lead of each customer, which is given by the id of a lead or by a customer number. Of several leads with one number it is the oldest.
pub async fn customers(conn: &mut Conn, customers: &[&str]) -> Result<HashMap<String, LeadId>> {
    if customers.is_empty() {
        return Ok(HashMap::new());
    }
    let named: Vec<(&str, Option<Uuid>)> = customers.iter().map(|customer| (*customer, Uuid::parse_str(customer).ok())).collect();
    let rows = conn.all::<(String, Option<Uuid>)>(store::sql(sql::CUSTOMERS).bind_all([Value::json(&named)?])).await?;
    Ok(rows.into_iter().filter_map(|(customer, id)| Some((customer, LeadId(id?)))).collect())
}

/// The lead of each e-mail that a lead has.
pub async fn by_email(conn: &mut Conn, emails: &[&str]) -> Result<HashMap<String, LeadId>> {
    if emails.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = conn.all::<(String, Uuid)>(store::sql(sql::IDS_BY_EMAIL).bind_all([Value::json(&emails)?])).await?;
    Ok(rows.into_iter().map(|(email, id)| (email, LeadId(id))).collect())
}

/// The e-mails of the leads that have each of these customer numbers, the oldest lead first.
pub async fn emails_of_numbers(conn: &mut Conn, numbers: &[&str]) -> Result<HashMap<String, Vec<String>>> {
    let rows = conn.all::<(String, String)>(store::sql(sql::EMAILS_OF_NUMBERS).bind_all([Value::json(&numbers)?])).await?;
    let mut emails: HashMap<String, Vec<String>> = HashMap::new();
    for (number, email) in rows {
        emails.entry(number).or_default().push(email);
    }
    Ok(emails)
}
