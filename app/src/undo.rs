//! Undo of a single change of any kind: one server function and one toast for all.

use crate::{
    ask::{self, Json},
    live::origin,
    ui::{Toast, Toasts, Tone},
};
use domain::{ChangeId, Origin};
use leptos::{prelude::*, task::spawn_local};

#[server(prefix = "/sfn", endpoint = "changes/undo", input = Json, output = Json)]
pub async fn undo_change(change: ChangeId, origin: Option<Origin>) -> ask::Result<()> {
    ask::services()?.changes.undo(&ask::actor()?.with_origin(origin), change).await?;
    Ok(())
}

/// Says what was changed, with “Undo”.
pub fn offer_undo(toasts: Toasts, change: ChangeId, said: impl Into<String>) {
    let undo = move || {
        spawn_local(async move {
            if let Err(error) = undo_change(change, origin()).await {
                toasts.error(format!("Not undone. {error}"));
            }
        });
    };
    toasts.push(Toast::new(Tone::Neutral, said).undo(undo));
}
