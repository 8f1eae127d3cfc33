//! A date without a time in a request is a day of the workspace's zone, in whatever form it comes.

use super::App;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use domain::time::with_dates_in;
use std::{future::poll_fn, pin::pin};

/// Each time that the handler goes on, on whatever thread.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let zone = app.store.current.zone();
    let mut handler = pin!(next.run(request));
    poll_fn(|context| with_dates_in(&zone, || handler.as_mut().poll(context))).await
}
