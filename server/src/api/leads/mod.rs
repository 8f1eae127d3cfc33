//! `/api/leads`, notes and timelines. The shapes are those of the outreach contract, with more fields.

mod list;
mod one;

use crate::http::App;
use domain::{LeadId, leads::Lead};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, one::create))
        .routes(routes!(list::board))
        .routes(routes!(one::get, one::update, one::delete))
        .routes(routes!(one::timeline))
        .routes(routes!(one::add_note))
        .routes(routes!(one::edit_note, one::delete_note))
}

/// A lead, with the fields that clients of the outreach contract read.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = LeadBody)]
pub(in crate::api) struct Body {
    #[serde(flatten)]
    lead: Lead,
    #[serde(rename = "_id")]
    same_id: LeadId,
    /// The lead's step in its campaign; 0: not started.
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
