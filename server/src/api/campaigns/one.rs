//! One campaign: read, create, edit, start, pause, duplicate, delete.

use crate::{
    api::{
        ApiActor, Deleted,
        etag::{StaleEdit, expected, stale, tagged},
        id,
    },
    compat::kandid::{
        CampaignBody, CampaignPatchBody, CampaignWhole, CreatedCampaign, Either, EitherJson, NewCampaignBody, NewCampaignFields, Refusal,
        messages,
    },
    store::Store,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    CampaignId, Error, Services,
    campaigns::{Campaign, CampaignAction, CampaignEdit, CampaignPatch},
};

/// Meaning of the header `Prefer`.
const STRICT: &str = "`handling=strict` refuses members that nobody knows; otherwise they are ignored, as the outreach contract needs";

/// A 201, as in the contract.
fn created(store: &Store, campaign: Campaign) -> Response {
    let headers = [(header::LOCATION, format!("/api/campaigns/{}", campaign.id)), (header::ETAG, format!("\"{}\"", campaign.revision))];
    (StatusCode::CREATED, headers, Json(CreatedCampaign::new(campaign, store.clock.now()))).into_response()
}

/// Creates a campaign; without `steps` it gets the starter sequence.
#[utoipa::path(post, path = "/api/campaigns", tags = ["campaigns", "Kandid"], params(("prefer" = Option<String>, Header, description = STRICT)), request_body(content = NewCampaignBody, example = json!({ "name": "Spring" })), responses((status = 201, body = CreatedCampaign)))]
pub(super) async fn create(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    EitherJson(new): EitherJson<NewCampaignFields>,
) -> Result<Response, Refusal> {
    Ok(created(&store, services.campaigns.create(&actor, new.value.read()?).await?))
}

/// Duplicates a campaign: a draft with the same texts and steps, without leads.
#[utoipa::path(post, path = "/api/campaigns/{id}/duplicate", params(("id" = CampaignId, Path)), responses((status = 201, body = CreatedCampaign)))]
pub(super) async fn duplicate(
    State(services): State<Services>,
    State(store): State<Store>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    Ok(created(&store, services.campaigns.duplicate(&actor, id("Campaign", &path)?).await?))
}

/// A campaign. Send its `ETag` as `If-Match` with an edit.
#[utoipa::path(get, path = "/api/campaigns/{id}", tags = ["campaigns", "Kandid"], params(("id" = CampaignId, Path)), responses((status = 200, body = CampaignWhole)))]
pub(super) async fn get(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    let id: CampaignId = id("Campaign", &path)?;
    let campaign = services.campaigns.get(&actor, id).await?.ok_or_else(|| Error::not_found("Campaign", id))?;
    Ok(answer(campaign.data))
}

/// Sets only the given fields, `PUT` and `PATCH` alike.
#[utoipa::path(method(put, patch), path = "/api/campaigns/{id}", tags = ["campaigns", "Kandid"], params(("id" = CampaignId, Path), ("if-match" = Option<String>, Header), ("prefer" = Option<String>, Header, description = STRICT)), request_body = CampaignPatchBody, responses((status = 200, body = CampaignWhole), (status = 409, body = StaleEdit<CampaignBody, CampaignPatch>, content_type = "application/problem+json", description = "Changed by someone else, or taken")))]
pub(super) async fn update(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    headers: HeaderMap,
    EitherJson(Either { value: set, .. }): EitherJson<CampaignPatch>,
) -> Result<Response, Refusal> {
    let id: CampaignId = id("Campaign", &path)?;
    let edit = CampaignEdit { revision: expected(&headers)?, ..CampaignEdit::set(set.clone()) };
    match services.campaigns.update(&actor, id, edit).await {
        Ok(campaign) => Ok(answer(campaign)),
        Err(error) => match &error {
            Error::Stale { theirs, .. } => Ok(stale(&error, theirs.as_campaign().cloned().map(CampaignBody::from), set)),
            _ => Err(error.into()),
        },
    }
}

/// Campaign: {action}. 409 with the possible actions when this one is not possible now.
#[utoipa::path(post, path = "/api/campaigns/{id}/{action}", params(("id" = CampaignId, Path)), responses((status = 200, body = CampaignWhole)))]
pub(super) async fn act(
    action: CampaignAction,
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    Ok(answer(services.campaigns.act(&actor, id("Campaign", &path)?, action).await?))
}

/// Deletes a campaign. Its leads stay.
#[utoipa::path(delete, path = "/api/campaigns/{id}", tags = ["campaigns", "Kandid"], params(("id" = CampaignId, Path)), responses((status = 200, body = Deleted)))]
pub(super) async fn delete(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Json<Deleted>, Refusal> {
    let undo = services.campaigns.delete(&actor, id("Campaign", &path)?).await?;
    Ok(Json(Deleted { message: messages::CAMPAIGN_DELETED, undo }))
}

fn answer(campaign: Campaign) -> Response {
    tagged(campaign.revision, CampaignWhole::from(campaign))
}
