//! The site's files: inside the executable (feature `embed`) or in the site root. They were compressed when the site was built.

use super::concurrency::PIECE;
use app::Assets;
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Error, Result};
use hyper::body::{Frame, SizeHint};
use leptos::config::LeptosOptions;
#[cfg(feature = "embed")]
use std::borrow::Cow;
use std::{
    collections::HashMap,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
#[cfg(not(feature = "embed"))]
use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

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
    /// What was read from the root: all requests for a file share its bytes, however slowly they read.
    #[cfg(not(feature = "embed"))]
    read: Mutex<HashMap<String, (SystemTime, File)>>,
    /// Folder of the files with a hash in their name, with a trailing slash.
    pkg: String,
    assets: Assets,
}

#[derive(Clone)]
struct File {
    bytes: Bytes,
    hash: [u8; 32],
}

/// A body in small frames, because hyper copies each frame whole into its buffer.
struct Pieces(Bytes);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        let length = self.0.len().min(PIECE);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(self.0.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

impl Site {
    /// # Errors
    /// `Unavailable` when the site is not built.
    pub fn open(options: &LeptosOptions) -> Result<Self> {
        let mut files = Files {
            root: options.site_root.clone(),
            #[cfg(not(feature = "embed"))]
            read: Mutex::default(),
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
            ([(header::CONTENT_TYPE, mime)], Body::new(Pieces(file.bytes))).into_response()
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

impl Files {
    #[cfg(feature = "embed")]
    #[expect(clippy::unused_self, reason = "the other build reads from its root")]
    fn read(&self, path: &str) -> Option<File> {
        let bytes = |data| match data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Embedded::get(path).map(|file| File { hash: file.metadata.sha256_hash(), bytes: bytes(file.data) })
    }

    #[cfg(not(feature = "embed"))]
    fn read(&self, path: &str) -> Option<File> {
        use sha2::{Digest, Sha256};
        // Nothing outside of the root: no `..`, no absolute or hidden paths.
        if path.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.contains('\\')) {
            return None;
        }
        let place = std::path::Path::new(&*self.root).join(path);
        let written = std::fs::metadata(&place).ok().filter(std::fs::Metadata::is_file)?.modified().ok()?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = read.get(path).filter(|(at, _)| *at == written) {
            return Some(file.clone());
        }
        let bytes = std::fs::read(place).ok()?;
        let file = File { hash: Sha256::digest(&bytes).into(), bytes: bytes.into() };
        // Files of the site only, so it is no larger than the site.
        read.insert(path.to_owned(), (written, file.clone()));
        Some(file)
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
    use super::*;

    #[cfg(not(feature = "embed"))]
    #[test]
    fn requests_share_the_bytes_of_a_file_until_it_is_built_anew() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("page.js");
        std::fs::write(&place, "old").unwrap();
        let files = Files {
            root: folder.path().to_str().unwrap().into(),
            read: Mutex::default(),
            pkg: String::new(),
            assets: Assets { js: String::new(), wasm: String::new(), css: String::new() },
        };
        let [one, other] = [(); 2].map(|()| files.read("page.js").unwrap().bytes);
        assert_eq!((one.as_ptr(), &one[..]), (other.as_ptr(), &b"old"[..]));
        std::fs::write(&place, "new").unwrap();
        let file = std::fs::File::options().write(true).open(&place).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(&files.read("page.js").unwrap().bytes[..], b"new");
        assert!(files.read("missing.js").is_none() && files.read("../page.js").is_none());
    }

    #[tokio::test]
    async fn files_are_sent_in_pieces() {
        use http_body_util::BodyExt;
        let whole = vec![7; PIECE * 2 + 5];
        let mut body = Pieces(whole.clone().into());
        assert_eq!(body.size_hint().exact(), Some(whole.len() as u64));
        let mut came = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE);
            came.extend_from_slice(&piece);
        }
        assert!(came == whole && body.is_end_stream());
    }

    #[test]
    fn encodings_are_offered_or_refused() {
        assert!(takes("gzip, deflate, br;q=0.9", "br"));
        assert!(!takes("gzip, br;q=0", "br"));
        assert!(!takes("", "gzip"));
    }
}
