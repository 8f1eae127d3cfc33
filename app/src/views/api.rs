//! Thin doors: who asks, call the service, return.

use crate::ask::{self, Json};
use domain::{ChangeId, Origin, Snapshot, ViewId, views::View};
use leptos::prelude::*;

#[server(prefix = "/sfn", endpoint = "views/list", output = Json)]
pub async fn list_views() -> ask::Result<Snapshot<Vec<View>>> {
    Ok(ask::services()?.views.list(&ask::actor()?).await?)
}

/// Answers the change that `undo_view` takes back.
#[server(prefix = "/sfn", endpoint = "views/delete", input = Json, output = Json)]
pub async fn delete_view(id: ViewId, origin: Option<Origin>) -> ask::Result<ChangeId> {
    Ok(ask::services()?.views.delete(&ask::actor()?.with_origin(origin), id).await?)
}

#[server(prefix = "/sfn", endpoint = "views/undo", input = Json, output = Json)]
pub async fn undo_view(change: ChangeId, origin: Option<Origin>) -> ask::Result<Option<View>> {
    Ok(ask::services()?.views.undo(&ask::actor()?.with_origin(origin), change).await?)
}
