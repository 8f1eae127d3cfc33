//! Who may listen to changes, and for how long: for `/live`, the sockets of the contracts, and server-sent events.

use crate::http::{AddressSlot, ApiError, App, Credential, CurrentActor, Peer};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use domain::{Actor, ActorRef, Error, Permission, Result};
use std::future::pending;
use tokio::sync::watch;

/// An admitted listener: from a page of ours or of an allowed site, with the right to read.
pub struct Listener {
    pub actor: Actor,
    access: Access,
}

/// How long it lasts, and where it is counted.
enum Access {
    /// Counted at the session or key, until that ends.
    Known(watch::Receiver<Option<Actor>>),
    /// Counted at the address. A guest's access lasts as long as the server.
    Guest { _slot: AddressSlot },
}

impl Listener {
    /// Admits the actor of a session or API key.
    ///
    /// # Errors
    /// `Forbidden` without the right to read; `TooMany` when the session or key has too many sockets.
    pub fn admit(app: &App, actor: Actor, secret: &str) -> Result<Self> {
        actor.require(Permission::Read)?;
        let known = app.hub.watch(&app.services.accounts, secret, &actor)?;
        Ok(Self { actor, access: Access::Known(known) })
    }

    /// Returns within 5 s after the session or key has ended, or its role has changed.
    pub async fn over(&mut self) {
        let Self { actor, access: Access::Known(known) } = self else { return pending().await };
        // The watch ends only with this server. A new name ends nothing.
        let same = |now: &Option<Actor>| now.as_ref().is_some_and(|now| now.who.is(&actor.who) && now.role == actor.role);
        drop(known.wait_for(|now| !same(now)).await);
    }
}

impl FromRequestParts<App> for Listener {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let peer = Peer::from_request_parts(parts, app).await?;
        check_origin(&parts.headers, &peer, &app.config.allowed_origins)?;
        let CurrentActor(actor) = CurrentActor::from_request_parts(parts, app).await?;
        if actor.who == ActorRef::Guest {
            actor.require(Permission::Read)?;
            let slot = app.unproven.enter(&peer)?;
            return Ok(Self { actor, access: Access::Guest { _slot: slot } });
        }
        let Credential(secret) = Credential::from_request_parts(parts, app).await?;
        Ok(Self::admit(app, actor, &secret)?)
    }
}

/// Browsers always send their `Origin`; other programs send none and bring their own credential.
///
/// # Errors
/// `Forbidden` for a page of another site that is not allowed.
pub fn check_origin(headers: &HeaderMap, peer: &Peer, allowed: &[String]) -> Result<()> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let same = origin.split_once("://").is_some_and(|(_, host)| !host.is_empty() && host == peer.host);
    if same || allowed.iter().any(|one| one.trim_end_matches('/') == origin) {
        return Ok(());
    }
    Err(Error::Forbidden("This page is not one of Linnet's; list its site in --allowed-origin".to_owned()))
}
