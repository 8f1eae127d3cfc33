//! What a response leaves unread of its request. HTTP/1 sends the next request on the same connection behind it: a small rest is read, so that
//! the connection goes on, and otherwise the response says that it ends. Without this header a client would send the next request into a
//! connection that is being closed.

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http_body_util::BodyExt;
use hyper::{
    Request, Version,
    body::{Frame, SizeHint},
    header::{CONNECTION, EXPECT, HeaderValue},
};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::timeout;

/// Maximum bytes that are read only for the connection to go on, and so that a client that still writes gets its response.
const SMALL: u64 = 4 * 1024 * 1024;
/// Time for them to arrive.
const PATIENCE: Duration = Duration::from_secs(1);

/// The body of a request, once its handler has dropped it before its end.
pub(super) struct Unread {
    left: Arc<Mutex<Option<Body>>>,
    /// The client sends the body only when it is asked for, which reading does.
    asks: bool,
}

/// A body that is put into `Unread` when it is dropped.
struct Lent {
    body: Body,
    to: Arc<Mutex<Option<Body>>>,
}

impl Unread {
    /// The request as its handler gets it; `None` when nothing can be left unread.
    pub(super) fn lend(request: Request<Body>) -> (Request<Body>, Option<Self>) {
        if request.version() >= Version::HTTP_2 || request.body().is_end_stream() {
            return (request, None);
        }
        let unread = Self { left: Arc::default(), asks: request.headers().contains_key(EXPECT) };
        let to = unread.left.clone();
        (request.map(|body| Body::new(Lent { body, to })), Some(unread))
    }

    /// Reads what is left, or makes the response say that the connection ends.
    pub(super) async fn settle(self, mut response: Response) -> Response {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(body) = left
            && (self.asks || !timeout(PATIENCE, read(body)).await.unwrap_or(false))
        {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Whether the body was read to its end.
async fn read(mut body: Body) -> bool {
    let mut read = 0;
    if body.size_hint().lower() > SMALL {
        return false;
    }
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        read += frame.data_ref().map_or(0, Bytes::len) as u64;
        if read > SMALL {
            return false;
        }
    }
    true
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            *self.to.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::mem::take(&mut self.body));
        }
    }
}
