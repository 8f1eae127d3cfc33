//! Who is signed in, and how much there is, for what surrounds the pages.

use crate::ask::{self, Json};
use domain::{Actor, Role, UserId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Me {
    pub id: Option<UserId>,
    pub name: String,
    pub role: Role,
}

impl From<Actor> for Me {
    fn from(actor: Actor) -> Self {
        Self { id: actor.user_id(), name: actor.who.name().to_owned(), role: actor.role }
    }
}

/// How many leads there are, if that is known already.
#[server(prefix = "/sfn", endpoint = "leads/count", output = Json)]
pub async fn lead_count() -> ask::Result<Option<i64>> {
    Ok(ask::services()?.leads.total(&ask::actor()?, &domain::rule::Rule::everyone()).await?)
}
