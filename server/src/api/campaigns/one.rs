//! One campaign: read, create, edit, start, pause, duplicate, delete.

use super::{Body, Whole};
use crate::{
    api::{
        Asker, Deleted,
        etag::{StaleEdit, expected, stale, tagged},
        id,
        page::Meta,
    },
    http::{ApiError, ApiJson},
    store::Store,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    CampaignId, Error, Result, Services,
    campaigns::{Campaign, CampaignAction, CampaignEdit, CampaignPatch, CampaignStatus, NewCampaign, Step},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Looser than `NewCampaign`, because the contract needs 400 where the native API answers 422.
#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = NewCampaign)]
pub(super) struct New {
    #[schema(value_type = String)]
    name: Value,
    description: Option<String>,
    #[schema(value_type = Option<CampaignStatus>)]
    status: Option<Value>,
    steps: Option<Vec<Step>>,
}

impl New {
    fn read(self) -> Result<NewCampaign> {
        let name = self.name.as_str().filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| Error::Malformed("Campaign name is required".to_owned()))?.to_owned();
        let status = self.status.map(serde_json::from_value).transpose();
        let status = status.map_err(|_| Error::Malformed("Invalid status".to_owned()))?.unwrap_or_default();
        Ok(NewCampaign { name, description: self.description.unwrap_or_default(), status, steps: self.steps })
    }
}

/// Body of a 201, as in the contract.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CreatedCampaign)]
struct Created {
    message: &'static str,
    data: Body,
    meta: Meta,
}

fn created(store: &Store, campaign: Campaign) -> Response {
    let address = format!("/api/campaigns/{}", campaign.id);
    let (tag, meta) = (format!("\"{}\"", campaign.revision), Meta::new(store.clock.now(), None));
    let body = Created { message: "Campaign created successfully", data: campaign.into(), meta };
    (StatusCode::CREATED, [(header::LOCATION, address), (header::ETAG, tag)], Json(body)).into_response()
}

/// Creates a campaign; without `steps` it gets the starter sequence.
#[utoipa::path(post, path = "/api/campaigns", request_body = New, responses((status = 201, body = Created)))]
pub(super) async fn create(
    State(services): State<Services>,
    State(store): State<Store>,
    Asker(actor): Asker,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    Ok(created(&store, services.campaigns.create(&actor, new.read()?).await?))
}

/// Duplicates a campaign: a draft with the same texts and steps, without leads.
#[utoipa::path(post, path = "/api/campaigns/{id}/duplicate", params(("id" = CampaignId, Path)), responses((status = 201, body = Created)))]
pub(super) async fn duplicate(
    State(services): State<Services>,
    State(store): State<Store>,
    Asker(actor): Asker,
    Path(path): Path<String>,
) -> Result<Response, ApiError> {
    Ok(created(&store, services.campaigns.duplicate(&actor, id("Campaign", &path)?).await?))
}

/// A campaign. Send its `ETag` as `If-Match` with an edit.
#[utoipa::path(get, path = "/api/campaigns/{id}", params(("id" = CampaignId, Path)), responses((status = 200, body = Whole)))]
pub(super) async fn get(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<Response, ApiError> {
    let id: CampaignId = id("Campaign", &path)?;
    let campaign = services.campaigns.get(&actor, id).await?.ok_or_else(|| Error::not_found("Campaign", id))?;
    Ok(answer(campaign.data))
}

/// Sets only the given fields, `PUT` and `PATCH` alike.
#[utoipa::path(method(put, patch), path = "/api/campaigns/{id}", params(("id" = CampaignId, Path), ("if-match" = Option<String>, Header)), request_body = CampaignPatch, responses((status = 200, body = Whole), (status = 409, body = StaleEdit<CampaignPatch>, content_type = "application/problem+json", description = "Changed by someone else, or taken")))]
pub(super) async fn update(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
    headers: HeaderMap,
    ApiJson(set): ApiJson<CampaignPatch>,
) -> Result<Response, ApiError> {
    let id: CampaignId = id("Campaign", &path)?;
    let edit = CampaignEdit { revision: expected(&headers)?, ..CampaignEdit::set(set.clone()) };
    match services.campaigns.update(&actor, id, edit).await {
        Ok(campaign) => Ok(answer(campaign)),
        Err(error @ Error::Stale { .. }) => Ok(stale(error, &set)),
        Err(error) => Err(error.into()),
    }
}

/// Campaign: {action}. 409 with the possible actions when this one is not possible now.
#[utoipa::path(post, path = "/api/campaigns/{id}/{action}", params(("id" = CampaignId, Path)), responses((status = 200, body = Whole)))]
pub(super) async fn act(
    action: CampaignAction,
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
) -> Result<Response, ApiError> {
    Ok(answer(services.campaigns.act(&actor, id("Campaign", &path)?, action).await?))
}

/// Deletes a campaign. Its leads stay.
#[utoipa::path(delete, path = "/api/campaigns/{id}", params(("id" = CampaignId, Path)), responses((status = 200, body = Deleted)))]
pub(super) async fn delete(
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
) -> Result<Json<Deleted>, ApiError> {
    let undo = services.campaigns.delete(&actor, id("Campaign", &path)?).await?;
    Ok(Json(Deleted { message: "Campaign deleted successfully", undo }))
}

fn answer(campaign: Campaign) -> Response {
    tagged(campaign.revision, Whole::from(campaign))
}
