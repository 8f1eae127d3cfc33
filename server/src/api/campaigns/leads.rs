//! A campaign's leads, and tasks done by hand.

use crate::{
    api::{
        ApiActor, id,
        page::{PageRequest, Paged, Pagination, answer, given},
        which::Which,
    },
    compat::kandid::{LeadBody, ListMeta},
    http::{ApiError, ApiJson, ApiQuery},
    store::Store,
};
use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use domain::{
    CampaignId, Error, LeadId, Result, Services,
    campaigns::{EnrollResult, Enrolled, Enrollment, EnrollmentQuery, EnrollmentState, LeadCampaign, LeadCampaignQuery, Selection, Task},
};
use serde::{Deserialize, Serialize};

/// Empty parameters count as absent.
#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// 1–1,000; default 50. A page ends earlier once its records have about 2 MiB: continue with `nextCursor`. Such a page is refused by number.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
    /// `pending`, `replied` …
    #[param(value_type = Option<EnrollmentState>)]
    state: Option<String>,
    cursor: Option<String>,
}

/// A lead as in the list of leads, with its enrollment.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = EnrolledLead)]
pub(super) struct Row {
    #[serde(flatten)]
    lead: LeadBody,
    enrollment: Enrollment,
}

impl From<Enrolled> for Row {
    fn from(Enrolled { lead, enrollment }: Enrolled) -> Self {
        Self { lead: LeadBody::at(lead, enrollment.step, Some(enrollment.campaign_id)), enrollment }
    }
}

/// The last lead of the previous page.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(as = EnrolledCursor)]
pub(super) struct After(LeadId);

impl TryFrom<String> for After {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse().map(Self).map_err(|_| no_cursor())
    }
}

fn no_cursor() -> Error {
    Error::invalid("cursor", "Not a cursor of this list; take `nextCursor` of the page before")
}

/// The leads in a campaign, a page at a time.
#[utoipa::path(get, path = "/api/campaigns/{id}/leads", params(("id" = CampaignId, Path), ListQuery), responses((status = 200, body = Paged<Row, After>)))]
pub(super) async fn list(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiQuery(asked): ApiQuery<ListQuery>,
) -> Result<Response, ApiError> {
    let id: CampaignId = id("Campaign", &path)?;
    let page: PageRequest<After> = PageRequest::read(asked.page, asked.limit, asked.cursor)?;
    let query = EnrollmentQuery {
        state: given(asked.state).map(|text| text.parse()).transpose()?,
        after: page.cursor.as_ref().map(|after| after.0),
        offset: page.offset,
        limit: page.limit,
    };
    answer(&store, &actor, query.limit, async {
        let found = services.campaigns.enrolled(&actor, id, &query).await?;
        Ok::<_, ApiError>(Paged {
            pagination: page.found(found.data.enrolled.len(), Some(found.data.total), found.data.next.map(After))?,
            data: found.data.enrolled.into_iter().map(Row::from).collect(),
            meta: ListMeta::new(store.clock.now(), Some(found.as_of)),
        })
    })
    .await
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MovedLeads)]
pub(super) struct Moved {
    message: &'static str,
    #[serde(flatten)]
    moved: EnrollResult,
}

impl Moved {
    fn out(count: i64) -> Json<Self> {
        Json(Self { message: "Leads taken out", moved: EnrollResult { count, left_out: 0 } })
    }
}

/// Enrolls leads. Enrolled leads stay unchanged; leads that may not be contacted are left out.
#[utoipa::path(post, path = "/api/campaigns/{id}/leads", params(("id" = CampaignId, Path)), request_body(content = Which, example = json!({ "leadIds": ["01890000-0000-7000-8000-000000000000"] })), responses((status = 200, body = Moved)))]
pub(super) async fn enroll(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(which): ApiJson<Which>,
) -> Result<Json<Moved>, ApiError> {
    let moved = services.campaigns.enroll(&actor, id("Campaign", &path)?, which.read()?).await?;
    Ok(Json(Moved { message: "Leads enrolled", moved }))
}

