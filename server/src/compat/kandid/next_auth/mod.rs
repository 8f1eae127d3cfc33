//! The surface of NextAuth 4.24 that the contract's pages call: sign-in and sign-out by form, with the token that its client fetches first.
//! The session behind it is our own (`http::auth`); `GET /api/auth/session` is the native one, which has all members that the client reads.

mod csrf;
mod forms;
mod redirects;
mod signup;

use crate::http::{ApiError, App, Peer, form};
use domain::Error;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(csrf::csrf))
        .routes(routes!(redirects::providers))
        .routes(routes!(redirects::sign_in))
        .routes(routes!(redirects::error))
        .routes(routes!(forms::callback))
        .routes(routes!(forms::sign_out))
        .routes(routes!(forms::log))
        .routes(routes!(signup::sign_up))
}

/// The site as the browser asked for it, for the absolute addresses that the client needs.
fn site(peer: &Peer) -> Result<String, ApiError> {
    let origin = peer.origin();
    if origin.is_empty() { Err(Error::Malformed("Send a Host header".to_owned()).into()) } else { Ok(origin) }
}

/// The path of a `callbackUrl` within this site; `/` for any other.
fn within<'u>(site: &str, url: &'u str) -> &'u str {
    let path = url.strip_prefix(site).unwrap_or(url);
    form::local(path)
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn only_this_site_is_gone_back_to() {
        let path = |url| within("http://localhost:3000", url);
        for (url, expected) in [
            ("http://localhost:3000/leads?page=2", "/leads?page=2"),
            ("/dashboard", "/dashboard"),
            ("http://localhost:3000", "/"),
            ("", "/"),
            ("http://localhost:3000.evil.example/", "/"),
            ("http://localhost:3000@evil.example/", "/"),
            ("https://evil.example/leads", "/"),
            ("//evil.example", "/"),
            ("http://localhost:3000//evil.example", "/"),
        ] {
            assert_eq!(path(url), expected, "{url}");
        }
    }
}
