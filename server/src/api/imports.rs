//! `/api/imports`: upload, options, progress, rejected rows.

use super::{
    ApiActor,
    form_file::{Form, broken},
    id,
};
use crate::{
    http::{ApiError, ApiJson, App, Credential},
    imports::Imports,
};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    Actor, CampaignId, Error, ImportId, Permission, Services,
    imports::{ForeignAmounts, Import, ImportKind, ImportOptions, OnDuplicate, Target},
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(one, discard))
        .routes(routes!(start))
        .routes(routes!(cancel))
        .routes(routes!(undo))
        .routes(routes!(go_on))
        .routes(routes!(errors))
        .routes(routes!(incomplete))
}

pub fn uploads() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, receive)).layer(DefaultBodyLimit::disable())
}

type Answer<T> = Result<T, ApiError>;

/// The newest 100 imports.
#[utoipa::path(get, path = "/api/imports", responses((status = 200, body = Vec<Import>)))]
async fn list(ApiActor(actor): ApiActor, State(services): State<Services>) -> Answer<Json<Vec<Import>>> {
    Ok(Json(services.imports.list(&actor).await?.data))
}

/// An import and its progress.
#[utoipa::path(get, path = "/api/imports/{id}", params(("id" = ImportId, Path)), responses((status = 200, body = Import)))]
async fn one(ApiActor(actor): ApiActor, State(services): State<Services>, Path(path): Path<String>) -> Answer<Json<Import>> {
    let wanted = id("Import", &path)?;
    let found = services.imports.get(&actor, wanted).await?.ok_or_else(|| Error::not_found("Import", wanted))?;
    Ok(Json(found.data))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Named {
    /// Name of the file, when the body is the file itself.
    name: Option<String>,
}

/// The form of a page.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what is read as a stream")]
struct Upload {
    /// CSV, in UTF-8, UTF-16 or Windows-1252.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Uploads a file of leads or orders to import.
///
/// A form with the field `file`, which begins within its first 64 KiB, or the file itself with its name in `?name=`.
#[utoipa::path(post, path = "/api/imports", params(Named), request_body(content((Upload = "multipart/form-data"), (String = "text/csv"))), responses((status = 201, body = Import), (status = 303, description = "For a form of a page: to the page of the import")))]
async fn receive(
    ApiActor(actor): ApiActor,
    credential: Credential,
    State(app): State<App>,
    Query(Named { name }): Query<Named>,
    request: Request,
) -> Answer<Response> {
    let (page, form) = (says(&request, &header::ACCEPT, "text/html"), says(&request, &header::CONTENT_TYPE, "multipart/form-data"));
    // Before anything of the body is read.
    actor.require(Permission::Import)?;
    let import = if form {
        from_form(&app, &actor, credential, request).await?
    } else {
        let body = request.into_body().into_data_stream().map_err(|error| broken(&error));
        app.imports.receive(&actor, name.as_deref().unwrap_or_default(), allowed_to_its_end(body, &app, credential)).await?
    };
    let address = format!("/imports/{}", import.id);
    Ok(if page {
        Redirect::to(&address).into_response()
    } else {
        (StatusCode::CREATED, [(header::LOCATION, address)], Json(import)).into_response()
    })
}

fn says(request: &Request, name: &HeaderName, what: &str) -> bool {
    request.headers().get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(what))
}

/// Rechecks the right to import at the end of the upload, because an upload takes minutes and access can end meanwhile.
fn allowed_to_its_end<S>(file: S, app: &App, Credential(secret): Credential) -> impl Stream<Item = domain::Result<Bytes>> + Send
where
    S: Stream<Item = domain::Result<Bytes>> + Send,
{
    let accounts = app.services.accounts.clone();
    file.chain(stream::once(async move {
        accounts.actor(&secret).await?.ok_or(Error::Unauthorized)?.require(Permission::Import)?;
        Ok(Bytes::new())
    }))
}

async fn from_form(app: &App, actor: &Actor, credential: Credential, request: Request) -> Answer<Import> {
    let mut form = Form::of(request).await?;
    loop {
        let field = form.next().await?;
        if field.is_file() {
            let (name, file) = field.into_file();
            return Ok(app.imports.receive(actor, &name, allowed_to_its_end(file, app, credential)).await?);
        }
    }
}

/// `ImportOptions` of a request. Unknown members are refused here alone, because older imports may have members that are gone.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = ImportStart)]
struct Start {
    /// What the file holds; absent means what its headers say (`options.kind` of the upload).
    kind: Option<ImportKind>,
    /// One target per column of the file; empty means the guessed ones.
    mapping: Vec<Target>,
    /// Only for leads: an order that is there is never changed.
    on_duplicate: OnDuplicate,
    foreign_amounts: ForeignAmounts,
    /// Added to every new or updated lead; only for leads.
    tags: Vec<String>,
    /// The campaign in which every new or updated lead is enrolled; only for leads.
    campaign_id: Option<CampaignId>,
}

/// Checks the mapping and starts the import, which runs in the background.
#[utoipa::path(post, path = "/api/imports/{id}/start", params(("id" = ImportId, Path)), request_body = Start, responses((status = 200, body = Import)))]
async fn start(
    ApiActor(actor): ApiActor,
    State(services): State<Services>,
    Path(path): Path<String>,
    ApiJson(Start { kind, mapping, on_duplicate, foreign_amounts, tags, campaign_id }): ApiJson<Start>,
) -> Answer<Json<Import>> {
    let options = ImportOptions { kind, mapping, on_duplicate, foreign_amounts, tags, campaign_id };
    Ok(Json(services.imports.start(&actor, id("Import", &path)?, options).await?))
}

/// Stops an import. What it wrote so far stays and can be undone.
#[utoipa::path(post, path = "/api/imports/{id}/cancel", params(("id" = ImportId, Path)), responses((status = 200, body = Import)))]
async fn cancel(ApiActor(actor): ApiActor, State(services): State<Services>, Path(path): Path<String>) -> Answer<Json<Import>> {
    Ok(Json(services.imports.cancel(&actor, id("Import", &path)?).await?))
}

/// Continues an import that paused on a full disk, or because its actor may no longer import.
#[utoipa::path(post, path = "/api/imports/{id}/continue", params(("id" = ImportId, Path)), responses((status = 200, body = Import)))]
async fn go_on(ApiActor(actor): ApiActor, State(services): State<Services>, Path(path): Path<String>) -> Answer<Json<Import>> {
    Ok(Json(services.imports.go_on(&actor, id("Import", &path)?).await?))
}

/// Undoes an import: deletes its orders, or its new leads that nobody worked on, and restores the old values of updated leads.
#[utoipa::path(post, path = "/api/imports/{id}/undo", params(("id" = ImportId, Path)), responses((status = 200, body = Import)))]
async fn undo(ApiActor(actor): ApiActor, State(services): State<Services>, Path(path): Path<String>) -> Answer<Json<Import>> {
    Ok(Json(services.imports.undo(&actor, id("Import", &path)?).await?))
}

/// Removes an upload that was never started.
#[utoipa::path(delete, path = "/api/imports/{id}", params(("id" = ImportId, Path)), responses((status = 204)))]
async fn discard(ApiActor(actor): ApiActor, State(services): State<Services>, Path(path): Path<String>) -> Answer<StatusCode> {
    services.imports.discard(&actor, id("Import", &path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The rejected rows, with the reason for each.
#[utoipa::path(get, path = "/api/imports/{id}/errors.csv", params(("id" = ImportId, Path)), responses((status = 200, body = String, content_type = "text/csv")))]
async fn errors(ApiActor(actor): ApiActor, State(imports): State<Imports>, Path(path): Path<String>) -> Answer<Response> {
    rows_as_csv(&actor, &imports, id("Import", &path)?, false).await
}

/// The rows that were imported without their unreadable cells.
#[utoipa::path(get, path = "/api/imports/{id}/incomplete.csv", params(("id" = ImportId, Path)), responses((status = 200, body = String, content_type = "text/csv")))]
async fn incomplete(ApiActor(actor): ApiActor, State(imports): State<Imports>, Path(path): Path<String>) -> Answer<Response> {
    rows_as_csv(&actor, &imports, id("Import", &path)?, true).await
}

async fn rows_as_csv(actor: &Actor, imports: &Imports, wanted: ImportId, imported: bool) -> Answer<Response> {
    let (name, rows) = imports.errors_csv(actor, wanted, imported).await?;
    // Only safe characters: others could end the header value.
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || " ._-".contains(c) { c } else { '_' }).collect();
    let rows = rows.map_err(|error| std::io::Error::other(error.to_string()));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(rows)).into_response())
}
