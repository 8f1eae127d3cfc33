//! Bulk actions of this person: start from a selection, progress while running, a toast with “Undo” at the end.

mod api;
mod running;

pub use running::RunningBulks;

use crate::{
    ask,
    layout::use_me,
    ui::{Toast, Toasts, Tone},
};
use api::{bulks_under_way, start_bulk, undo_bulk};
use domain::{
    BulkId,
    bulk::{Bulk, BulkAction, BulkStatus, NewBulk},
    leads::Selection,
};
use leptos::{prelude::*, task::spawn_local};

/// Key in the session storage of the running actions, so that their end is reported also after a reload.
const STORAGE_KEY: &str = "bulk";

/// In the context of the whole app, so that running actions are still shown after navigation.
#[derive(Debug, Clone, Copy)]
pub struct Bulks {
    running: RwSignal<Vec<BulkId>>,
    toasts: Toasts,
}

impl Bulks {
    pub fn new(toasts: Toasts) -> Self {
        let bulks = Self { running: RwSignal::new(Vec::new()), toasts };
        let me = use_me();
        Effect::new(move |_| {
            bulks.running.set(kept());
            if me.with_untracked(Option::is_some) {
                spawn_local(bulks.find());
            }
        });
        bulks
    }

    /// Adds actions that were started in another window or in a closed tab.
    async fn find(self) {
        // Without an answer there is nothing to show; the next page load asks again.
        for id in bulks_under_way().await.unwrap_or_default() {
            self.watch(id);
        }
    }

    fn watch(self, id: BulkId) {
        if self.running.with_untracked(|running| !running.contains(&id)) {
            self.change(|running| running.push(id));
        }
    }

    pub fn start(self, action: BulkAction, which: Selection) {
        spawn_local(async move { self.take(start_bulk(NewBulk { action, which }).await, "Not started") });
    }

    /// Watches an action that another form started.
    pub fn began(self, bulk: Bulk) {
        self.take(Ok(bulk), "");
    }

    fn undo(self, id: BulkId) {
        spawn_local(async move { self.take(undo_bulk(id).await, "Not undone") });
    }

    fn take(self, answer: ask::Result<Bulk>, refused: &str) {
        match answer {
            Ok(bulk) if bulk.status.is_over() => self.tell(bulk),
            Ok(bulk) => self.watch(bulk.id),
            Err(error) => self.toasts.error(format!("{refused}. {error}")),
        }
    }

    /// Ends an action. Both an answer and the live feed report the end; only the first counts.
    fn over(self, bulk: Bulk) {
        if self.running.with_untracked(|running| running.contains(&bulk.id)) {
            self.forget(bulk.id);
            self.tell(bulk);
        }
    }

    /// Shows the result as a toast, with “Undo” where possible.
    fn tell(self, bulk: Bulk) {
        let what = capital(&bulk.what);
        let (tone, text) = match bulk.status {
            BulkStatus::Undone if bulk.error.is_some() => (Tone::Warning, format!("{what}. {}", bulk.error.clone().unwrap_or_default())),
            BulkStatus::Failed => (Tone::Danger, format!("{what}, then failed. {}", bulk.error.clone().unwrap_or_default())),
            BulkStatus::Cancelled => (Tone::Warning, format!("Stopped: {}", bulk.what)),
            _ if bulk.changed == 0 && bulk.left_out == 0 => (Tone::Neutral, "Nothing to change".to_owned()),
            _ => (Tone::Success, what),
        };
        let toast = Toast::new(tone, text);
        self.toasts.push(if bulk.can_undo() { toast.undo(move || self.undo(bulk.id)) } else { toast });
    }

    fn forget(self, id: BulkId) {
        self.change(|running| running.retain(|one| *one != id));
    }

    fn change(self, change: impl FnOnce(&mut Vec<BulkId>)) {
        self.running.update(change);
        keep(&self.running.get_untracked());
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

fn kept() -> Vec<BulkId> {
    let text = storage().and_then(|kept| kept.get_item(STORAGE_KEY).ok().flatten());
    text.map(|text| text.split(' ').filter_map(|id| id.parse().ok()).collect()).unwrap_or_default()
}

fn keep(running: &[BulkId]) {
    if let Some(kept) = storage() {
        let ids: Vec<String> = running.iter().map(ToString::to_string).collect();
        _ = if ids.is_empty() { kept.remove_item(STORAGE_KEY) } else { kept.set_item(STORAGE_KEY, &ids.join(" ")) };
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
