//! Protection of the forms for users, roles, keys and links.
//!
//! Markup injected into a page can hold a form, and a click on it sends the reader's cookie: same site, no script needed. So forms that
//! grant
//! or remove access carry a token in a hidden field. The token is derived from the session's own token, so injected markup cannot know it.
//! It
//! needs no scripts and no storage, and works on every node. Forms that create an administrator or a key also ask for the password: those
//! outlast the session, and the page in an unattended browser holds the token.

#[cfg(feature = "ssr")]
use crate::ask;
use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use domain::{Actor, Error};
use leptos::prelude::*;
use std::sync::Arc;

/// Makes a cookie from a secret and its lifetime in seconds.
pub type MakeCookie = Arc<dyn Fn(&str, u32) -> String + Send + Sync>;

/// Form data of one request, which the server's router puts into the context.
#[derive(Clone)]
pub struct Forms {
    /// Token of the session's forms. `None` for an API key, which is sent in a header that no markup can set.
    pub token: Option<String>,
    /// Origin of the request, such as `https://crm.example`.
    pub origin: String,
    /// Secret that the previous form created, to be shown once.
    pub once: Option<String>,
    /// Makes a `Set-Cookie` value from a secret and its lifetime in seconds.
    pub cookie: MakeCookie,
}

/// Lifetime in seconds of the cookie by which the next page shows a form's secret.
#[cfg(feature = "ssr")]
const ONCE_SECONDS: u32 = 60;

/// The actor, if the form carries the session's token.
///
/// # Errors
/// `Forbidden` for a form without the session's token.
#[cfg(feature = "ssr")]
pub(super) fn check_form_token(token: &str) -> Result<Actor> {
    let actor = ask::actor()?;
    let Some(forms) = use_context::<Forms>() else { return Err(Error::Internal.into()) };
    match &forms.token {
        // Every session has a token.
        None if actor.session.is_some() => Err(Error::Internal.into()),
        Some(known) if !same(known, token) => {
            Err(Error::Forbidden("This form is out of date; reload the page and send it again".to_owned()).into())
        }
        _ => Ok(actor),
    }
}

/// Like `check_form_token`, and also checks the password if one was typed.
#[cfg(feature = "ssr")]
pub(super) async fn confirmed(token: &str, password: &str) -> Result<Actor> {
    let actor = check_form_token(token)?;
    if password.is_empty() { Ok(actor) } else { Ok(ask::services()?.accounts.confirm(&actor, password).await?) }
}

/// Compares in constant time.
#[cfg(feature = "ssr")]
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// Without scripts, passes the secret to the next page in a cookie. Never in the address, which is logged and remembered.
#[cfg(feature = "ssr")]
pub(super) fn show_once(secret: &str) {
    if ask::is_form_post() {
        set_cookie(secret, ONCE_SECONDS);
    }
}

/// Without scripts, redirects to the page of the form; with scripts the person is there already.
#[cfg(feature = "ssr")]
pub(super) fn go_back(page: &str) {
    if ask::is_form_post() {
        ask::redirect(page);
    }
}

#[cfg(feature = "ssr")]
fn set_cookie(value: &str, seconds: u32) {
    if let (Some(forms), Some(response)) = (use_context::<Forms>(), use_context::<leptos_axum::ResponseOptions>())
        && let Ok(cookie) = (forms.cookie)(value, seconds).parse()
    {
        response.append_header(server_fn::http_export::header::SET_COOKIE, cookie);
    }
}

/// Address by which a user chooses a password.
#[cfg(feature = "ssr")]
pub(super) fn link(secret: &str) -> String {
    format!("{}/join?token={secret}", use_context::<Forms>().map(|forms| forms.origin).unwrap_or_default())
}

/// The token for the page's forms, and the secret to show once, if the previous form created one.
#[server(prefix = "/sfn", endpoint = "forms/token", output = Json)]
pub async fn form_token() -> Result<(String, Option<String>)> {
    ask::actor()?;
    let Some(forms) = use_context::<Forms>() else { return Ok((String::new(), None)) };
    if forms.once.is_some() {
        set_cookie("", 0);
    }
    Ok((forms.token.unwrap_or_default(), forms.once))
}

/// In the context of pages with such forms, once loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token(pub String);

/// The hidden field with the token.
#[component]
pub(super) fn TokenField() -> impl IntoView {
    let token = use_context::<Token>().map(|Token(token)| token).unwrap_or_default();
    view! { <input type="hidden" name="token" value=token/> }
}
