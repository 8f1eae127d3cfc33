//! `/api/exports`: leads and orders as files.

use super::{ApiActor, id};
use crate::{
    exports::Exports,
    http::{ApiError, ApiJson, App},
};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Error, ExportId, Services,
    exports::{Export, ExportFormat, ExportOf, NewExport},
    leads::Sort,
};
use futures::TryStreamExt;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, start)).routes(routes!(one, delete))
}

pub fn downloads() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(file))
}

/// The caller's newest 100 exports.
#[utoipa::path(get, path = "/api/exports", responses((status = 200, body = Vec<Export>)))]
async fn list(ApiActor(actor): ApiActor, State(services): State<Services>) -> Result<Json<Vec<Export>>, ApiError> {
    Ok(Json(services.exports.list(&actor).await?.data))
}

/// What to export, and how.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ExportStart)]
struct Start {
    /// `{"leads": {"rule": …}}`: all leads that match; `{"leads": {"leadIds": […]}}`: at most 10,000, in this order; `{"orders": {…}}`: all
    /// that fit `lead`, `customer`, `waiting`, `from`, `to` and `search`, newest first.
    #[schema(value_type = Object)]
    of: ExportOf,
    /// Order of the leads that match a rule. More than 10,000 are written in the order of their creation, newest first unless this is
    /// `createdAt`.
    #[serde(default)]
    #[schema(value_type = String, default = "-createdAt")]
    sort: Sort,
    /// Columns in order. Of leads: `id`, `name`, `email`, … as in the API, `custom` for all custom fields, `custom.<name>` for one. Of
    /// orders: `id`, `orderId`, `customer`, `leadId`, `leadName`, `amount`, `orderedAt`, `products`, `createdAt`. Empty: all.
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    format: ExportFormat,
    /// Begin a CSV with a byte order mark, by which spreadsheet programs know UTF-8.
    #[serde(default)]
    bom: bool,
}

/// Starts an export.
///
/// A small one is `done` with the answer; others continue in the background. The file is kept for 7 days.
/// Amounts are plain decimals, times ISO 8601 in UTC. In a CSV, text that begins like a formula has a `'` in front.
#[utoipa::path(
    post,
    path = "/api/exports",
    request_body(content = Start, example = json!({ "of": { "leads": { "rule": { "field": "stage", "op": "is", "value": "Negotiation" } } }, "columns": ["name", "email", "value"] })),
    responses((status = 201, body = Export))
)]
async fn start(
    ApiActor(actor): ApiActor,
    State(services): State<Services>,
    ApiJson(Start { of, sort, columns, format, bom }): ApiJson<Start>,
) -> Result<impl IntoResponse, ApiError> {
    let made = services.exports.start(&actor, NewExport { of, sort, columns, format, bom }).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/exports/{}", made.id))], Json(made)))
}

/// An export and its progress.
#[utoipa::path(get, path = "/api/exports/{id}", params(("id" = ExportId, Path)), responses((status = 200, body = Export)))]
async fn one(ApiActor(actor): ApiActor, State(services): State<Services>, Path(path): Path<String>) -> Result<Json<Export>, ApiError> {
    let wanted = id("Export", &path)?;
    let found = services.exports.get(&actor, wanted).await?.ok_or_else(|| Error::not_found("Export", wanted))?;
    Ok(Json(found.data))
}

/// Stops an export that runs, and deletes it with its file.
#[utoipa::path(delete, path = "/api/exports/{id}", params(("id" = ExportId, Path)), responses((status = 204)))]
async fn delete(ApiActor(actor): ApiActor, State(services): State<Services>, Path(path): Path<String>) -> Result<StatusCode, ApiError> {
    services.exports.delete(&actor, id("Export", &path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The file, for whoever made the export and for administrators. Takes `Range` with one range of bytes.
#[utoipa::path(
    get,
    path = "/api/exports/{id}/file",
    params(("id" = ExportId, Path)),
    responses(
        (status = 200, content((String = "text/csv"), (String = "application/jsonl"))),
        (status = 206, description = "The range of the file"),
        (status = 416, description = "No byte of the file is in the range")
    )
)]
async fn file(
    ApiActor(actor): ApiActor,
    State(exports): State<Exports>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let export = exports.fetch(&actor, id("Export", &path)?).await?;
    let size = export.bytes.unsigned_abs();
    let tag = format!("\"{}\"", export.id);
    let asked = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let range = asked(header::RANGE).filter(|_| asked(header::IF_RANGE).is_none_or(|known| known == tag));
    let (status, from, to) = match range.and_then(|range| read_range(range, size)) {
        None => (StatusCode::OK, 0, size),
        Some((from, to)) if from < to => (StatusCode::PARTIAL_CONTENT, from, to),
        Some(_) => return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{size}"))]).into_response()),
    };
    let kind = match export.format {
        ExportFormat::Csv => "text/csv; charset=utf-8",
        ExportFormat::Lines => "application/jsonl",
    };
    let bytes = exports.bytes(&export, from, to).map_err(|error| std::io::Error::other(error.to_string()));
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", export.file)),
            (header::CONTENT_LENGTH, (to - from).to_string()),
            (header::ACCEPT_RANGES, "bytes".to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::ETAG, tag),
        ],
        Body::from_stream(bytes),
    )
        .into_response();
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(range) = format!("bytes {from}-{}/{size}", to - 1).parse()
    {
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

/// The first byte and the one behind the last; not in this order for a range outside of the file. `None`: not one range of bytes, which is
/// ignored.
fn read_range(text: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    match (first.trim().parse::<u64>().ok(), last.trim()) {
        (Some(from), "") => Some((from, size)),
        (Some(from), last) => Some((from, last.parse::<u64>().ok().filter(|last| *last >= from)?.saturating_add(1).min(size))),
        (None, last) if first.trim().is_empty() => Some((size.saturating_sub(last.parse().ok()?), size)),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::read_range;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        for (text, read) in [
            ("bytes=0-0", Some((0, 1))),
            ("bytes=10-", Some((10, 100))),
            ("bytes=-10", Some((90, 100))),
            ("bytes=-1000", Some((0, 100))),
            ("bytes=90-1000", Some((90, 100))),
            ("bytes=100-", Some((100, 100))),
            ("bytes=-0", Some((100, 100))),
            ("bytes=5-4", None),
            ("bytes=0-1,4-5", None),
            ("lines=0-1", None),
            ("bytes=x-", None),
        ] {
            assert_eq!(read_range(text, 100), read, "{text}");
        }
    }
}
