//! The list: by page number as older clients ask, or by cursor, which stays fast at any depth.

use super::Body;
use crate::{
    api::{
        Asker,
        page::{Meta, Paged, Place, given},
    },
    http::{ApiError, ApiQuery},
    store::Store,
};
use axum::{Json, extract::State};
use domain::{
    Error, Result, Services,
    leads::{Connection, Cursor, LeadQuery, Sort, Stage, Status},
    rule::{self, Op, Rule, Value},
};
use serde::Deserialize;

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

pub(super) async fn list(
    State(services): State<Services>,
    State(store): State<Store>,
    Asker(actor): Asker,
    ApiQuery(asked): ApiQuery<ListQuery>,
) -> Result<Json<Paged<Body, Cursor>>, ApiError> {
    let (query, place, total) = asked.read()?;
    let found = services.leads.list(&actor, &query).await?;
    let (leads, next, known) = (found.data.leads, found.data.next, found.data.total);
    let total = match (total, known) {
        (Total::None, _) | (Total::Estimate, None) => None,
        (_, Some(known)) => Some(known),
        (Total::Exact, None) => Some(services.leads.count(&actor, &query.rule).await?),
    };
    Ok(Json(Paged {
        data: leads.into_iter().map(Body::from).collect(),
        pagination: place.found(total, next),
        meta: Meta::new(store.clock.now(), Some(found.as_of)),
    }))
}

impl ListQuery {
    /// The query, where its page is, and what to say of the total.
    fn read(self) -> Result<(LeadQuery, Place<Cursor>, Total)> {
        let place = Place::<Cursor>::read(self.page, self.limit, self.cursor)?;
        let total = match given(self.total).as_deref() {
            None if place.cursor.is_some() => Total::None,
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
        let query = LeadQuery { rule, sort, cursor: place.cursor.clone(), offset: place.offset, limit: place.limit };
        Ok((query, place, total))
    }
}