/// Unenrolls leads from a campaign.
#[utoipa::path(delete, path = "/api/campaigns/{id}/leads", params(("id" = CampaignId, Path)), request_body(content = Which, example = json!({ "leadIds": ["01890000-0000-7000-8000-000000000000"] })), responses((status = 200, body = Moved)))]
pub(super) async fn unenroll(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(which): ApiJson<Which>,
) -> Result<Json<Moved>, ApiError> {
    let count = services.campaigns.unenroll(&actor, id("Campaign", &path)?, which.read()?).await?;
    Ok(Moved::out(count))
}

/// Unenrolls one lead from a campaign.
#[utoipa::path(delete, path = "/api/campaigns/{id}/leads/{lead}", params(("id" = CampaignId, Path), ("lead" = LeadId, Path)), responses((status = 200, body = Moved)))]
pub(super) async fn unenroll_one(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path((path, lead)): Path<(String, String)>,
) -> Result<Json<Moved>, ApiError> {
    let which = Selection::Leads(vec![id("Lead", &lead)?]);
    let count = services.campaigns.unenroll(&actor, id("Campaign", &path)?, which).await?;
    Ok(Moved::out(count))
}

/// Empty parameters count as absent.
#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct WaysQuery {
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// 1–1,000; default 50. A page ends earlier once its campaigns have about 2 MiB of texts: continue with `nextCursor`. Such a page is
    /// refused by number.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
    cursor: Option<String>,
}

/// The last campaign of the previous page.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(as = LeadCampaignsCursor)]
pub(super) struct AfterCampaign(CampaignId);

impl TryFrom<String> for AfterCampaign {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse().map(Self).map_err(|_| no_cursor())
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeadCampaigns)]
pub(super) struct Ways {
    /// Oldest campaign first.
    data: Vec<LeadCampaign>,
    pagination: Pagination<AfterCampaign>,
    /// Includes every change up to this one.
    as_of: i64,
}

/// The campaigns in which a lead is enrolled, a page at a time, with its next step in each. Only the next step has its text.
#[utoipa::path(get, path = "/api/leads/{id}/campaigns", params(("id" = LeadId, Path), WaysQuery), responses((status = 200, body = Ways)))]
pub(super) async fn ways(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiQuery(asked): ApiQuery<WaysQuery>,
) -> Result<Json<Ways>, ApiError> {
    let page: PageRequest<AfterCampaign> = PageRequest::read(asked.page, asked.limit, asked.cursor)?;
    let query = LeadCampaignQuery { after: page.cursor.as_ref().map(|after| after.0), offset: page.offset, limit: page.limit };
    let found = services.campaigns.of_lead(&actor, id("Lead", &path)?, &query).await?;
    let (rows, total, next) = (found.data.campaigns.len(), found.data.total, found.data.next.map(AfterCampaign));
    Ok(Json(Ways { pagination: page.found(rows, Some(total), next)?, data: found.data.campaigns, as_of: found.as_of }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct In {
    /// Required for a follow-up when the lead is in several campaigns.
    campaign_id: Option<CampaignId>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = WorkedLead)]
pub(super) struct Worked {
    #[serde(flatten)]
    lead: LeadBody,
    enrollments: Vec<Enrollment>,
}

/// Task of a lead: {task}.
#[utoipa::path(post, path = "/api/leads/{id}/tasks/{task}", params(("id" = LeadId, Path), In), responses((status = 200, body = Worked)))]
pub(super) async fn work(
    task: Task,
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiQuery(within): ApiQuery<In>,
) -> Result<Json<Worked>, ApiError> {
    let done = services.campaigns.work(&actor, id("Lead", &path)?, task, within.campaign_id).await?;
    let step = done.enrollments.iter().map(|enrollment| enrollment.step).max().unwrap_or_default();
    Ok(Json(Worked { lead: LeadBody::at(done.lead, step, None), enrollments: done.enrollments }))
}
