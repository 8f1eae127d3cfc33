//! The list: by page number as older clients ask, or by cursor, which stays fast at any depth.

use super::Body;
use crate::{
    api::Asker,
    http::{ApiError, ApiQuery},
    store::Store,
};
use axum::{Json, extract::State};
use domain::{
    Error, Result, Services, Timestamp,
    leads::{Connection, Cursor, LeadQuery, Sort, Stage, Status},
    rule::{self, Op, Rule, Value},
};
use serde::{Deserialize, Serialize};

/// Empty parameters count as absent.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ListQuery {
    /// From 1.
    page: Option<String>,
    /// 1–1,000; 50 unless told.
    limit: Option<String>,
    status: Option<String>,
    connection_status: Option<String>,
    stage: Option<String>,
    search: Option<String>,
    /// A rule as JSON.
    rule: Option<String>,
    /// `name`, `-createdAt` …
    sort: Option<String>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    total: Option<String>,
}

/// What the answer says of the whole list.
#[derive(Clone, Copy, PartialEq)]
enum Total {
    Exact,
    /// If it is known already.
    Estimate,
    None,
}

#[derive(Serialize)]
pub(super) struct Answer {
    data: Vec<Body>,
    pagination: Pagination,
    meta: Meta,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    /// `null` on pages by cursor.
    page: Option<u32>,
    limit: u32,
    total: Option<i64>,
    total_pages: Option<i64>,
    has_more: bool,
    next_cursor: Option<Cursor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    timestamp: Timestamp,
    source: &'static str,
    /// The change up to which the data goes.
    as_of: i64,
}

pub(super) async fn list(
    State(services): State<Services>,
    State(store): State<Store>,
    Asker(actor): Asker,
    ApiQuery(asked): ApiQuery<ListQuery>,
) -> Result<Json<Answer>, ApiError> {
    let (query, page, total) = asked.read()?;
    let found = services.leads.list(&actor, &query).await?;
    let (leads, next, known) = (found.data.leads, found.data.next, found.data.total);
    let total = match (total, known) {
        (Total::None, _) | (Total::Estimate, None) => None,
        (_, Some(known)) => Some(known),
        (Total::Exact, None) => Some(services.leads.count(&actor, &query.rule).await?),
    };
    let limit = query.limit;
    Ok(Json(Answer {
        data: leads.into_iter().map(Body::from).collect(),
        pagination: Pagination {
            page,
            limit,
            total,
            total_pages: total.map(|total| (total + i64::from(limit) - 1) / i64::from(limit)),
            has_more: next.is_some(),
            next_cursor: next,
        },
        meta: Meta { timestamp: store.clock.now(), source: "database", as_of: found.as_of },
    }))
}

impl ListQuery {
    /// The query, its page number, and what to say of the total.
    fn read(self) -> Result<(LeadQuery, Option<u32>, Total)> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let limit = given(self.limit).map_or(Ok(50), |text| number("limit", &text))?;
        let cursor = given(self.cursor).map(Cursor::try_from).transpose()?;
        let page = given(self.page).map(|text| number("page", &text)).transpose()?;
        let page = match (page, &cursor) {
            (Some(_), Some(_)) => return Err(Error::invalid("page", "Ask by page or by cursor, not both")),
            (None, Some(_)) => None,
            (page, None) => Some(page.unwrap_or(1)),
        };
        let offset = page
            .map_or(Some(0), |page| page.checked_sub(1)?.checked_mul(limit))
            .ok_or_else(|| Error::invalid("page", "Pages count from 1; go on by cursor instead of this far"))?;
        let total = match given(self.total).as_deref() {
            None if cursor.is_some() => Total::None,
            None | Some("exact") => Total::Exact,
            Some("estimate") => Total::Estimate,
            Some("none") => Total::None,
            Some(_) => return Err(Error::invalid("total", "Use exact, estimate or none")),
        };
        let is = |field: &str, word: &str| Rule::test(field, Op::Is, Value::Text(word.to_owned()));
        let mut rule = Rule::everyone();
        if let Some(json) = given(self.rule) {
            let json = serde_json::from_str(&json).map_err(|error| Error::invalid("rule", format!("Not JSON: {error}")))?;
            rule = rule::parse(&json)?;
        }
        if let Some(status) = given(self.status) {
            rule = rule.and(is("status", status.parse::<Status>()?.as_str()));
        }
        if let Some(connection) = given(self.connection_status) {
            rule = rule.and(is("connection", connection.parse::<Connection>()?.as_str()));
        }
        if let Some(stage) = given(self.stage) {
            rule = rule.and(is("stage", stage.parse::<Stage>()?.as_str()));
        }
        if let Some(text) = given(self.search) {
            rule = rule.and(Rule::search(&text));
        }
        let sort = given(self.sort).map_or_else(|| Ok(Sort::default()), |text| text.parse())?;
        Ok((LeadQuery { rule, sort, cursor, offset, limit }, page, total))
    }
}

fn number(field: &str, text: &str) -> Result<u32> {
    text.parse().map_err(|_| Error::invalid(field, format!("Write {field} as a whole number")))
}
