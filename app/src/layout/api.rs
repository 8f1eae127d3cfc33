//! Who is signed in, for what surrounds the pages.

use crate::ask;
use domain::{Role, Snapshot, UserId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Me {
    pub id: Option<UserId>,
    pub name: String,
    pub role: Role,
    /// How many leads there are, if that is known already.
    pub leads: Option<i64>,
}

#[server(prefix = "/sfn", endpoint = "me", output = server_fn::codec::Json)]
pub async fn who_am_i() -> ask::Result<Snapshot<Me>> {
    let (services, actor) = (ask::services()?, ask::actor()?);
    let one = domain::leads::LeadQuery { limit: 1, ..Default::default() };
    let first = services.leads.list(&actor, &one).await?;
    Ok(first.map(|page| Me { id: actor.user_id(), name: actor.who.name().to_owned(), role: actor.role, leads: page.total }))
}
