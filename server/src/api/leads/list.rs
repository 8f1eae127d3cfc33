//! The list and the board. Lists take a page number, as older clients send it, or a cursor (keyset), which stays fast at any depth.

use crate::{
    api::{
        ApiActor,
        page::{Meta, PageRequest, Paged, answer, given},
    },
    compat::kandid::{AlsoCalled, CONNECTION, Either, LeadBody, ListMeta, Pair},
    http::{ApiError, ApiQuery},
    store::Store,
};
use axum::{Json, extract::State, response::Response};
use domain::{
    CampaignId, Error, Result, Services,
    leads::{BoardColumn, BoardQuery, Connection, Cursor, LeadQuery, Sort, Stage, Status},
    rule::{self, Op, Rule, Value},
};
use serde::{Deserialize, Serialize};

/// Parameters are trimmed; blank ones count as absent.
#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// From 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// 1–1,000; default 50. A page ends earlier once its records have about 2 MiB: continue with `nextCursor`. Such a page is refused by number.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
    #[param(value_type = Option<Status>)]
    status: Option<String>,
    #[param(value_type = Option<Connection>)]
    connection: Option<String>,
    #[param(value_type = Option<Stage>)]
    stage: Option<String>,
    /// Leads in this campaign; none for an unknown one.
    #[param(value_type = Option<CampaignId>)]
    campaign_id: Option<String>,
    search: Option<String>,
    /// A rule as JSON.
    rule: Option<String>,
    /// `name`, `company`, `status`, `stage`, `score`, `owner`, `value`, `lastActivity`, `lastContacted` or `createdAt`; `-` before it reverses
    /// the order. `status` and `stage` sort by their place in the funnel and the pipeline. `owner` groups the leads of each owner: leads
    /// without owner first, then by creation of the account. Ties sort by creation of the lead.
    #[param(value_type = Option<Sort>)]
    sort: Option<String>,
    /// `nextCursor` of the previous page.
    cursor: Option<String>,
    /// `exact` (counted), `estimate` (only if already known) or `none`.
    total: Option<String>,
}

/// The parameters by either name.
type Asked = Either<ListQuery>;

impl AlsoCalled for ListQuery {
    const PAIRS: &'static [Pair] = &[CONNECTION];
}

/// Whether to return the total of the list.
#[derive(Clone, Copy, PartialEq)]
enum Total {
    Exact,
    /// Only if already known.
    Estimate,
    None,
}

/// Leads, a page at a time.
#[utoipa::path(get, path = "/api/leads", tags = ["leads", "Kandid"], params(Asked), responses((status = 200, body = Paged<LeadBody, Cursor>)))]
pub(super) async fn list(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Response, ApiError> {
    let campaign = asked.value.campaign_id.as_deref().and_then(|text| text.trim().parse().ok());
    let (query, page, total) = read(asked)?;
    store.current.fields().check_rule(&query.rule)?;
    answer(&store, &actor, query.limit, async {
        let found = services.leads.list(&actor, &query).await?;
        let (leads, next, known) = (found.data.leads, found.data.next, found.data.total);
        let total = match (total, known) {
            (Total::None, _) | (Total::Estimate, None) => None,
            (_, Some(known)) => Some(known),
            (Total::Exact, None) => Some(services.leads.count(&actor, &query.rule).await?),
        };
        Ok::<_, ApiError>(Paged {
            pagination: page.found(leads.len(), total, next)?,
            data: leads.into_iter().map(|lead| LeadBody::at(lead, 0, campaign)).collect(),
            meta: ListMeta::new(store.clock.now(), Some(found.as_of)),
        })
    })
    .await
}

/// One stage of the board.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BoardColumn)]
pub(super) struct Column {
    stage: Stage,
    /// Number of leads in the stage, and `value`, their sum in minor units. Both are `null` while they are being counted.
    total: Option<i64>,
    value: Option<i64>,
    /// The first leads; `GET /api/leads?stage=…&cursor=…` returns the next.
    data: Vec<LeadBody>,
    next_cursor: Option<Cursor>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Board)]
pub(super) struct BoardBody {
    columns: Vec<Column>,
    meta: Meta,
}

/// The leads by stage, with the filters of the list; `limit` applies to each column.
#[utoipa::path(get, path = "/api/leads/board", params(Asked), responses((status = 200, body = BoardBody)))]
pub(super) async fn board(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Json<BoardBody>, ApiError> {
    let limit = asked.value.limit.is_some();
    let (query, page, _) = read(asked)?;
    store.current.fields().check_rule(&query.rule)?;
    if page.cursor.is_some() || page.offset > 0 {
        return Err(Error::invalid("cursor", "A column goes on at /api/leads with its stage and its cursor").into());
    }
    let usual = BoardQuery::default().limit;
    let query = BoardQuery { rule: query.rule, sort: query.sort, limit: if limit { query.limit } else { usual } };
    let found = services.leads.board(&actor, &query).await?;
    let sums = found.data.sums;
    let column = |column: BoardColumn| Column {
        stage: column.stage,
        total: sums.map(|sums| sums.of(column.stage).leads),
        value: sums.map(|sums| sums.of(column.stage).value),
        data: column.leads.into_iter().map(LeadBody::from).collect(),
        next_cursor: column.next,
    };
    Ok(Json(BoardBody { columns: found.data.columns.into_iter().map(column).collect(), meta: Meta::new(store.clock.now(), found.as_of) }))
}

/// See `ListQuery::read`.
fn read(Either { value, said }: Asked) -> Result<(LeadQuery, PageRequest<Cursor>, Total)> {
    said.refuse_unknown()?;
    value.read().map_err(|error| said.with_sent_names(error))
}

impl ListQuery {
    /// The query, its page, and whether to return the total.
    fn read(self) -> Result<(LeadQuery, PageRequest<Cursor>, Total)> {
        let page = PageRequest::<Cursor>::read(self.page, self.limit, self.cursor)?;
        let total = match given(self.total).as_deref() {
            None if page.cursor.is_some() => Total::None,
            None | Some("exact") => Total::Exact,
            Some("estimate") => Total::Estimate,
            Some("none") => Total::None,
            Some(_) => return Err(Error::invalid("total", "Use exact, estimate or none")),
        };
        let is = |field: &str, word: &str| Rule::test(field, Op::Is, Value::Text(word.to_owned()));
        let mut rule = Rule::everyone();
        if let Some(json) = given(self.rule) {
            domain::json::once(json.as_bytes(), "rule")?;
            let json = serde_json::from_str(&json).map_err(|error| Error::invalid("rule", format!("Not JSON: {error}")))?;
            rule = rule::parse(&json)?;
        }
        if let Some(status) = given(self.status) {
            rule = rule.and(is("status", status.parse::<Status>()?.as_str()));
        }
        if let Some(connection) = given(self.connection) {
            rule = rule.and(is("connection", connection.parse::<Connection>()?.as_str()));
        }
        if let Some(stage) = given(self.stage) {
            rule = rule.and(is("stage", stage.parse::<Stage>()?.as_str()));
        }
        if let Some(campaign) = given(self.campaign_id) {
            rule = rule.and(is("campaign", &campaign).check().unwrap_or_else(|_| Rule::nobody()));
        }
        if let Some(text) = given(self.search) {
            rule = rule.and(Rule::search(&text));
        }
        let sort = given(self.sort).map_or_else(|| Ok(Sort::default()), |text| text.parse())?;
        let query = LeadQuery { rule, sort, cursor: page.cursor.clone(), offset: page.offset, limit: page.limit };
        Ok((query, page, total))
    }
}
