//! `/api/imports`: a file in, its options, its progress, its rejected rows.

use super::{Asker, id};
use crate::{
    http::{ApiError, ApiJson, App, Credential},
    imports::Imports,
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Query, Request, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use domain::{
    Actor, Error, ImportId, Permission, Services,
    imports::{Import, ImportOptions},
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use serde::Deserialize;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/imports/{id}", get(one).delete(discard))
        .route("/api/imports/{id}/start", post(start))
        .route("/api/imports/{id}/cancel", post(cancel))
        .route("/api/imports/{id}/undo", post(undo))
        .route("/api/imports/{id}/continue", post(go_on))
        .route("/api/imports/{id}/errors.csv", get(errors))
        .route("/api/imports/{id}/incomplete.csv", get(incomplete))
}

pub fn uploads() -> Router<App> {
    Router::new().route("/api/imports", get(list).post(receive)).layer(DefaultBodyLimit::disable())
}

type Answer<T> = Result<T, ApiError>;

async fn list(Asker(actor): Asker, State(services): State<Services>) -> Answer<Json<Vec<Import>>> {
    Ok(Json(services.imports.list(&actor).await?.data))
}

async fn one(Asker(actor): Asker, State(services): State<Services>, Path(path): Path<String>) -> Answer<Json<Import>> {
    let wanted = id("Import", &path)?;
    let found = services.imports.get(&actor, wanted).await?.ok_or_else(|| Error::not_found("Import", wanted))?;
    Ok(Json(found.data))
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

/// A form with the field `file`, or the file itself with its name in `?name=`.
/// Answers 201 and the import; a browser's form goes on to the import's page.
async fn receive(
    Asker(actor): Asker,
    credential: Credential,
    State(app): State<App>,
    Query(Named { name }): Query<Named>,
    request: Request,
) -> Answer<Response> {
    let (page, form) = (says(&request, &header::ACCEPT, "text/html"), says(&request, &header::CONTENT_TYPE, "multipart/form-data"));
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

/// Behind the last piece of a file, whether its sender still may import: an upload takes minutes, and access ends within seconds.
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
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| Error::Malformed(error.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or_default().to_owned();
            let file = field.map(|part| part.map_err(|error| broken(&error)));
            return Ok(app.imports.receive(actor, &name, allowed_to_its_end(file, app, credential)).await?);
        }
    }
    Err(Error::invalid("file", "Choose a file to import").into())
}

/// The upload stopped half-way; what had come is thrown away.
fn broken(error: &impl std::error::Error) -> Error {
    Error::Malformed(format!("The upload broke off ({error}); send the file again"))
}

async fn start(
    Asker(actor): Asker,
    State(services): State<Services>,
    Path(path): Path<String>,
    ApiJson(options): ApiJson<ImportOptions>,
) -> Answer<Json<Import>> {
    Ok(Json(services.imports.start(&actor, id("Import", &path)?, options).await?))
}

async fn cancel(Asker(actor): Asker, State(services): State<Services>, Path(path): Path<String>) -> Answer<Json<Import>> {
    Ok(Json(services.imports.cancel(&actor, id("Import", &path)?).await?))
}

async fn go_on(Asker(actor): Asker, State(services): State<Services>, Path(path): Path<String>) -> Answer<Json<Import>> {
    Ok(Json(services.imports.go_on(&actor, id("Import", &path)?).await?))
}

async fn undo(Asker(actor): Asker, State(services): State<Services>, Path(path): Path<String>) -> Answer<Json<Import>> {
    Ok(Json(services.imports.undo(&actor, id("Import", &path)?).await?))
}

async fn discard(Asker(actor): Asker, State(services): State<Services>, Path(path): Path<String>) -> Answer<StatusCode> {
    services.imports.discard(&actor, id("Import", &path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn errors(Asker(actor): Asker, State(imports): State<Imports>, Path(path): Path<String>) -> Answer<Response> {
    rows_as_csv(&actor, &imports, id("Import", &path)?, false).await
}

async fn incomplete(Asker(actor): Asker, State(imports): State<Imports>, Path(path): Path<String>) -> Answer<Response> {
    rows_as_csv(&actor, &imports, id("Import", &path)?, true).await
}

async fn rows_as_csv(actor: &Actor, imports: &Imports, wanted: ImportId, imported: bool) -> Answer<Response> {
    let (name, rows) = imports.errors_csv(actor, wanted, imported).await?;
    // A browser keeps the name's letters; anything else could end the header.
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || " ._-".contains(c) { c } else { '_' }).collect();
    let rows = rows.map_err(|error| std::io::Error::other(error.to_string()));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(rows)).into_response())
}
