//! `/api/linkedin-accounts`: people's own profiles.

use super::{
    either::{AlsoCalled, Either, EitherJson, Pair},
    messages::Refusal,
};
use crate::http::{App, CurrentActor};
use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    ChangeId, Error, ProfileId, Result, Services, UserId,
    profiles::{NewProfile, Profile, ProfilePatch},
};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

const ENTITY: &str = "LinkedIn account";

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

/// A profile in a response.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct LinkedInAccount {
    #[serde(flatten)]
    profile: Profile,
    #[serde(rename = "_id")]
    same_id: ProfileId,
    /// The contract's name of `owner`.
    user_id: UserId,
    /// Made from the name, as in the contract. Nobody receives mail there.
    email: String,
}

impl From<Profile> for LinkedInAccount {
    fn from(profile: Profile) -> Self {
        let email = format!("{}@linkedin.com", profile.name.to_lowercase().replacen(' ', ".", 1));
        Self { same_id: profile.id, user_id: profile.owner, email, profile }
    }
}

impl AlsoCalled for NewProfile {
    const PAIRS: &'static [Pair] = &[];
}

impl AlsoCalled for ProfilePatch {
    const PAIRS: &'static [Pair] = &[];
}

type NewProfileBody = Either<NewProfile>;
type ProfilePatchBody = Either<ProfilePatch>;

/// Parses an id from a path. A malformed id is `NotFound`, like an unknown one.
fn id(path: &str) -> Result<ProfileId> {
    path.parse().map_err(|_| Error::not_found(ENTITY, path.chars().take(60).collect::<String>()))
}

/// The error in the contract's words.
fn renamed(error: Error) -> Error {
    match error {
        Error::NotFound { id, .. } => Error::not_found(ENTITY, id),
        other => other,
    }
}

/// The caller's profiles, newest first; for administrators everyone's, at most 1,000.
#[utoipa::path(get, path = "/api/linkedin-accounts", tag = "Kandid", responses((status = 200, body = Vec<LinkedInAccount>)))]
async fn list(State(services): State<Services>, CurrentActor(actor): CurrentActor) -> Result<Json<Vec<LinkedInAccount>>, Refusal> {
    Ok(Json(services.profiles.list(&actor).await?.into_iter().map(LinkedInAccount::from).collect()))
}

/// Adds a profile of the caller.
// Deviation: the original takes any text as the address and the limits; an API key has no profiles.
#[utoipa::path(post, path = "/api/linkedin-accounts", tag = "Kandid", request_body(content = NewProfileBody, example = json!({ "name": "Ana Tern", "linkedinUrl": "https://www.linkedin.com/in/ana-tern" })), responses((status = 200, body = LinkedInAccount, description = "Not 201, as the contract's clients expect")))]
async fn create(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    EitherJson(Either { value: new, .. }): EitherJson<NewProfile>,
) -> Result<Json<LinkedInAccount>, Refusal> {
    Ok(Json(services.profiles.create(&actor, new).await?.into()))
}

/// A profile of the caller.
// Deviation: the original shows everyone's.
#[utoipa::path(get, path = "/api/linkedin-accounts/{id}", tag = "Kandid", params(("id" = ProfileId, Path)), responses((status = 200, body = LinkedInAccount)))]
async fn get(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    Path(path): Path<String>,
) -> Result<Json<LinkedInAccount>, Refusal> {
    let id = id(&path)?;
    let found = services.profiles.get(&actor, id).await?.ok_or_else(|| Error::not_found(ENTITY, id))?;
    Ok(Json(found.into()))
}

/// Sets only the given fields of a profile, `PUT` and `PATCH` alike.
// Deviation: the original changes everyone's, and answers 404 although it did.
#[utoipa::path(method(put, patch), path = "/api/linkedin-accounts/{id}", tag = "Kandid", params(("id" = ProfileId, Path)), request_body(content = ProfilePatchBody, example = json!({ "dailyLimit": 40 })), responses((status = 200, body = LinkedInAccount)))]
async fn update(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    Path(path): Path<String>,
    EitherJson(Either { value: set, .. }): EitherJson<ProfilePatch>,
) -> Result<Json<LinkedInAccount>, Refusal> {
    Ok(Json(services.profiles.update(&actor, id(&path)?, set).await.map_err(renamed)?.into()))
}

#[derive(Serialize, utoipa::ToSchema)]
struct DeletedAccount {
    message: &'static str,
    /// The change for `POST /api/changes/{id}/undo`.
    undo: ChangeId,
}

/// Deletes a profile.
#[utoipa::path(delete, path = "/api/linkedin-accounts/{id}", tag = "Kandid", params(("id" = ProfileId, Path)), responses((status = 200, body = DeletedAccount)))]
async fn delete(
    State(services): State<Services>,
    CurrentActor(actor): CurrentActor,
    Path(path): Path<String>,
) -> Result<Json<DeletedAccount>, Refusal> {
    let undo = services.profiles.delete(&actor, id(&path)?).await.map_err(renamed)?;
    Ok(Json(DeletedAccount { message: "LinkedIn account deleted successfully", undo }))
}
