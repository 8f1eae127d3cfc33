//! A campaign's leads, and what is done with a lead by hand.

use crate::{
    api::{
        Asker, id,
        leads::Body,
        page::{Meta, Paged, Place, given},
        which::Which,
    },
    http::{ApiError, ApiJson, ApiQuery},
    store::Store,
};
use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    CampaignId, Error, LeadId, Result, Services,
    campaigns::{Enrolled, Enrolling, Enrolment, EnrolmentQuery, Selection, Task, Way},
};
use serde::{Deserialize, Serialize};

/// Empty parameters count as absent.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ListQuery {
    page: Option<String>,
    limit: Option<String>,
    /// `pending`, `replied` …
    state: Option<String>,
    cursor: Option<String>,
}

/// A lead as in its own list, with its way through the campaign.
#[derive(Serialize)]
pub(super) struct Row {
    #[serde(flatten)]
    lead: Body,
    enrolment: Enrolment,
}

impl From<Enrolled> for Row {
    fn from(Enrolled { lead, enrolment }: Enrolled) -> Self {
        Self { lead: Body::at(lead, enrolment.step), enrolment }
    }
}

/// The last lead of the page before.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct After(LeadId);

impl TryFrom<String> for After {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        let id = text.parse().map_err(|_| Error::invalid("cursor", "Not a cursor of this list; take `nextCursor` of the page before"))?;
        Ok(Self(id))
    }
}

pub(super) async fn list(
    State(services): State<Services>,
    State(store): State<Store>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiQuery(asked): ApiQuery<ListQuery>,
) -> Result<Json<Paged<Row, After>>, ApiError> {
    let id: CampaignId = id("Campaign", &path)?;
    let place: Place<After> = Place::read(asked.page, asked.limit, asked.cursor)?;
    let query = EnrolmentQuery {
        state: given(asked.state).map(|text| text.parse()).transpose()?,
        after: place.cursor.as_ref().map(|after| after.0),
        offset: place.offset,
        limit: place.limit,
    };
    let found = services.campaigns.enrolled(&actor, id, &query).await?;
    Ok(Json(Paged {
        data: found.data.enrolled.into_iter().map(Row::from).collect(),
        pagination: place.found(Some(found.data.total), found.data.next.map(After)),
        meta: Meta::new(store.clock.now(), Some(found.as_of)),
    }))
}

#[derive(Serialize)]
pub(super) struct Moved {
    message: &'static str,
    #[serde(flatten)]
    moved: Enrolling,
}

impl Moved {
    fn out(count: i64) -> Json<Self> {
        Json(Self { message: "Leads taken out", moved: Enrolling { count, left_out: 0 } })
    }
}

pub(super) async fn enrol(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiJson(which): ApiJson<Which>,
) -> Result<Json<Moved>, ApiError> {
    let moved = services.campaigns.enrol(&actor, id("Campaign", &path)?, which.read()?).await?;
    Ok(Json(Moved { message: "Leads enrolled", moved }))
}

pub(super) async fn unenrol(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiJson(which): ApiJson<Which>,
) -> Result<Json<Moved>, ApiError> {
    let count = services.campaigns.unenrol(&actor, id("Campaign", &path)?, which.read()?).await?;
    Ok(Moved::out(count))
}

pub(super) async fn unenrol_one(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path((path, lead)): Path<(String, String)>,
) -> Result<Json<Moved>, ApiError> {
    let which = Selection::Leads(vec![id("Lead", &lead)?]);
    let count = services.campaigns.unenrol(&actor, id("Campaign", &path)?, which).await?;
    Ok(Moved::out(count))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ways {
    /// Oldest campaign first.
    data: Vec<Way>,
    /// The change up to which this goes.
    as_of: i64,
}

/// The campaigns that a lead is in, with the step that is next.
pub(super) async fn ways(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<Json<Ways>, ApiError> {
    let found = services.campaigns.of_lead(&actor, id("Lead", &path)?).await?;
    Ok(Json(Ways { data: found.data, as_of: found.as_of }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct In {
    /// Needed for a follow-up when the lead is in several campaigns.
    campaign_id: Option<CampaignId>,
}

#[derive(Serialize)]
pub(super) struct Worked {
    #[serde(flatten)]
    lead: Body,
    enrolments: Vec<Enrolment>,
}

/// `send-request`, `accept`, `decline` or `follow-up`.
pub(super) async fn work(
    task: Task,
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    ApiQuery(within): ApiQuery<In>,
) -> Result<Json<Worked>, ApiError> {
    let done = services.campaigns.work(&actor, id("Lead", &path)?, task, within.campaign_id).await?;
    let step = done.enrolments.iter().map(|enrolment| enrolment.step).max().unwrap_or_default();
    Ok(Json(Worked { lead: Body::at(done.lead, step), enrolments: done.enrolments }))
}
