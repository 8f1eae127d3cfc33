//! Undo of a single change of any kind: one server function and one toast for all.

use crate::{
    ask::{self, Json},
    live::origin,
    ui::{Toast, Toasts, Tone, Waiting},
};
use domain::{ChangeId, Origin};
use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};

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

/// Calls `saved` with each successful answer of a form; it offers the undo. Until then `Z` waits, as it does after an edit in place.
pub fn after_save<F>(form: ServerAction<F>, saved: impl Fn(F::Output) + 'static)
where
    F: ServerFn + Clone + Send + Sync + 'static,
    F::Output: Clone + Send + Sync + 'static,
    F::Error: Clone + Send + Sync + 'static,
{
    let toasts = expect_context::<Toasts>();
    Effect::new(move |waiting: Option<Option<Waiting>>| {
        let was_waiting = waiting.flatten();
        if form.pending().get() {
            return was_waiting.or_else(|| Some(toasts.wait()));
        }
        if was_waiting.is_some()
            && let Some(Ok(answer)) = form.value().get_untracked()
        {
            saved(answer);
        }
        None
    });
}
