//! What the forms of people, roles, keys and links need beyond their fields.
//!
//! Markup that someone smuggled into a page can hold a form, and a click on it would be the reader's own: the same site, the same cookie, no
//! script needed. So the forms that give or take access carry a token that is made from the session's: the pages of that session have it in a
//! hidden field, and nobody who writes markup from elsewhere can know it. It needs no scripts, no storage, and works on every node. Forms that
//! make an administrator or a key ask for the password too: those outlast the session, and a browser left alone has the token.

#[cfg(feature = "ssr")]
use crate::ask;
use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use domain::{Actor, Error};
use leptos::prelude::*;
use std::sync::Arc;

/// Of a secret and the seconds it is kept.
pub type MakeCookie = Arc<dyn Fn(&str, u32) -> String + Send + Sync>;

/// Of one request, as the server's router provides it.
#[derive(Clone)]
pub struct Forms {
    /// What the session's forms carry; absent for a key, which comes in a header that no markup can send.
    pub token: Option<String>,
    /// `https://crm.example`, as the browser asked for it.
    pub origin: String,
    /// The secret that the form before this page made.
    pub once: Option<String>,
    /// A `Set-Cookie` with that secret, and the seconds it is kept.
    pub cookie: MakeCookie,
}

/// Seconds in which the page after a form must have shown the form's secret.
#[cfg(feature = "ssr")]
const ONCE_SECONDS: u32 = 60;

/// The actor, when the form is one of this session's.
///
/// # Errors
/// `Forbidden` for a form without the session's token.
#[cfg(feature = "ssr")]
pub(super) fn guarded(token: &str) -> Result<Actor> {
    let actor = ask::actor()?;
    let Some(forms) = use_context::<Forms>() else { return Err(Error::Internal.into()) };
    match &forms.token {
        // A session without a token cannot be.
        None if actor.session.is_some() => Err(Error::Internal.into()),
        Some(known) if !same(known, token) => {
            Err(Error::Forbidden("This form is out of date; reload the page and send it again".to_owned()).into())
        }
        _ => Ok(actor),
    }
}

/// As `guarded`, and with the password where one was typed.
#[cfg(feature = "ssr")]
pub(super) async fn confirmed(token: &str, password: &str) -> Result<Actor> {
    let actor = guarded(token)?;
    if password.is_empty() { Ok(actor) } else { Ok(ask::services()?.accounts.confirm(&actor, password).await?) }
}

/// Takes as long wherever the two differ.
#[cfg(feature = "ssr")]
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// Where scripts are off, the page after the form shows its secret: once, and never by the address, which is logged and remembered.
#[cfg(feature = "ssr")]
pub(super) fn show_once(secret: &str) {
    if ask::is_form_post() {
        set_cookie(secret, ONCE_SECONDS);
    }
}

/// Where scripts are off, to the page of the form; otherwise one is there.
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

/// A link to pass on.
#[cfg(feature = "ssr")]
pub(super) fn link(secret: &str) -> String {
    format!("{}/join?token={secret}", use_context::<Forms>().map(|forms| forms.origin).unwrap_or_default())
}

/// What a page's forms carry, and the secret to show on it, if the form before made one.
#[server(prefix = "/sfn", endpoint = "forms/token", output = Json)]
pub async fn form_token() -> Result<(String, Option<String>)> {
    ask::actor()?;
    let Some(forms) = use_context::<Forms>() else { return Ok((String::new(), None)) };
    if forms.once.is_some() {
        set_cookie("", 0);
    }
    Ok((forms.token.unwrap_or_default(), forms.once))
}

/// In the context of pages with such forms, once it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token(pub String);

/// The hidden field.
#[component]
pub(super) fn TokenField() -> impl IntoView {
    let token = use_context::<Token>().map(|Token(token)| token).unwrap_or_default();
    view! { <input type="hidden" name="token" value=token/> }
}
