//! The file of an uploaded form. The parser of forms keeps all of a header, and all bytes that are ready, in memory; so it gets at most
//! 64 KiB before the file begins, and at most as much at a time.

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, Multipart, Request, multipart::Field},
};
use domain::{Error, Result};
use futures::{Stream, StreamExt};
use std::{
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

/// Within this many bytes of a form its file begins: 64 KiB.
const BEFORE: u64 = 64 * 1024;

/// A form that is being received.
pub(super) struct Form {
    fields: Multipart,
    /// Bytes that the parser may still get.
    allowed: Arc<AtomicU64>,
}

impl Form {
    pub(super) async fn of(request: Request) -> Result<Self> {
        let allowed = Arc::new(AtomicU64::new(BEFORE));
        let request = request.map(|body| Body::from_stream(Slices { body, rest: Bytes::new(), allowed: allowed.clone(), pause: false }));
        let fields = Multipart::from_request(request, &()).await.map_err(|error| Error::Malformed(error.body_text()))?;
        Ok(Self { fields, allowed })
    }

    /// The next field.
    ///
    /// # Errors
    /// `Invalid` on `file` when there is no further field, or it begins too late; `Malformed`.
    pub(super) async fn next(&mut self) -> Result<FormField<'_>> {
        match self.fields.next_field().await {
            Ok(Some(field)) => Ok(FormField { field, allowed: self.allowed.clone() }),
            Ok(None) => Err(Error::invalid("file", "Choose a file to import")),
            Err(_) if self.allowed.load(Relaxed) == 0 => {
                Err(Error::invalid("file", "The file must begin within the first 64 KiB of the form; send `file` as its first field"))
            }
            Err(error) => Err(broken(&error)),
        }
    }
}

/// A field whose header has arrived.
pub(super) struct FormField<'f> {
    field: Field<'f>,
    allowed: Arc<AtomicU64>,
}

impl<'f> FormField<'f> {
    pub(super) fn is_file(&self) -> bool {
        self.field.name() == Some("file")
    }

    /// The name and bytes of the file, whose size the service limits.
    pub(super) fn into_file(self) -> (String, impl Stream<Item = Result<Bytes>> + Send + use<'f>) {
        self.allowed.store(u64::MAX, Relaxed);
        (name(&self.field), self.field.map(|part| part.map_err(|error| broken(&error))))
    }
}

fn name(field: &Field<'_>) -> String {
    // Browsers escape only these three characters.
    field.file_name().unwrap_or_default().replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// The error for an interrupted upload; the part received so far is discarded.
pub(super) fn broken(error: &impl std::error::Error) -> Error {
    Error::Malformed(format!("The upload broke off ({error}); send the file again"))
}

/// A body in slices. After each it has a pause, because the parser first takes all that is ready.
struct Slices {
    body: Body,
    rest: Bytes,
    allowed: Arc<AtomicU64>,
    pause: bool,
}

impl Stream for Slices {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if mem::take(&mut self.pause) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => self.rest = frame.into_data().unwrap_or_default(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
        let allowed = self.allowed.load(Relaxed);
        let length = self.rest.len().min(usize::try_from(allowed.min(BEFORE)).unwrap_or(usize::MAX));
        if length == 0 {
            return Poll::Ready(Some(Err(axum::Error::new("too much before the file"))));
        }
        self.allowed.store(allowed - length as u64, Relaxed);
        self.pause = true;
        Poll::Ready(Some(Ok(self.rest.split_to(length))))
    }
}
