//! `/api/changes`: undo of single changes.

use super::{ApiActor, id};
use crate::{
    compat::kandid::{CampaignBody, LeadBody},
    http::{ApiError, App},
};
use axum::{
    Json,
    extract::{Path, State},
};
use domain::{ChangeId, Error, Record, Services, leads::Note, views::View};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(undo))
}

/// The restored record, in one of these fields.
#[derive(Serialize, utoipa::ToSchema)]
struct Undone {
    message: &'static str,
    /// `null` when its creation was undone, or when the change is not of a lead.
    lead: Option<LeadBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<CampaignBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<View>,
    /// Records of other kinds, each in a member with the name of its kind.
    #[serde(flatten)]
    others: BTreeMap<&'static str, serde_json::Value>,
}

/// Undoes a single change, such as one of a lead, a note, a campaign or a saved view.
#[utoipa::path(post, path = "/api/changes/{id}/undo", params(("id" = ChangeId, Path)), responses((status = 200, body = Undone)))]
async fn undo(State(services): State<Services>, ApiActor(actor): ApiActor, Path(path): Path<String>) -> Result<Json<Undone>, ApiError> {
    let mut undone = Undone { message: "Change undone", lead: None, note: None, campaign: None, view: None, others: BTreeMap::new() };
    match services.changes.undo(&actor, id("Change", &path)?).await? {
        Some(Record::Lead(lead)) => undone.lead = Some(LeadBody::from(*lead)),
        Some(Record::Note(note)) => undone.note = Some(note),
        Some(Record::Campaign(campaign)) => undone.campaign = Some(CampaignBody::from(*campaign)),
        Some(Record::View(view)) => undone.view = Some(*view),
        Some(record) => {
            let name = record.entity().as_str();
            let mut value = serde_json::to_value(record).map_err(|_| Error::Internal)?;
            if let Some(members) = value.as_object_mut() {
                members.remove("entity");
            }
            undone.others.insert(name, value);
        }
        None => {}
    }
    Ok(Json(undone))
}
