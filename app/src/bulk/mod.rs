//! One's own bulk actions: started from a selection, shown while they run, ended by a toast that takes them back.

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

/// Where the tab keeps what it watches: what ends while it is loaded again is still told of.
const KEPT: &str = "bulk";

/// In the context of the whole app: what runs goes on when its page is left.
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

    /// Those that were started elsewhere, or in a tab that is closed.
    async fn find(self) {
        // Without an answer there is nothing to show; the next page asks again.
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
        spawn_local(async move { self.take(start_bulk(NewBulk { action, which }).await, "Not done") });
    }

    /// One that another form began.
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

    /// It runs no longer: an answer and the feed both tell, the first is heard.
    fn over(self, bulk: Bulk) {
        if self.running.with_untracked(|running| running.contains(&bulk.id)) {
            self.forget(bulk.id);
            self.tell(bulk);
        }
    }

    /// Says what came of it, with the way back.
    fn tell(self, bulk: Bulk) {
        let what = capital(&bulk.what);
        let (tone, text) = match bulk.status {
            BulkStatus::Failed => (Tone::Danger, format!("{what}, then failed. {}", bulk.error.clone().unwrap_or_default())),
            BulkStatus::Cancelled => (Tone::Warning, format!("Stopped: {}", bulk.what)),
            _ if bulk.changed == 0 => (Tone::Neutral, "Nothing to change".to_owned()),
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
    let text = storage().and_then(|kept| kept.get_item(KEPT).ok().flatten());
    text.map(|text| text.split(' ').filter_map(|id| id.parse().ok()).collect()).unwrap_or_default()
}

fn keep(running: &[BulkId]) {
    if let Some(kept) = storage() {
        let ids: Vec<String> = running.iter().map(ToString::to_string).collect();
        _ = if ids.is_empty() { kept.remove_item(KEPT) } else { kept.set_item(KEPT, &ids.join(" ")) };
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
