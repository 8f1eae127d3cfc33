//! One lead: read, create, edit, delete; its timeline and notes.

use crate::{
    api::{
        ApiActor, Deleted,
        etag::{StaleEdit, expected, stale, tagged},
        id,
    },
    compat::kandid::{self, Either, EitherJson, LeadBody, LeadPatchBody, NewLeadBody, Refusal, messages},
    http::{ApiError, ApiJson},
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{
    Error, LeadId, NoteId, Result, Services,
    leads::{EditedNote, Lead, LeadEdit, LeadPatch, NewLead, Note, StageMove, TimelineItem},
};
use serde::{Deserialize, Serialize};

/// Meaning of the header `Prefer`.
const STRICT: &str = "`handling=strict` refuses members that nobody knows; otherwise they are ignored, as the outreach contract needs";

/// Creates a lead, and enrolls it in the campaign `campaignId`, if one is given.
#[utoipa::path(post, path = "/api/leads", tags = ["leads", "Kandid"], params(("prefer" = Option<String>, Header, description = STRICT)), request_body(content = NewLeadBody, example = json!({ "name": "Ben Okafor", "email": "ben@example.com" })), responses((status = 200, body = LeadBody, description = "Not 201, as older clients expect")))]
pub(super) async fn create(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    EitherJson(Either { value: new, said }): EitherJson<NewLead>,
) -> Result<Response, Refusal> {
    kandid::named(&new)?;
    let campaign = kandid::campaign(&said)?;
    let created = match campaign {
        Some(id) => services.campaigns.add_lead(&actor, id, new).await,
        None => services.leads.create(&actor, new).await,
    };
    let lead = created.map_err(|error| said.with_sent_names(error))?;
    Ok(tagged(lead.revision, LeadBody::at(lead, 0, campaign)))
}

/// A lead. Send its `ETag` as `If-Match` with an edit.
#[utoipa::path(get, path = "/api/leads/{id}", tags = ["leads", "Kandid"], params(("id" = LeadId, Path)), responses((status = 200, body = LeadBody)))]
pub(super) async fn get(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    let id: LeadId = id("Lead", &path)?;
    let lead = services.leads.get(&actor, id).await?.ok_or_else(|| Error::not_found("Lead", id))?;
    Ok(answer(lead))
}

/// Sets only the given fields, `PUT` and `PATCH` alike.
#[utoipa::path(method(put, patch), path = "/api/leads/{id}", tags = ["leads", "Kandid"], params(("id" = LeadId, Path), ("if-match" = Option<String>, Header), ("prefer" = Option<String>, Header, description = STRICT)), request_body = LeadPatchBody, responses((status = 200, body = LeadBody), (status = 409, body = StaleEdit<LeadBody, LeadPatchBody>, content_type = "application/problem+json", description = "Changed by someone else, or taken")))]
pub(super) async fn update(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    headers: HeaderMap,
    EitherJson(Either { value: set, said }): EitherJson<LeadPatch>,
) -> Result<Response, Refusal> {
    let id: LeadId = id("Lead", &path)?;
    let edit = LeadEdit { revision: expected(&headers)?, ..LeadEdit::set(set.clone()) };
    let error = match services.leads.update(&actor, id, edit).await {
        Ok(lead) => return Ok(answer(lead)),
        Err(error) => said.with_sent_names(error),
    };
    match &error {
        Error::Stale { theirs, .. } => {
            let theirs = theirs.as_lead().cloned().map(LeadBody::from);
            Ok(stale(&error, theirs, kandid::beside(&set)?))
        }
        _ => Err(error.into()),
    }
}

/// Deletes a lead.
#[utoipa::path(delete, path = "/api/leads/{id}", tags = ["leads", "Kandid"], params(("id" = LeadId, Path)), responses((status = 200, body = Deleted)))]
pub(super) async fn delete(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Json<Deleted>, Refusal> {
    let undo = services.leads.delete(&actor, id("Lead", &path)?).await?;
    Ok(Json(Deleted { message: messages::LEAD_DELETED, undo }))
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Timeline {
    /// Newest first, at most 200.
    data: Vec<TimelineItem>,
    /// Whether older items exist.
    older: bool,
    stage_history: Vec<StageMove>,
    /// Includes every change up to this one.
    as_of: i64,
}

/// The timeline of a lead.
#[utoipa::path(get, path = "/api/leads/{id}/timeline", params(("id" = LeadId, Path)), responses((status = 200, body = Timeline)))]
pub(super) async fn timeline(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<Json<Timeline>, ApiError> {
    let id: LeadId = id("Lead", &path)?;
    let found = services.leads.detail(&actor, id).await?.ok_or_else(|| Error::not_found("Lead", id))?;
    Ok(Json(Timeline { data: found.data.timeline, older: found.data.older, stage_history: found.data.stage_history, as_of: found.as_of }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNote {
    body: String,
}

/// Adds a note to a lead.
#[utoipa::path(post, path = "/api/leads/{id}/notes", params(("id" = LeadId, Path)), request_body(content = NewNote, example = json!({ "body": "Called" })), responses((status = 201, body = Note)))]
pub(super) async fn add_note(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(new): ApiJson<NewNote>,
) -> Result<(StatusCode, Json<Note>), ApiError> {
    let note = services.leads.add_note(&actor, id("Lead", &path)?, &new.body).await?;
    Ok((StatusCode::CREATED, Json(note)))
}

/// Edits a note of the caller. Returns the note, and the change to undo it.
#[utoipa::path(method(put, patch), path = "/api/notes/{id}", params(("id" = NoteId, Path)), request_body(content = NewNote, example = json!({ "body": "Called" })), responses((status = 200, body = EditedNote)))]
pub(super) async fn edit_note(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
    ApiJson(new): ApiJson<NewNote>,
) -> Result<Json<EditedNote>, ApiError> {
    Ok(Json(services.leads.edit_note(&actor, id("Note", &path)?, &new.body).await?))
}

/// Deletes a note.
#[utoipa::path(delete, path = "/api/notes/{id}", params(("id" = NoteId, Path)), responses((status = 204)))]
pub(super) async fn delete_note(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    Path(path): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id: NoteId = id("Note", &path)?;
    services.leads.delete_note(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The lead with its revision as entity tag.
fn answer(lead: Lead) -> Response {
    tagged(lead.revision, LeadBody::from(lead))
}
