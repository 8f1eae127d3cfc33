//! Pages of orders.

use super::{Orders, row::ListedRow, sql};
use crate::store::{self, Conn, Value};
use domain::{
    Actor, Error, LeadId, OrderId, Result, Snapshot, Timestamp,
    orders::{ListedOrder, Order, OrderCursor, OrderPage, OrderQuery},
    text::{clean, clean_line, fold},
};
use uuid::Uuid;

/// Maximum rows per page.
const LIMIT: u32 = 1_000;
/// Bytes after which a page ends.
const BYTES: usize = 2 * 1024 * 1024;
/// Longest search, in characters.
const SEARCH_MAX: usize = 200;

/// The orders of a page.
enum Which {
    All,
    Waiting,
    Applied,
    OfLead(LeadId),
    /// What waits for this customer.
    OfCustomer(String),
    OfLeadAndCustomer(LeadId, String),
}

impl Which {
    /// `None` when none can match.
    fn of(query: &OrderQuery) -> Option<Self> {
        let customer = query.customer.as_deref().map(clean_line).filter(|customer| !customer.is_empty());
        match (query.lead, customer, query.waiting) {
            (Some(_), _, Some(true)) | (Some(_), Some(_), _) => None,
            (Some(lead), None, _) => Some(Self::OfLead(lead)),
            (None, Some(customer), _) => Some(Self::OfCustomer(customer)),
            (None, None, Some(true)) => Some(Self::Waiting),
            (None, None, Some(false)) => Some(Self::Applied),
            (None, None, None) => Some(Self::All),
        }
    }

    /// Orders may wait for a customer though there is a lead: another lead with the number was deleted.
    async fn found(conn: &mut Conn, query: &OrderQuery) -> Result<Option<Self>> {
        let Some(Self::OfCustomer(customer)) = Self::of(query) else { return Ok(Self::of(query)) };
        Ok(match (lead_of(conn, &customer).await?, query.waiting) {
            (None, Some(false)) => None,
            (Some(lead), Some(false)) => Some(Self::OfLead(lead)),
            (Some(lead), None) => Some(Self::OfLeadAndCustomer(lead, customer)),
            (None, None) | (_, Some(true)) => Some(Self::OfCustomer(customer)),
        })
    }

    /// The statements of a page and of the count, and the values that both take last.
    fn statements(self) -> ([&'static str; 2], Vec<Value>) {
        match self {
            Self::All => (sql::ALL, Vec::new()),
            Self::Waiting => (sql::WAITING, Vec::new()),
            Self::Applied => (sql::APPLIED, Vec::new()),
            Self::OfLead(lead) => (sql::OF_LEAD, vec![lead.into()]),
            Self::OfCustomer(customer) => (sql::OF_CUSTOMER, vec![customer.into()]),
            Self::OfLeadAndCustomer(lead, customer) => (sql::OF_LEAD_AND_CUSTOMER, vec![lead.into(), customer.into()]),
        }
    }
}

/// Time from and before, and the pattern of the search.
fn limits(query: &OrderQuery) -> Result<[Value; 3]> {
    let search = clean(&query.search);
    if search.chars().count() > SEARCH_MAX {
        return Err(Error::invalid("search", format!("Search for at most {SEARCH_MAX} characters")));
    }
    let escaped = fold(&search).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let (from, to) = (query.from.unwrap_or(Timestamp(i64::MIN)), query.to.unwrap_or(Timestamp(i64::MAX)));
    Ok([from.into(), to.into(), format!("%{escaped}%").into()])
}

/// A page of orders: at most `query.limit`, about `most` bytes, and the cursor of the next page.
///
/// # Errors
/// `Invalid` on `cursor` or `search`.
pub async fn next_page(conn: &mut Conn, query: OrderQuery, most: usize) -> Result<(Vec<ListedOrder>, Option<OrderCursor>)> {
    let (at, id) = match &query.cursor {
        Some(cursor) => (cursor.key.parse::<i64>().map_err(|_| not_a_cursor())?, cursor.id),
        None => (i64::MAX, OrderId(Uuid::max())),
    };
    let limits = limits(&query)?;
    let Some(which) = Which::found(conn, &query).await? else { return Ok((Vec::new(), None)) };
    let ([page, _], values) = which.statements();
    let page = store::sql(page).bind(at).bind(id).bind_all(limits).bind(i64::from(query.limit) + 1).bind_all(values);
    let (rows, more) = conn.page(page, query.limit as usize, most, ListedRow::size).await?;
    let orders: Vec<ListedOrder> = rows.into_iter().map(ListedOrder::from).collect();
    let next = orders.last().filter(|_| more).map(|last| cursor(&last.order));
    Ok((orders, next))
}

/// The number of orders that fit a query, whatever its cursor and limit.
///
/// # Errors
/// `Invalid` on `search`.
pub async fn count(conn: &mut Conn, query: OrderQuery) -> Result<i64> {
    let limits = limits(&query)?;
    let Some(which) = Which::found(conn, &query).await? else { return Ok(0) };
    let ([_, count], values) = which.statements();
    Ok(conn.one::<(i64,)>(store::sql(count).bind_all(limits).bind_all(values)).await?.0)
}

impl Orders {
    pub(super) async fn page(&self, actor: &Actor, query: &OrderQuery) -> Result<Snapshot<OrderPage>> {
        if !(1..=LIMIT).contains(&query.limit) {
            return Err(Error::invalid("limit", format!("Ask for 1 to {LIMIT} rows")));
        }
        // Before a permit is waited for.
        limits(query)?;
        let query = query.clone();
        let _permit = if clean(&query.search).is_empty() { None } else { Some(self.store.read_permit(actor).await?) };
        self.store
            .snapshot(move |conn| {
                Box::pin(async move {
                    let (waiting,) = conn.one::<(i64,)>(store::sql(sql::COUNT_WAITING)).await?;
                    let (orders, next) = next_page(conn, query, BYTES).await?;
                    Ok(OrderPage { orders, next, waiting })
                })
            })
            .await
    }
}

async fn lead_of(conn: &mut Conn, customer: &str) -> Result<Option<LeadId>> {
    Ok(crate::leads::customers(conn, &[customer]).await?.into_values().next())
}

fn cursor(last: &Order) -> OrderCursor {
    OrderCursor { id: last.id, key: last.ordered_at.0.to_string() }
}

fn not_a_cursor() -> Error {
    Error::invalid("cursor", "Not a cursor of this list; take `nextCursor` of the page before, or leave it out")
}
