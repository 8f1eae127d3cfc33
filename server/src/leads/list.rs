//! Pages of leads in keyset order, and counts.

use super::{Leads, row::LeadRow, sql};
use crate::{
    named_rules,
    store::{Conn, Query, Value},
};
use domain::{
    Actor, Error, LeadId, Moment, Result, Snapshot,
    leads::{Cursor, Lead, LeadPage, LeadQuery, Sort, SortColumn, SortKey},
    live::{Query as Live, Total},
    rule::Rule,
};
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

/// Most leads in one page.
const LIMIT: u32 = 1_000;
/// Leads of a page that is read without a permit.
const FEW: u32 = 200;
/// Bytes after which a page ends, so that a page of large leads has fewer rows.
const BYTES: usize = 2 * 1024 * 1024;
/// Longest wait for the total of a page.
const TOTAL_WAIT: Duration = Duration::from_millis(25);

impl Leads {
    pub(super) async fn page(&self, actor: &Actor, query: &LeadQuery) -> Result<Snapshot<LeadPage>> {
        if !(1..=LIMIT).contains(&query.limit) {
            return Err(Error::invalid("limit", format!("Ask for 1 to {LIMIT} leads at once")));
        }
        let rule = query.rule.clone().check()?;
        let (template, values) = statement(query)?;
        let (sort, limit, at) = (query.sort, query.limit as usize, self.store.moment());
        let asked = rule.clone();
        // Reading a few rows from the start of an index is fast and needs no permit.
        let fast = rule.is_everyone() && query.offset <= LIMIT && query.limit <= FEW;
        let permit = if fast { None } else { Some(self.store.read_permit(actor).await?) };
        let read = self.store.snapshot(move |conn| {
            Box::pin(async move {
                let asked = named_rules::expanded(conn, &asked).await?;
                let query = Query::with_rule(template, values, &asked, conn.is_postgres(), &at);
                let (leads, next) = read(conn, query, sort, limit, BYTES).await?;
                Ok(LeadPage { leads, next, total: None })
            })
        });
        let page = read.await?;
        drop(permit);
        let total = match whole(query, &page.data) {
            Some(total) => Some(total),
            None => self.totals.total(actor, Live::Leads { rule }, page.as_of, TOTAL_WAIT).await.map(Total::leads),
        };
        Ok(page.map(|page| LeadPage { total, ..page }))
    }

    pub(super) async fn those(&self, actor: &Actor, rule: &Rule, ids: &[LeadId]) -> Result<Snapshot<LeadPage>> {
        if ids.is_empty() || ids.len() > LIMIT as usize {
            return Err(Error::invalid("ids", format!("Ask for 1 to {LIMIT} leads at once")));
        }
        let (rule, at) = (rule.clone().check()?, self.store.moment());
        let (limit, sort) = (ids.len(), Sort { column: SortColumn::CreatedAt, descending: false });
        let values = vec![Value::json(&ids)?, Value::from(limit as i64 + 1)];
        let asked = rule.clone();
        let permit = self.store.read_permit(actor).await?;
        let read = self.store.snapshot(move |conn| {
            Box::pin(async move {
                let asked = named_rules::expanded(conn, &asked).await?;
                let query = Query::with_rule_of_few(sql::AMONG.of(conn.is_postgres()), values, &asked, conn.is_postgres(), &at);
                let (leads, next) = read(conn, query, sort, limit, BYTES).await?;
                Ok(LeadPage { leads, next, total: None })
            })
        });
        let page = read.await?;
        drop(permit);
        let total = self.totals.total(actor, Live::Leads { rule }, page.as_of, TOTAL_WAIT).await.map(Total::leads);
        Ok(page.map(|page| LeadPage { total, ..page }))
    }

    pub(super) async fn known_total(&self, actor: &Actor, rule: &Rule) -> Result<Option<i64>> {
        let query = Live::Count { rule: rule.clone().check()? };
        Ok(self.totals.total(actor, query, 0, TOTAL_WAIT).await.map(Total::leads))
    }

