//! Server functions of the frame around pages: the signed-in person, and the number of leads.

use crate::ask::{self, Json};
use domain::{Actor, ActorRef, Role, UserId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Me {
    pub id: Option<UserId>,
    pub name: String,
    pub role: Role,
    /// The person's own time zone; `None`: the workspace's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

impl Me {
    /// An actor for checks in the browser, by the same rules as the services use.
    pub fn actor(self) -> Actor {
        let who = self.id.map_or(ActorRef::Guest, |id| ActorRef::User { id, name: self.name });
        Actor { who, role: self.role, ..Actor::system() }
    }
}

impl From<Actor> for Me {
    fn from(actor: Actor) -> Self {
        Self { id: actor.user_id(), name: actor.who.name().to_owned(), role: actor.role, time_zone: actor.time_zone }
    }
}

/// The person of the browser's current session.
#[server(prefix = "/sfn", endpoint = "who", output = Json)]
pub async fn who_am_i() -> ask::Result<Option<Me>> {
    Ok(use_context::<Actor>().map(Me::from))
}

/// Number of all leads; `None` while they are being counted.
#[server(prefix = "/sfn", endpoint = "leads/count", output = Json)]
pub async fn lead_count() -> ask::Result<Option<i64>> {
    Ok(ask::services()?.leads.total(&ask::actor()?, &domain::rule::Rule::everyone()).await?)
}
