//! Signs errors that come back in an address, for forms without scripts, because pages show them as the product's own texts.
//!
//! Errors of server functions are signed with the session's secret, so that nobody else, not even another user, can forge one. Errors of
//! setup and of the password link, whose pages have no session, are signed with a secret of the installation.

use super::{
    App, Credential, form,
    policy::{Policy, SignedErrors},
};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::text::percent_decoded;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Parameters that Leptos reads: the server function and its error.
const FUNCTION: &str = "__path";
const ERROR: &str = "__err";
const SIGNATURE: &str = "__sig";
/// Parameter with the errors of forms without a session.
const FIELDS: &str = "errors";
/// Key of the secret for those pages in table `meta`.
pub const FORM_SECRET: &str = "form_secret";

/// Signs the error in a redirect. A request with an error that is not signed for it is redirected to the same address without the error.
pub(super) async fn layer(State((app, policy)): State<(App, Policy)>, request: Request, next: Next) -> Response {
    let session = request.extensions().get::<Credential>().map(|Credential(secret)| secret.clone());
    let (page, secret) = match policy.signed_errors {
        SignedErrors::BySession => (None, session.unwrap_or_default()),
        SignedErrors::ByForm(page) => (Some(page), app.form_secret.clone()),
        // Checks both kinds of errors; none verifies without a secret.
        SignedErrors::Never => (Some(""), String::new()),
    };
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && let Some(query) = request.uri().query().filter(|query| has_error(query, page))
        && !is_ours(query, page, &secret)
    {
        let address = format!("{}{}", request.uri().path(), without_error(query, page));
        return Redirect::to(form::local(&address)).into_response();
    }
    let mut response = next.run(request).await;
    if let Some(location) = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok())
        && let Some(signed) = signed(location, page, &secret)
        && let Ok(signed) = HeaderValue::from_str(&signed)
    {
        response.headers_mut().insert(header::LOCATION, signed);
    }
    response
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Number of percent-decodings to try: some readers of addresses decode twice.
const DECODINGS: usize = 3;

/// The name of a parameter, fully decoded.
fn decoded(name: &str) -> String {
    let mut bytes = name.as_bytes().to_vec();
    for _ in 0..DECODINGS {
        bytes = percent_decoded(&bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_about_errors(name: &str, page: Option<&str>) -> bool {
    let name = decoded(name);
    [FUNCTION, ERROR, SIGNATURE].contains(&name.as_str()) || (page.is_some() && name == FIELDS)
}

fn has_error(query: &str, page: Option<&str>) -> bool {
    pairs(query).any(|(name, _)| is_about_errors(name, page))
}

/// `?` and the parameters without those of errors; empty when none is left.
fn without_error(query: &str, page: Option<&str>) -> String {
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_about_errors(pair.split('=').next().unwrap_or_default(), page)).collect();
    if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) }
}

/// The function or page, and its encoded error, if the query has exactly one.
fn error_of<'q>(query: &'q str, page: Option<&'q str>) -> Option<(&'q str, &'q str)> {
    let mut about = pairs(query).filter(|(name, _)| is_about_errors(name, page) && *name != SIGNATURE);
    match (page, about.next(), about.next(), about.next()) {
        (None, Some((FUNCTION, function)), Some((ERROR, error)), None) => Some((function, error)),
        (Some(page), Some((FIELDS, errors)), None, None) => Some((page, errors)),
        _ => None,
    }
}

fn mac(secret: &str, function: &str, error: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok().filter(|_| !secret.is_empty())?;
    Some(mac.chain_update(function).chain_update("\n").chain_update(error))
}

fn is_ours(query: &str, page: Option<&str>, secret: &str) -> bool {
    let mut signatures = pairs(query).filter(|(name, _)| *name == SIGNATURE);
    let (Some((_, signature)), None) = (signatures.next(), signatures.next()) else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let mac = error_of(query, page).and_then(|(function, error)| mac(secret, function, error));
    mac.is_some_and(|mac| mac.verify_slice(&signature).is_ok())
}

/// The address with a signature of its error, if it has one.
fn signed(location: &str, page: Option<&str>, secret: &str) -> Option<String> {
    let (path, query) = location.split_once('?')?;
    let (query, fragment) = query.split_once('#').map_or((query, String::new()), |(query, fragment)| (query, format!("#{fragment}")));
    // The earlier page may have had a signed error of its own.
    let query: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("__sig=")).collect();
    let query = query.join("&");
    let (function, error) = error_of(&query, page)?;
    let signature = URL_SAFE_NO_PAD.encode(mac(secret, function, error)?.finalize().into_bytes());
    Some(format!("{path}?{query}&{SIGNATURE}={signature}{fragment}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCATION: &str = "/leads/new?__path=%2Fsfn%2Fleads%2Fsave&__err=abc&name=Ana";

    fn query(location: &str) -> &str {
        location.split_once('?').unwrap().1
    }

    #[test]
    fn an_error_is_of_one_session() {
        let location = signed(LOCATION, None, "secret").unwrap();
        let ours = |query: &str, secret: &str| is_ours(query, None, secret);
        assert!(has_error(query(&location), None) && ours(query(&location), "secret"));
        assert!(!ours(query(&location), "other") && !ours(query(&location), "") && !ours(query(LOCATION), "secret"));
        for (old, new) in [("__err=abc", "__err=abd"), ("save", "move"), ("__err=abc", "__err=abc&__err=abd")] {
            assert!(!ours(query(&location.replace(old, new)), "secret"), "{new}");
        }
        assert_eq!(signed(LOCATION, None, ""), None);
        assert_eq!(signed("/leads/new?name=Ana", None, "secret"), None);
    }

    #[test]
    fn what_is_not_ours_goes_and_the_rest_stays() {
        for name in ["__err", "%5F_err", "%255f%255Ferr"] {
            let query = format!("a=1%262&{name}=x&__path=y&b=__err");
            assert!(has_error(&query, None) && !is_ours(&query, None, "secret"), "{name}");
            assert_eq!(without_error(&query, None), "?a=1%262&b=__err");
        }
        assert_eq!(without_error("__err=x", None), "");
        assert!(!has_error("q=__err&name=%5F_error&errors=x", None));
    }

    #[test]
    fn a_page_without_a_session_has_errors_of_its_own() {
        let page = Some("/setup");
        let location = signed("/setup?errors=abc&name=Ana", page, "secret").unwrap();
        assert!(is_ours(query(&location), page, "secret") && !is_ours(query(&location), page, "other"));
        assert!(!is_ours(query(&location), Some("/join"), "secret"), "of another page");
        for (old, new) in [("errors=abc", "errors=abd"), ("errors=abc", "errors=abc&errors=abd"), ("errors", "%65rrors")] {
            let forged = location.replace(old, new);
            assert!(has_error(query(&forged), page) && !is_ours(query(&forged), page, "secret"), "{new}");
            assert_eq!(without_error(query(&forged), page), "?name=Ana");
        }
    }
}
