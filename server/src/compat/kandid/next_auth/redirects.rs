//! The ways to sign in, and redirects to our own page of sign-in.

use super::{site, within};
use crate::http::{ApiError, ApiQuery, Peer, form};
use axum::{
    Json,
    response::{IntoResponse, Redirect},
};
use serde::{Deserialize, Serialize};

/// The ways to sign in.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Providers {
    credentials: Provider,
}

/// A way to sign in.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    id: &'static str,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    signin_url: String,
    callback_url: String,
}

/// The ways to sign in.
// Deviation: the original also lists Google. Linnet has no sign-in by Google.
#[utoipa::path(get, path = "/api/auth/providers", tag = "Kandid", responses((status = 200, body = Providers)))]
pub(super) async fn providers(peer: Peer) -> Result<impl IntoResponse, ApiError> {
    let site = site(&peer)?;
    let credentials = Provider {
        id: "credentials",
        name: "Credentials",
        kind: "credentials",
        signin_url: format!("{site}/api/auth/signin/credentials"),
        callback_url: format!("{site}/api/auth/callback/credentials"),
    };
    Ok(Json(Providers { credentials }))
}

#[derive(Deserialize, Default, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Where to go afterwards, within this site.
    callback_url: String,
    error: String,
}

/// Leads to the page of sign-in.
#[utoipa::path(get, path = "/api/auth/signin", tag = "Kandid", params(Asked), responses((status = 303, description = "To the page of sign-in")))]
pub(super) async fn sign_in(peer: Peer, ApiQuery(asked): ApiQuery<Asked>) -> Result<impl IntoResponse, ApiError> {
    Ok(page(&site(&peer)?, &asked))
}

/// Leads to the page of sign-in, which shows the error.
#[utoipa::path(get, path = "/api/auth/error", tag = "Kandid", params(Asked), responses((status = 303, description = "To the page of sign-in")))]
pub(super) async fn error(peer: Peer, ApiQuery(asked): ApiQuery<Asked>) -> Result<impl IntoResponse, ApiError> {
    Ok(page(&site(&peer)?, &asked))
}

fn page(site: &str, asked: &Asked) -> Redirect {
    let mut query = Vec::new();
    match asked.error.as_str() {
        "CredentialsSignin" => query.push(("error", "credentials")),
        "TooManyAttempts" => query.push(("error", "throttled")),
        _ => {}
    }
    let next = within(site, &asked.callback_url);
    if next != "/" {
        query.push(("next", next));
    }
    if query.is_empty() { Redirect::to("/signin") } else { Redirect::to(&format!("/signin?{}", form::encode(&query))) }
}
