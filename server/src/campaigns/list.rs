//! Pages of campaigns, and of one campaign's leads.

use super::{
    Campaigns,
    row::{CampaignRow, EnrolledRow, EnrollmentRow, RefRow, SummaryRow},
    sql,
};
use crate::store::{self, Conn, Query, Value};
use domain::{
    CampaignId, Error, LeadId, Result, Snapshot,
    campaigns::{
        Campaign, CampaignColumn, CampaignPage, CampaignQuery, CampaignSort, CampaignSummary, EnrollmentPage, EnrollmentQuery,
        EnrollmentState, LeadCampaign, LeadCampaignPage, LeadCampaignQuery, SummaryPage,
    },
    error::CampaignRef,
    page::Cursor,
    text::{clean, fold},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Maximum rows per page.
const LIMIT: u32 = 1_000;
/// Bytes after which a page ends, so that a page of large records has fewer rows.
const BYTES: usize = 2 * 1024 * 1024;
/// Longest search, in characters.
const SEARCH_MAX: usize = 200;

/// Whole campaigns that are read at once. Each has at most about 125 kB.
const AT_ONCE: usize = 16;

impl Campaigns {
    pub(super) async fn page(&self, query: &CampaignQuery) -> Result<Snapshot<CampaignPage>> {
        let query = SummaryQuery::new(query)?;
        self.store
            .snapshot(move |conn| {
                Box::pin(async move {
                    let sort = query.sort;
                    let SummaryPage { campaigns: summaries, next, total } = query.read(conn).await?;
                    let ids: Vec<_> = summaries.iter().map(|summary| summary.id).collect();
                    let campaigns = whole(conn, &ids).await?;
                    let next = match campaigns.len().checked_sub(1).map(|last| &summaries[last]) {
                        Some(last) if campaigns.len() < summaries.len() => Some(cursor(sort, last)),
                        _ => next,
                    };
                    Ok(CampaignPage { campaigns, next, total })
                })
            })
            .await
    }

    pub(super) async fn summary_page(&self, query: &CampaignQuery) -> Result<Snapshot<SummaryPage>> {
        let query = SummaryQuery::new(query)?;
        self.store.snapshot(move |conn| Box::pin(query.read(conn))).await
    }

    pub(super) async fn open_to(&self, lead: Option<LeadId>) -> Result<Vec<CampaignRef>> {
        let query = store::sql(sql::OPEN).bind(lead.unwrap_or(LeadId(Uuid::nil()))).bind(LIMIT);
        let rows = self.store.read(|conn| Box::pin(conn.all::<RefRow>(query))).await?;
        Ok(rows.into_iter().map(CampaignRef::from).collect())
    }

    pub(super) async fn refs(&self, ids: &[CampaignId]) -> Result<Vec<CampaignRef>> {
        let query = store::sql(sql::NAMES_OF_IDS).bind_all([Value::json(&ids)?]);
        let rows = self.store.read(|conn| Box::pin(conn.all::<RefRow>(query))).await?;
        Ok(rows.into_iter().map(CampaignRef::from).collect())
    }

    pub(super) async fn one(&self, id: CampaignId) -> Result<Option<Snapshot<Campaign>>> {
        let read = self.store.snapshot(move |conn| Box::pin(conn.optional::<CampaignRow>(store::sql(sql::GET).bind(id))));
        let Snapshot { as_of, pending, data } = read.await?;
        data.map(|row| Ok(Snapshot { as_of, pending, data: row.try_into()? })).transpose()
    }

    pub(super) async fn enrolled_page(&self, id: CampaignId, query: &EnrollmentQuery) -> Result<Snapshot<EnrollmentPage>> {
        check_limit(query.limit)?;
        let state = Value::from(query.state.map_or("", EnrollmentState::as_str));
        let below = Value::from(query.after.unwrap_or(LeadId(Uuid::max())));
        let (limit, offset) = (query.limit, query.offset);
        self.store
            .snapshot(move |conn| {
                Box::pin(async move {
                    let campaign = conn.optional::<CampaignRow>(store::sql(sql::GET).bind(id)).await?;
                    let campaign = Campaign::try_from(campaign.ok_or_else(|| Error::not_found("Campaign", id))?)?;
                    let (total,) = conn.one::<(i64,)>(store::sql(sql::ENROLLED_COUNT).bind(id).bind_all([state.clone()])).await?;
                    let page = store::sql(sql::ENROLLED).bind(id).bind_all([state, below]).bind(limit + 1).bind(offset);
                    let (rows, more) = conn.page(page, limit as usize, BYTES, EnrolledRow::size).await?;
                    let enrolled = rows.into_iter().map(|row| row.placed(&campaign.steps)).collect::<Result<Vec<_>>>()?;
                    let next = enrolled.last().filter(|_| more).map(|last| last.lead.id);
                    Ok(EnrollmentPage { enrolled, next, total })
                })
            })
            .await
    }
}

impl Campaigns {
    pub(super) async fn page_of_lead(&self, id: LeadId, query: &LeadCampaignQuery) -> Result<Snapshot<LeadCampaignPage>> {
        let LeadCampaignQuery { after, offset, limit } = *query;
        check_limit(limit)?;
        let after = after.unwrap_or(CampaignId(Uuid::nil()));
        let page = store::sql(sql::PAGE_OF_LEAD).bind(id).bind(after).bind(limit + 1).bind(offset);
        self.store
            .snapshot(move |conn| {
                Box::pin(async move {
                    let lead = conn.optional::<(String,)>(store::sql(sql::CONNECTION).bind(id)).await?;
                    let (connection,) = lead.ok_or_else(|| Error::not_found("Lead", id))?;
                    let connection = connection.parse()?;
                    let (total,) = conn.one::<(i64,)>(store::sql(sql::COUNT_OF_LEAD).bind(id)).await?;
                    let rows = conn.all::<EnrollmentRow>(page).await?;
                    let ids: Vec<_> = rows.iter().take(limit as usize).map(EnrollmentRow::campaign).collect();
                    let whole = whole(conn, &ids).await?;
                    let next = whole.last().filter(|_| whole.len() < rows.len()).map(|last| last.id);
                    let campaigns = whole.into_iter().zip(rows);
                    let campaigns = campaigns.map(|(campaign, row)| Ok(LeadCampaign::new(campaign, row.try_into()?, connection)));
                    Ok(LeadCampaignPage { campaigns: campaigns.collect::<Result<_>>()?, next, total })
                })
            })
            .await
    }
}

fn check_limit(limit: u32) -> Result<()> {
    if (1..=LIMIT).contains(&limit) { Ok(()) } else { Err(Error::invalid("limit", format!("Ask for 1 to {LIMIT} at once"))) }
}

/// Escapes `%`, `_` and `\` for a LIKE pattern.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}

/// Whole campaigns of these ids, in the order of the ids, until they have `BYTES` bytes.
async fn whole(conn: &mut Conn, ids: &[CampaignId]) -> Result<Vec<Campaign>> {
    let (mut whole, mut bytes) = (Vec::with_capacity(ids.len()), 0);
    for ids in ids.chunks(AT_ONCE) {
        let rows = conn.all::<CampaignRow>(store::sql(sql::OF_IDS).bind_all([Value::json(&ids)?])).await?;
        let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id(), row)).collect();
        for row in ids.iter().filter_map(|id| rows.remove(id)) {
            bytes += row.size();
            whole.push(row.try_into()?);
            if bytes >= BYTES {
                return Ok(whole);
            }
        }
    }
    Ok(whole)
}

