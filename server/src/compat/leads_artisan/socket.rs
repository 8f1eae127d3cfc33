//! `/api/v1/ws` and `/api/v1/ws/{client_id}`: each change of a lead, whoever made it. What clients send is ignored.

use super::{LeadFeed, errors::Refusal, places::Places, query::ID_MAX};
use crate::{
    live::Hub,
    socket::{Listener, plain},
};
use axum::{
    Extension,
    extract::{Path, State, WebSocketUpgrade},
    http::StatusCode,
    response::Response,
};
use std::{future::pending, sync::Arc};

pub(super) async fn open(
    State(hub): State<Hub>,
    Extension(feed): Extension<LeadFeed>,
    listener: Listener,
    upgrade: WebSocketUpgrade,
) -> Response {
    plain::accept(upgrade, hub, listener, feed.listen(), pending())
}

pub(super) async fn open_as(
    State(hub): State<Hub>,
    Extension(feed): Extension<LeadFeed>,
    Extension(places): Extension<Arc<Places>>,
    listener: Listener,
    Path(client_id): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    if client_id.chars().count() > ID_MAX {
        return Err(Refusal::Status(StatusCode::NOT_FOUND, format!("A client id has at most {ID_MAX} characters")));
    }
    let place = places.take(&listener.actor, client_id);
    Ok(plain::accept(upgrade, hub, listener, feed.listen(), place.replaced()))
}
