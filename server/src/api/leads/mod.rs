//! `/api/leads` and what belongs to a lead. The shapes are those of the outreach contract, with more members.

mod list;
mod one;

use crate::http::App;
use axum::{
    Router,
    routing::{get, patch, post},
};
use domain::{LeadId, leads::Lead};
use serde::Serialize;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/leads", get(list::list).post(one::create))
        .route("/api/leads/board", get(list::board))
        .route("/api/leads/{id}", get(one::get).put(one::update).patch(one::update).delete(one::delete))
        .route("/api/leads/{id}/timeline", get(one::timeline))
        .route("/api/leads/{id}/notes", post(one::add_note))
        .route("/api/notes/{id}", patch(one::edit_note).put(one::edit_note).delete(one::delete_note))
}

/// A lead as the replaced outreach clients read it too.
#[derive(Serialize)]
pub(in crate::api) struct Body {
    #[serde(flatten)]
    lead: Lead,
    #[serde(rename = "_id")]
    same_id: LeadId,
    /// The step of the campaign that the lead is in; 0 is not started.
    #[serde(rename = "sequenceStep")]
    step: i64,
}

impl From<Lead> for Body {
    fn from(lead: Lead) -> Self {
        Self::at(lead, 0)
    }
}

impl Body {
    pub(super) fn at(lead: Lead, step: i64) -> Self {
        Self { same_id: lead.id, step, lead }
    }
}
