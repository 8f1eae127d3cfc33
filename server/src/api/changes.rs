//! `/api/changes`: undo of single changes.

use super::{Asker, id, leads::Body};
use crate::http::{ApiError, App};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::post,
};
use domain::{Record, Services, campaigns::Campaign, leads::Note, views::View};
use serde::Serialize;

pub fn routes() -> Router<App> {
    Router::new().route("/api/changes/{id}/undo", post(undo))
}

/// One of them is the record as it is now.
#[derive(Serialize)]
struct Undone {
    message: &'static str,
    /// `null` when its creation was undone, or when the change was none of a lead.
    lead: Option<Body>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<Campaign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<View>,
}

async fn undo(State(services): State<Services>, Asker(actor): Asker, Path(path): Path<String>) -> Result<Json<Undone>, ApiError> {
    let mut undone = Undone { message: "Change undone", lead: None, note: None, campaign: None, view: None };
    match services.changes.undo(&actor, id("Change", &path)?).await? {
        Some(Record::Lead(lead)) => undone.lead = Some(Body::from(*lead)),
        Some(Record::Note(note)) => undone.note = Some(note),
        Some(Record::Campaign(campaign)) => undone.campaign = Some(*campaign),
        Some(Record::View(view)) => undone.view = Some(*view),
        // None of these is undone here.
        Some(
            Record::Import(_)
            | Record::Bulk(_)
            | Record::Enrolment(_)
            | Record::Figures(_)
            | Record::User(_)
            | Record::ApiKey(_)
            | Record::Set(_),
        )
        | None => {}
    }
    Ok(Json(undone))
}