/// The statements of a page of summaries.
struct SummaryQuery {
    count: Query,
    page: Query,
    sort: CampaignSort,
    limit: usize,
}

impl SummaryQuery {
    fn new(query: &CampaignQuery) -> Result<Self> {
        check_limit(query.limit)?;
        let search = clean(&query.search);
        if search.chars().count() > SEARCH_MAX {
            return Err(Error::invalid("search", format!("Search for at most {SEARCH_MAX} characters")));
        }
        let filter =
            [Value::from(format!("%{}%", escaped(&fold(&search)))), Value::from(query.status.map_or("", |status| status.as_str()))];
        let count = store::sql(sql::COUNT).bind_all(filter.clone());
        Ok(Self { count, page: statement(query, filter)?, sort: query.sort, limit: query.limit as usize })
    }

    async fn read(self, conn: &mut Conn) -> Result<SummaryPage> {
        let (total,) = conn.one::<(i64,)>(self.count).await?;
        let mut rows = conn.all::<SummaryRow>(self.page).await?;
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let campaigns = rows.into_iter().map(CampaignSummary::try_from).collect::<Result<Vec<_>>>()?;
        let next = campaigns.last().filter(|_| more).map(|last| cursor(self.sort, last));
        Ok(SummaryPage { campaigns, next, total })
    }
}

/// Reads `limit + 1` rows; the extra row shows that there is a next page.
fn statement(query: &CampaignQuery, filter: [Value; 2]) -> Result<Query> {
    let page = sql::pages(query.sort.column)[usize::from(query.sort.descending)];
    let Some(cursor) = &query.cursor else {
        return Ok(store::sql(page.first).bind(query.limit + 1).bind(query.offset).bind_all(filter));
    };
    let foreign = || Error::invalid("cursor", "This cursor belongs to a list in another order; leave it out to start from the top");
    let key = match query.sort.column {
        // No stored text contains NUL, and Postgres rejects it.
        CampaignColumn::Name if cursor.key.contains('\0') => return Err(foreign()),
        CampaignColumn::Name => Value::from(cursor.key.as_str()),
        _ => Value::from(cursor.key.parse::<i64>().map_err(|_| foreign())?),
    };
    Ok(store::sql(page.after).bind(query.limit + 1).bind(0_i64).bind_all(filter).bind(key).bind(cursor.id))
}

/// The position after this campaign.
fn cursor(sort: CampaignSort, campaign: &CampaignSummary) -> Cursor<CampaignId> {
    let key = match sort.column {
        CampaignColumn::Name => fold(&campaign.name),
        CampaignColumn::Status => campaign.status.rank().to_string(),
        CampaignColumn::TotalLeads => campaign.counts.total_leads.to_string(),
        CampaignColumn::SuccessfulLeads => campaign.counts.successful_leads.to_string(),
        CampaignColumn::ResponseRate => campaign.counts.response_rate().to_string(),
        CampaignColumn::CreatedAt => campaign.created_at.0.to_string(),
    };
    Cursor { id: campaign.id, key }
}
