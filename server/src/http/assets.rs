//! The site's files: inside the executable (feature `embed`) or in the site root. They were compressed when the site was built.

use app::Assets;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Error, Result};
use leptos::config::LeptosOptions;
use std::{borrow::Cow, collections::HashMap, sync::Arc};

#[cfg(feature = "embed")]
#[derive(rust_embed::Embed)]
#[folder = "$LINNET_SITE_DIR"]
struct Embedded;

/// Maps file names to names with a content hash; not served.
const MANIFEST: &str = "manifest.json";

#[derive(Clone)]
pub struct Site(Arc<Files>);

struct Files {
    #[cfg_attr(feature = "embed", expect(dead_code, reason = "the files are inside"))]
    root: Arc<str>,
    /// Folder of the files with a hash in their name, with a trailing slash.
    pkg: String,
    assets: Assets,
}

struct File {
    bytes: Cow<'static, [u8]>,
    hash: [u8; 32],
}

impl Site {
    /// # Errors
    /// `Unavailable` when the site is not built.
    pub fn open(options: &LeptosOptions) -> Result<Self> {
        let mut files = Files {
            root: options.site_root.clone(),
            pkg: format!("{}/", options.site_pkg_dir),
            assets: Assets { js: String::new(), wasm: String::new(), css: String::new() },
        };
        let missing = || {
            Error::Unavailable(format!(
                "There is no site in {}; build it with `cargo xtask build` or start by `cargo xtask run`",
                options.site_root
            ))
        };
        let manifest = files.read(MANIFEST).ok_or_else(missing)?;
        let names: HashMap<String, String> = serde_json::from_slice(&manifest.bytes).map_err(|_| missing())?;
        let url = |kind: &str| {
            let hashed = names.get(&format!("{}.{kind}", options.output_name)).ok_or_else(missing)?;
            Ok::<_, Error>(format!("/{}{hashed}", files.pkg))
        };
        files.assets = Assets { js: url("js")?, wasm: url("wasm")?, css: url("css")? };
        Ok(Self(Arc::new(files)))
    }

    /// The files that pages link to.
    pub fn assets(&self) -> Assets {
        self.0.assets.clone()
    }

    /// The file at this path, in an encoding that the request accepts. `None` when it does not exist.
    pub fn get(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let path = path.strip_prefix('/').filter(|path| !path.is_empty() && *path != MANIFEST)?;
        let mime = mime(path)?;
        let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let packed = ["br", "gzip"].into_iter().filter(|method| takes(accepts, method)).find_map(|method| {
            let suffix = if method == "gzip" { "gz" } else { method };
            Some((method, self.0.read(&format!("{path}.{suffix}"))?))
        });
        let (encoding, file) = match packed {
            Some((method, file)) => (Some(method), file),
            None => (None, self.0.read(path)?),
        };
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&file.hash[..12]));
        let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let fresh = known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
        let mut response = if fresh {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, mime)], Body::from(into_bytes(file.bytes))).into_response()
        };
        let immutable = path.starts_with(&self.0.pkg);
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        set(header::ETAG, &etag);
        set(header::VARY, "accept-encoding");
        set(header::CACHE_CONTROL, if immutable { "public, max-age=31536000, immutable" } else { "no-cache" });
        if let Some(encoding) = encoding.filter(|_| !fresh) {
            set(header::CONTENT_ENCODING, encoding);
        }
        Some(response)
    }
}

/// Serves files before any access check.
pub(super) async fn layer(State(site): State<Site>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match site.get(request.uri().path(), request.headers()).filter(|_| reads) {
        Some(mut file) => {
            if *request.method() == Method::HEAD {
                *file.body_mut() = Body::empty();
            }
            file
        }
        None => next.run(request).await,
    }
}

fn into_bytes(bytes: Cow<'static, [u8]>) -> bytes::Bytes {
    match bytes {
        Cow::Borrowed(bytes) => bytes::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

impl Files {
    #[cfg(feature = "embed")]
    #[expect(clippy::unused_self, reason = "the other build reads from its root")]
    fn read(&self, path: &str) -> Option<File> {
        Embedded::get(path).map(|file| File { hash: file.metadata.sha256_hash(), bytes: file.data })
    }

    #[cfg(not(feature = "embed"))]
    fn read(&self, path: &str) -> Option<File> {
        use sha2::{Digest, Sha256};
        // Nothing outside of the root: no `..`, no absolute or hidden paths.
        if path.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.contains('\\')) {
            return None;
        }
        let bytes = std::fs::read(std::path::Path::new(&*self.root).join(path)).ok()?;
        Some(File { hash: Sha256::digest(&bytes).into(), bytes: bytes.into() })
    }
}

/// Whether `Accept-Encoding` lists the encoding without `q=0`.
fn takes(accepts: &str, method: &str) -> bool {
    accepts.split(',').any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        name.trim().eq_ignore_ascii_case(method) && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

/// The file types of a site; other types are not served.
fn mime(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::takes;

    #[test]
    fn encodings_are_offered_or_refused() {
        assert!(takes("gzip, deflate, br;q=0.9", "br"));
        assert!(!takes("gzip, br;q=0", "br"));
        assert!(!takes("", "gzip"));
    }
}
