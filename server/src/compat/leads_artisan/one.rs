//! One lead: create, read, update, delete.

use super::{
    TAG,
    errors::{Flaw, Loc, Refusal, Said},
    input::{self, LeadCreate, LeadUpdate},
    lead::LeadBody,
    list::body as answer,
    query::Parameters,
};
use crate::http::CurrentActor;
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use domain::{Actor, Error, LeadId, Permission, Services, leads::LeadEdit};

/// Adds a lead.
///
/// `user_id` is optional: who is signed in is known. An unknown stage is 422. `status` follows from `engaged`, so that another one is 422.
/// `stage_updated_at` and `stage_history` are ours. The whole e-mail is lower-cased.
#[utoipa::path(
    post, path = "/api/v1/leads/", tag = TAG,
    params(("user_id" = Option<String>, Query, description = "Comes back as `userId` on the sockets", max_length = 200)),
    request_body(content = LeadCreate, example = json!({ "name": "Ben Okafor", "email": "ben@example.com", "company": "Tern" })),
    responses((status = 201, body = LeadBody), (status = 409, body = Said, description = "Another lead has this e-mail"))
)]
pub(super) async fn create(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    mut parameters: Parameters,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<LeadBody>), Refusal> {
    let user_id = parameters.user_id();
    let sent = input::body(&headers, &bytes)?;
    let new = LeadCreate::read(&sent, parameters)?;
    let actor = Actor { on_behalf_of: user_id, ..actor };
    let lead = services.leads.create_without_required(&actor, new.into()).await.map_err(|error| Refusal::of_write(error, &sent))?;
    Ok((StatusCode::CREATED, Json(answer(&services, &actor, &lead).await?)))
}

/// A lead. A malformed id is 404, like an unknown one.
#[utoipa::path(
    get, path = "/api/v1/leads/{id}", tag = TAG, params(("id" = LeadId, Path)),
    responses((status = 200, body = LeadBody), (status = 404, body = Said, description = "No such lead"))
)]
pub(super) async fn get(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    Path(id): Path<String>,
) -> Result<Json<LeadBody>, Refusal> {
    let lead = match id.parse() {
        Ok(known) => services.leads.get(&actor, known).await?,
        Err(_) => None,
    };
    Ok(Json(answer(&services, &actor, &lead.ok_or_else(|| Refusal::no_lead(&id))?).await?))
}

/// Sets the given fields.
///
/// The lead is checked before it is written: an invalid value, an unknown stage, or another lead's e-mail changes nothing. `engaged` decides
/// over `status`.
#[utoipa::path(
    put, path = "/api/v1/leads/{id}", tag = TAG,
    params(("id" = LeadId, Path), ("user_id" = Option<String>, Query, description = "Comes back as `userId` on the sockets", max_length = 200)),
    request_body = LeadUpdate,
    responses(
        (status = 200, body = LeadBody),
        (status = 404, body = Said, description = "No such lead"),
        (status = 409, body = Said, description = "Another lead has this e-mail"),
    )
)]
pub(super) async fn update(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    Path(id): Path<String>,
    mut parameters: Parameters,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Json<LeadBody>, Refusal> {
    actor.require(Permission::WriteLeads)?;
    let user_id = parameters.user_id();
    let sent = input::body(&headers, &bytes)?;
    let mut flaws = parameters.flaws();
    if !sent.is_object() {
        flaws.push(Flaw::new("dict_type", [Loc::from("body")], "Input should be a valid dictionary", &sent));
    }
    if !flaws.is_empty() {
        return Err(Refusal::Flaws(flaws));
    }
    let known: LeadId = id.parse().map_err(|_| Refusal::no_lead(&id))?;
    let actor = Actor { on_behalf_of: user_id, ..actor };
    let lead = services.leads.get(&actor, known).await?.ok_or_else(|| Refusal::no_lead(&id))?;
    let served = serde_json::to_value(answer(&services, &actor, &lead).await?).map_err(|_| Error::Internal)?;
    let edit = LeadEdit::set(LeadUpdate::read(&sent, &served)?.patch());
    let lead = services.leads.update(&actor, known, edit).await.map_err(|error| match error {
        Error::NotFound { .. } => Refusal::no_lead(&id),
        error => Refusal::of_write(error, &sent),
    })?;
    Ok(Json(answer(&services, &actor, &lead).await?))
}

/// Deletes a lead and answers with it. An unknown or malformed id is 404.
#[utoipa::path(
    delete, path = "/api/v1/leads/{id}", tag = TAG,
    params(("id" = LeadId, Path), ("user_id" = Option<String>, Query, description = "Comes back as `userId` on the sockets", max_length = 200)),
    responses((status = 200, body = LeadBody), (status = 404, body = Said, description = "No such lead"))
)]
pub(super) async fn delete(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    Path(id): Path<String>,
    mut parameters: Parameters,
) -> Result<Json<LeadBody>, Refusal> {
    actor.require(Permission::WriteLeads)?;
    let user_id = parameters.user_id();
    parameters.check()?;
    let known: LeadId = id.parse().map_err(|_| Refusal::no_lead(&id))?;
    let lead = services.leads.get(&actor, known).await?.ok_or_else(|| Refusal::no_lead(&id))?;
    let actor = Actor { on_behalf_of: user_id, ..actor };
    match services.leads.delete(&actor, known).await {
        Err(Error::NotFound { .. }) => return Err(Refusal::no_lead(&id)),
        done => done?,
    };
    Ok(Json(answer(&services, &actor, &lead).await?))
}
