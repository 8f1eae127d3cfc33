//! Whether those who are connected still may be. Sockets with the same credential share one check.

use domain::{Actor, ActorRef, Error, Result, services::AccountService};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// With the second that accounts remember an answer, nobody stays longer than five after the session ended, the key was revoked or expired, or
/// the role changed, whichever node or command did it.
const RECHECK: Duration = Duration::from_secs(3);
/// Open sockets of one session: each window of a browser has one.
const SOCKETS: usize = 64;
/// Of one key, whose program may serve many.
const SOCKETS_OF_KEY: usize = 2_000;

/// The credentials of this node's sockets.
#[derive(Clone, Default)]
pub(super) struct Credentials {
    watched: Arc<Mutex<HashMap<String, watch::Sender<Option<Actor>>>>>,
}

impl Credentials {
    fn watched(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Option<Actor>>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who the secret stands for, from now on; `None` once it stands for nobody.
    /// `changed` asks for a check at once.
    ///
    /// # Errors
    /// `TooMany`, when the session has too many sockets.
    pub(super) fn watch(
        &self,
        accounts: &Arc<dyn AccountService>,
        secret: &str,
        actor: &Actor,
        changed: watch::Receiver<u64>,
    ) -> Result<watch::Receiver<Option<Actor>>> {
        let mut watched = self.watched();
        if let Some(known) = watched.get(secret) {
            let most = if matches!(actor.who, ActorRef::Key { .. }) { SOCKETS_OF_KEY } else { SOCKETS };
            if known.receiver_count() >= most {
                return Err(Error::TooMany { retry_after: 60 });
            }
            return Ok(known.subscribe());
        }
        let (sender, receiver) = watch::channel(Some(actor.clone()));
        watched.insert(secret.to_owned(), sender.clone());
        tokio::spawn(self.clone().follow(accounts.clone(), secret.to_owned(), sender, changed));
        Ok(receiver)
    }

    async fn follow(
        self,
        accounts: Arc<dyn AccountService>,
        secret: String,
        sender: watch::Sender<Option<Actor>>,
        mut changed: watch::Receiver<u64>,
    ) {
        loop {
            tokio::select! {
                () = sender.closed() => {
                    let mut watched = self.watched();
                    // Somebody may have come while the door was closing.
                    if sender.receiver_count() == 0 {
                        watched.remove(&secret);
                        return;
                    }
                }
                _ = changed.changed() => {}
                () = tokio::time::sleep(RECHECK) => {}
            }
            // When the database is busy the last answer holds until the next check.
            if let Ok(actor) = accounts.actor(&secret).await {
                sender.send_if_modified(|known| {
                    let other = *known != actor;
                    *known = actor;
                    other
                });
            }
        }
    }
}
