//! Undo of a single change of any kind: one server function for all.

use crate::ask::{self, Json};
use domain::{ChangeId, Origin};
use leptos::prelude::*;

#[server(prefix = "/sfn", endpoint = "changes/undo", input = Json, output = Json)]
pub async fn undo_change(change: ChangeId, origin: Option<Origin>) -> ask::Result<()> {
    ask::services()?.changes.undo(&ask::actor()?.with_origin(origin), change).await?;
    Ok(())
}
