//! The list of leads.

use super::{TAG, errors::Refusal, lead::LeadBody, query::Parameters};
use crate::http::CurrentActor;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Actor, Result, Services,
    leads::{Lead, LeadQuery, Sort, SortColumn},
    rule::{MAX_TEXT, Op, Rule, Value},
    text::fold,
};
use serde::Serialize;
use std::collections::HashMap;

const PAGE_SIZE: i64 = 10;
const PAGE_SIZE_MAX: i64 = 100;

/// Sorting follows our lists instead of byte order: names and companies by their folded text, and stages by their place in the pipeline.
const SORTS: [(&str, SortColumn); 5] = [
    ("name", SortColumn::Name),
    ("company", SortColumn::Company),
    ("current_stage", SortColumn::Stage),
    ("last_contacted", SortColumn::LastContacted),
    ("created_at", SortColumn::CreatedAt),
];

/// One page of leads.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ArtisanLeads)]
pub(super) struct LeadList {
    items: Vec<LeadBody>,
    total: i64,
    page: i64,
    page_size: i64,
    total_pages: i64,
}

/// One page of leads; 204 when it has none.
///
/// `search` finds its text as it is written, in any case: it is no regular expression. Our own API and export have no limit of 100.
#[utoipa::path(
    get, path = "/api/v1/leads/", tag = TAG,
    params(
        ("page" = Option<i64>, Query, description = "From 1", minimum = 1),
        ("page_size" = Option<i64>, Query, description = "Default 10", minimum = 1, maximum = 100),
        ("sort_by" = Option<String>, Query, description = "`name`, `company`, `current_stage`, `last_contacted` or `created_at` (default)"),
        ("sort_desc" = Option<bool>, Query, description = "Default true"),
        ("search" = Option<String>, Query, description = "Part of the name, e-mail or company", min_length = 1, max_length = 1000),
    ),
    responses((status = 200, body = LeadList), (status = 204, description = "No leads"))
)]
pub(super) async fn list(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let page = parameters.number("page", 1, None);
    let page_size = parameters.number("page_size", PAGE_SIZE, Some(PAGE_SIZE_MAX));
    let column = parameters.word("sort_by", &SORTS, SortColumn::CreatedAt);
    let descending = parameters.flag("sort_desc", true);
    let search = parameters.text("search", 1, MAX_TEXT);
    parameters.check()?;
    // No database has as many rows.
    let Ok(offset) = u32::try_from((page - 1).saturating_mul(page_size)) else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let rule = search.map_or_else(Rule::everyone, |text| matching(&text));
    let query = LeadQuery { rule, sort: Sort { column, descending }, cursor: None, offset, limit: page_size as u32 };
    let (leads, total) = read(&services, &actor, query).await?;
    if leads.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let total_pages = (total + page_size - 1) / page_size;
    Ok(Json(LeadList { items: bodies(&services, &actor, &leads).await?, total, page, page_size, total_pages }).into_response())
}

/// A text of the name, e-mail or company. The first test has the search's index.
fn matching(text: &str) -> Rule {
    if fold(text).is_empty() {
        return Rule::everyone();
    }
    let contains = |field: &str| Rule::test(field, Op::Contains, Value::Text(text.to_owned()));
    Rule::All(vec![Rule::search(text), Rule::Any(["name", "email", "company"].map(contains).to_vec())])
}

/// The leads of the page, and the total. A page of large leads is read in parts.
async fn read(services: &Services, actor: &Actor, mut query: LeadQuery) -> Result<(Vec<Lead>, i64)> {
    let (mut leads, wanted) = (Vec::new(), query.limit);
    let mut total = None;
    loop {
        let found = services.leads.list(actor, &query).await?.data;
        leads.extend(found.leads);
        total = total.or(found.total);
        match found.next {
            Some(next) if (leads.len() as u32) < wanted => {
                query = LeadQuery { cursor: Some(next), offset: 0, limit: wanted - leads.len() as u32, ..query };
            }
            _ => break,
        }
    }
    let total = match total {
        Some(total) => total,
        None => services.leads.count(actor, &query.rule).await?,
    };
    Ok((leads, total))
}

/// The leads with their stage histories.
async fn bodies(services: &Services, actor: &Actor, leads: &[Lead]) -> Result<Vec<LeadBody>> {
    let ids: Vec<_> = leads.iter().map(|lead| lead.id).collect();
    let moves: HashMap<_, _> = services.leads.stage_moves(actor, &ids).await?;
    Ok(leads.iter().map(|lead| LeadBody::new(lead, moves.get(&lead.id).map_or(&[], Vec::as_slice))).collect())
}

/// One lead with its stage history.
pub(super) async fn body(services: &Services, actor: &Actor, lead: &Lead) -> Result<LeadBody> {
    let moves = services.leads.stage_moves(actor, &[lead.id]).await?;
    Ok(LeadBody::new(lead, moves.get(&lead.id).map_or(&[], Vec::as_slice)))
}
