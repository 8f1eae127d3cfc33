//! Tasks of pages. Leptos reads the data of a page in tasks of its own; they inherit what tells that the client is gone, so that their reads
//! end then.

use crate::store::abandon;
use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio_util::sync::DropGuard;

/// Makes Leptos spawn its tasks here. To be called before Leptos lists its routes, because it then chooses an executor if there is none.
pub fn init_executor() {
    // Fails when another server of this process has set it.
    drop(Executor::init_custom_executor(PageExecutor));
}

struct PageExecutor;

impl CustomExecutor for PageExecutor {
    fn spawn(&self, task: PinnedFuture<()>) {
        drop(match abandon::current() {
            Some(abandoned) => tokio::spawn(abandon::scope(abandoned, task)),
            None => tokio::spawn(task),
        });
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        drop(match abandon::current() {
            Some(abandoned) => tokio::task::spawn_local(abandon::scope(abandoned, task)),
            None => tokio::task::spawn_local(task),
        });
    }

    fn poll_local(&self) {}
}

/// The body of a page, whose client is gone when it is dropped. The page's last reads may end while it is sent: their results are part of it.
pub(super) struct PageBody {
    body: Body,
    _client: DropGuard,
}

impl PageBody {
    pub(super) fn new(body: Body, client: DropGuard) -> Self {
        Self { body, _client: client }
    }
}

impl HttpBody for PageBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
