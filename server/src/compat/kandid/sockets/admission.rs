//! Who may connect: everyone with the right to read.

use super::audience::{Audience, Seat};
use crate::{
    http::{App, Credential, Opened},
    socket::Listener,
};
use domain::{Error, Result};
use serde::Deserialize;
use socketioxide::extract::SocketRef;
use std::sync::{Arc, Mutex, PoisonError};

/// What a client sends as `auth`.
#[derive(Deserialize)]
pub(super) struct Auth {
    /// An API key.
    #[serde(default)]
    key: Option<String>,
}

/// A listener and its seat, between the admission and the connect.
#[derive(Clone)]
pub(super) struct Admitted(Arc<Mutex<Option<Listening>>>);

type Listening = (Listener, Arc<Seat>);

impl Admitted {
    pub(super) fn take(&self) -> Option<Listening> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The connection of this socket, as it is counted.
pub(super) fn opened(socket: &SocketRef) -> Option<&Arc<Opened>> {
    socket.req_parts().extensions.get()
}

/// Admits the key of `auth`, or else the credential of the request that opened the connection. The client gets an error as
/// `connect_error`.
///
/// # Errors
/// `Unauthorized`; `Forbidden` without the right to read; `TooMany` when the session or key has too many sockets.
pub(super) async fn admit(app: &App, audience: &Audience, socket: &SocketRef, auth: Option<Auth>) -> Result<()> {
    let key = auth.and_then(|auth| auth.key).filter(|key| !key.is_empty());
    let listener = if let Some(key) = key {
        let actor = app.services.accounts.actor(&key).await?.ok_or(Error::Unauthorized)?;
        Listener::admit(app, actor, &key)?
    } else {
        let sent = &socket.req_parts().extensions;
        let Some(Credential(secret)) = sent.get() else { return Err(Error::Unauthorized) };
        // Asked again: a client may connect again on a connection that was opened before its session ended.
        let actor = app.services.accounts.actor(secret).await?.ok_or(Error::Unauthorized)?;
        Listener::admit(app, actor, secret)?
    };
    if let Some(opened) = opened(socket) {
        opened.admitted();
    }
    socket.extensions.insert(Admitted(Arc::new(Mutex::new(Some((listener, audience.enter()))))));
    Ok(())
}
