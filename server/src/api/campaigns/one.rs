//! One campaign: read, write, run, copy, delete.

use super::{Body, Whole};
use crate::{
    api::{
        Asker, Deleted,
        etag::{expected, stale, tagged},
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
    campaigns::{Campaign, CampaignAction, CampaignEdit, CampaignPatch, NewCampaign, Step},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Looser than `NewCampaign`, because the contract says 400 where others say 422.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct New {
    name: Value,
    description: Option<String>,
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

/// 201, as the contract has it.
#[derive(Serialize)]
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

pub(super) async fn create(
    State(services): State<Services>,
    State(store): State<Store>,
    Asker(actor): Asker,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    Ok(created(&store, services.campaigns.create(&actor, new.read()?).await?))
}

pub(super) async fn duplicate(
    State(services): State<Services>,
    State(store): State<Store>,
    Asker(actor): Asker,
    Path(path): Path<String>,
) -> Result<Response, ApiError> {
    Ok(created(&store, services.campaigns.duplicate(&actor, id("Campaign", &path)?).await?))
}

pub(super) async fn get(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<Response, ApiError> {
    let id: CampaignId = id("Campaign", &path)?;
    let campaign = services.campaigns.get(&actor, id).await?.ok_or_else(|| Error::not_found("Campaign", id))?;
    Ok(answer(campaign.data))
}

/// `PUT` and `PATCH` alike set only the fields that are named.
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

/// `start`, `pause`, `resume`, `complete` or `cancel`.
pub(super) async fn act(
    action: CampaignAction,
    State(services): State<Services>,
    Asker(actor): Asker,
    Path(path): Path<String>,
) -> Result<Response, ApiError> {
    Ok(answer(services.campaigns.act(&actor, id("Campaign", &path)?, action).await?))
}

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