    pub(super) async fn count_leads(&self, actor: &Actor, rule: &Rule) -> Result<i64> {
        let (rule, at) = (rule.clone().check()?, self.store.moment());
        let _permit = self.store.read_permit(actor).await?;
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    let rule = named_rules::expanded(conn, &rule).await?;
                    let query = Query::with_rule(sql::COUNT, Vec::new(), &rule, conn.is_postgres(), &at);
                    Ok(conn.one::<(i64,)>(query).await?.0)
                })
            })
            .await
    }
}

/// A page for a job, which needs no total: at most `query.limit` leads and about `most` bytes, with the cursor of the next page. The rule,
/// which is expanded, is evaluated as of `at`.
///
/// # Errors
/// `Invalid` on `cursor`.
pub async fn next_page(conn: &mut Conn, query: LeadQuery, at: &Moment, most: usize) -> Result<(Vec<Lead>, Option<Cursor>)> {
    let (template, values) = statement(&query)?;
    let page = Query::with_rule(template, values, &query.rule, conn.is_postgres(), at);
    read(conn, page, query.sort, query.limit as usize, most).await
}

/// The leads with these ids, in this order. Deleted leads are left out.
///
/// # Errors
/// Errors of the database.
pub async fn in_order(conn: &mut Conn, ids: Vec<LeadId>) -> Result<Vec<Lead>> {
    let values = vec![Value::json(&ids)?, Value::from(ids.len() as i64)];
    let query = Query::with_rule(sql::AMONG.of(conn.is_postgres()), values, &Rule::everyone(), conn.is_postgres(), &Moment::default());
    let rows = conn.all::<LeadRow>(query).await?;
    let mut leads = rows.into_iter().map(|row| Lead::try_from(row).map(|lead| (lead.id, lead))).collect::<Result<HashMap<_, _>>>()?;
    Ok(ids.iter().filter_map(|id| leads.remove(id)).collect())
}

/// The total, when the page reaches the last match, so that it need not be counted.
fn whole(query: &LeadQuery, page: &LeadPage) -> Option<i64> {
    let from_the_top = query.cursor.is_none() && (query.offset == 0 || !page.leads.is_empty());
    (from_the_top && page.next.is_none()).then(|| i64::from(query.offset) + page.leads.len() as i64)
}

/// Reads a page from a query for `limit + 1` rows: its leads, and the cursor of the next page. It ends earlier when its leads reach `most`
/// bytes.
pub(super) async fn read(conn: &mut Conn, query: Query, sort: Sort, limit: usize, most: usize) -> Result<(Vec<Lead>, Option<Cursor>)> {
    let (rows, more) = conn.page(query, limit, most, LeadRow::size).await?;
    let leads = rows.into_iter().map(Lead::try_from).collect::<Result<Vec<_>>>()?;
    let next = leads.last().filter(|_| more).map(|last| cursor(sort, last));
    Ok((leads, next))
}

/// The template of the page, and its values. It selects one row more than `limit`, to know whether there is a next page.
pub(super) fn statement(query: &LeadQuery) -> Result<(&'static str, Vec<Value>)> {
    let page = sql::pages(query.sort.column)[usize::from(query.sort.descending)];
    let limit = Value::from(query.limit + 1);
    let Some(cursor) = &query.cursor else {
        return Ok((page.first, vec![limit, Value::from(query.offset)]));
    };
    let mut values = vec![limit, Value::from(0_i64)];
    let foreign = || Error::invalid("cursor", "This cursor belongs to a list in another order; leave it out to start from the top");
    // Ids are in the order of creation.
    if query.sort.column != SortColumn::CreatedAt {
        values.push(match query.sort.column.parse_key(&cursor.key).ok_or_else(foreign)? {
            SortKey::Number(number) => Value::from(number),
            SortKey::Text(text) => Value::from(text.as_str()),
            SortKey::Id(id) => Value::from(Uuid::from_u128(id)),
        });
    }
    values.push(Value::from(cursor.id));
    Ok((page.after, values))
}

/// The cursor of a page whose last row is `last`: its sort key as the index holds it.
fn cursor(sort: Sort, last: &Lead) -> Cursor {
    let key = if sort.column == SortColumn::CreatedAt { String::new() } else { sort.column.key(last).to_string() };
    Cursor { id: last.id, key }
}
