//! What server functions share: services and actor from the context, the JSON codec, and their one error type.

use bytes::Bytes;
use domain::{Actor, Error, Services};
use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr, use_context},
    server_fn::{ContentType, Decodes, Encodes, Format, FormatType, codec::Post},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _, IgnoredAny},
    ser::SerializeMap,
};
#[cfg(feature = "ssr")]
use server_fn::{ServerFn, error::ServerFnUrlError, http_export::request::Parts};
use std::{collections::BTreeMap, fmt};

pub type Result<T> = std::result::Result<T, AppError>;

/// A domain error as a server function returns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub Error);

impl AppError {
    /// Whether a retry may succeed: there was no answer, or the server was busy or failed.
    pub fn may_pass(&self) -> bool {
        matches!(self.0, Error::Unavailable(_) | Error::Internal)
    }
}

/// Codec of arguments and answers, as JSON in bodies: `input = Json, output = Json`.
pub type Json = Post<Text>;

/// JSON parsed from text, like page data and socket frames, so that the WebAssembly file holds one parser per type, not two.
pub struct Text;

impl ContentType for Text {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Text {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Text {
    type Error = serde_json::Error;

    fn encode(output: &T) -> std::result::Result<Bytes, Self::Error> {
        serde_json::to_vec(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Text {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> std::result::Result<T, Self::Error> {
        // Only the server decodes input; the browser decodes our responses.
        #[cfg(feature = "ssr")]
        domain::json::once(&bytes, "").map_err(serde::de::Error::custom)?;
        serde_json::from_str(std::str::from_utf8(&bytes).map_err(serde::de::Error::custom)?)
    }
}

/// The members of a form that are no argument: there must be none. For an argument `#[server(flatten)] nothing_else: NothingElse`.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingElse;

impl Serialize for NothingElse {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }
}

impl<'de> Deserialize<'de> for NothingElse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        // With scripts, a submit button without a name adds a pair without a name, which is read as `=`.
        let named = |name: &String| !matches!(name.as_str(), "" | "=");
        let other = BTreeMap::<String, IgnoredAny>::deserialize(deserializer)?.into_keys().find(named);
        other.map_or(Ok(Self), |name| Err(D::Error::custom(format!("unknown field `{name}`"))))
    }
}

/// The services that the server's router put into the context.
///
/// # Errors
/// `Internal` outside a request.
pub fn services() -> Result<Services> {
    use_context().ok_or_else(|| Error::Internal.into())
}

/// The actor of this request.
///
/// # Errors
/// `Unauthorized` when nobody is signed in.
pub fn actor() -> Result<Actor> {
    use_context().ok_or_else(|| Error::Unauthorized.into())
}

/// Whether a form without scripts called this server function. Its answer is a redirect, whose status must not be overwritten.
#[cfg(feature = "ssr")]
pub fn is_form_post() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        let accepts = parts.headers.get("accept").and_then(|accept| accept.to_str().ok());
        parts.method == "POST" && accepts.is_some_and(|accept| accept.contains("text/html"))
    })
}

/// Redirects the browser after this server function, with and without scripts.
#[cfg(feature = "ssr")]
pub fn redirect(path: &str) {
    leptos_axum::redirect(path);
}

/// Redirects a browser without scripts; with scripts, the page decides.
#[cfg(feature = "ssr")]
pub fn redirect_form(path: &str) {
    if is_form_post() {
        leptos_axum::redirect(path);
    }
}

/// Longest address of a redirect, in bytes; proxies cut addresses near 8 kB.
#[cfg(feature = "ssr")]
const ADDRESS_MAX: usize = 6_000;

/// Address of the form that sent this request, with the typed values, when it is too long for a redirect.
/// The server puts an empty one into each request for a server function. When it is set, the server answers with that page.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Default)]
pub struct FormPage(std::sync::Arc<std::sync::OnceLock<String>>);

#[cfg(feature = "ssr")]
impl FormPage {
    /// Path and query of the form's page.
    pub fn address(&self) -> Option<String> {
        self.0.get().cloned()
    }
}

/// Present in the context of a page that answers a form post. The browser's address is then the server function's, which is no page, so the
/// page must not be hydrated.
#[derive(Debug, Clone, Copy)]
pub struct WithoutScripts;

/// Shows the form at `address` again, which holds the typed values. Does nothing with scripts: that form still holds them.
#[cfg(feature = "ssr")]
pub fn show_form(address: String) {
    if !is_form_post() {
        return;
    }
    if address.len() <= ADDRESS_MAX {
        redirect(&address);
    } else if let Some(page) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<FormPage>().cloned()) {
        // A request is answered once, so the lock is empty.
        _ = page.0.set(address);
    }
}

/// Returns `error` for the form to show. Without scripts, shows `form` again with the `typed` values and the error where `ServerAction`
/// reads it.
#[cfg(feature = "ssr")]
pub fn refuse<F: ServerFn<Error = AppError>>(form: &str, typed: impl IntoIterator<Item = (String, String)>, error: AppError) -> AppError {
    if is_form_post() {
        let mut shortened = error.clone();
        if let Error::Stale { theirs, fields } = &mut shortened.0 {
            match &mut **theirs {
                domain::Record::Lead(theirs) => {
                    theirs.notes = theirs.notes.take().map(|notes| notes.chars().take(200).collect());
                    theirs.custom.retain(|key, _| fields.contains(&format!("{}{key}", domain::rule::CUSTOM)));
                }
                domain::Record::Campaign(theirs) => {
                    theirs.description = theirs.description.chars().take(200).collect();
                    theirs.steps.clear();
                }
                // No other record is edited in a form that shows conflicts.
                _ => {}
            }
        }
        // Only path and query of this address are used; the host is a placeholder.
        if let Ok(mut url) = ServerFnUrlError::new(F::PATH, shortened).to_url(&format!("http://form.invalid{form}")) {
            url.query_pairs_mut().extend_pairs(typed);
            show_form(format!("{}?{}", url.path(), url.query().unwrap_or_default()));
        }
    }
    error
}

/// The one place that sets the HTTP status, for pages and server functions.
impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        #[cfg(feature = "ssr")]
        if !is_form_post()
            && let Some(response) = use_context::<leptos_axum::ResponseOptions>()
            && let Ok(status) = error.status().try_into()
        {
            response.set_status(status);
        }
        Self(error.bounded())
    }
}

impl FromServerFnError for AppError {
    type Encoder = Text;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr::{Args, Deserialization, MissingArg, Request};
        match error {
            // On the server this is about the arguments; in a browser, about the answer.
            Args(text) | MissingArg(text) => Error::Malformed(text).into(),
            Deserialization(text) if cfg!(feature = "ssr") => Error::Malformed(text).into(),
            Request(_) | Deserialization(_) => {
                Self(Error::Unavailable("No answer from Linnet; check whether your change was saved, then try again".to_owned()))
            }
            _ => Error::Internal.into(),
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AppError {}
