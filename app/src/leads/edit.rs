//! Optimistic edits of leads: shown at once, confirmed by the answer, reverted with the reason when refused.

use super::{
    api::{delete_lead, delete_note, update_lead},
    store::{Mark, Row},
};
use crate::{
    ask,
    layout::use_permission,
    live::origin,
    ui::{Toast, Toasts, Tone},
    undo::offer_undo,
};
use domain::{
    ChangeId, Error, NoteId, Permission,
    leads::{Lead, LeadEdit, LeadPatch},
};
use leptos::{prelude::*, task::spawn_local};

/// Someone else changed the same fields first.
#[derive(Debug, Clone)]
pub struct Conflict {
    pub row: Row,
    pub before: Lead,
    pub theirs: Lead,
    pub set: LeadPatch,
    /// API names of the fields.
    pub fields: Vec<String>,
}

/// In the context of every page about leads.
#[derive(Debug, Clone, Copy)]
pub struct Editing {
    pub conflict: RwSignal<Option<Conflict>>,
    toasts: Toasts,
    /// Called with a row whose values change here: before its delta arrives, and when an edit is reverted.
    watcher: StoredValue<Option<Callback<Row>>>,
}

impl Editing {
    pub fn new() -> Self {
        Self { conflict: RwSignal::new(None), toasts: expect_context(), watcher: StoredValue::new(None) }
    }

    /// Calls `on` with every row whose values change here, until the current owner is cleaned up.
    pub fn watch(self, on: Callback<Row>) {
        self.watcher.set_value(Some(on));
        on_cleanup(move || {
            // The next page may already have set its own watcher.
            self.watcher.try_update_value(|watcher| *watcher = watcher.take().filter(|now| !now.matches(&on)));
        });
    }

    fn tell(self, row: &Row) {
        if let Some(Some(on)) = self.watcher.try_get_value() {
            on.try_run(row.clone());
        }
    }

    /// Sets fields of one lead. `row` shows them at once, and `Z` undoes them.
    pub fn edit(self, row: Row, set: LeadPatch) {
        self.change(row, set, true);
    }

    /// Reverts another change; adds no undo of its own.
    pub fn revert_edit(self, row: Row, set: LeadPatch) {
        self.change(row, set, false);
    }

    fn change(self, row: Row, set: LeadPatch, can_undo: bool) {
        let before = row.lead.get_untracked();
        if set.differing(&before).is_empty() {
            return;
        }
        let mut after = before.clone();
        set.set_on(&mut after);
        row.lead.set(after);
        row.pending.set(true);
        self.tell(&row);
        let waiting = self.toasts.wait();
        spawn_local(async move {
            let _waiting = waiting;
            let edit = LeadEdit { base: Some(set.values_in(&before)), set: set.clone(), revision: None };
            let answer = update_lead(row.id, edit, origin()).await;
            row.pending.set(false);
            match answer {
                Ok(lead) => {
                    if can_undo {
                        let (row, toasts, back) = (row.clone(), self.toasts, undo_image(&set, &before, &lead));
                        toasts.can_undo(move || undo_edit(row.clone(), back.clone(), toasts));
                    }
                    row.take(&lead);
                }
                Err(error) => {
                    let shown = row.clone();
                    let current = row.lead.get_untracked();
                    if let Error::Stale { fields, theirs } = &error.0
                        && let Some(theirs) = theirs.as_lead().cloned()
                    {
                        if theirs.revision >= current.revision {
                            row.lead.set(theirs.clone());
                        }
                        self.conflict.try_set(Some(Conflict { row, before, theirs, set, fields: fields.clone() }));
                    } else {
                        // Revert only our own optimistic values: a newer revision stays.
                        if current.revision == before.revision {
                            row.lead.set(before);
                        }
                        self.toasts.error(format!("Not changed. {error}"));
                    }
                    self.tell(&shown);
                }
            }
        });
    }

    /// Deletes at once; the toast offers “Undo”.
    pub fn delete(self, row: Row) {
        row.mark.set(Mark::Left);
        let waiting = self.toasts.wait();
        spawn_local(async move {
            let _waiting = waiting;
            let deleted = delete_lead(row.id, origin()).await;
            if deleted.is_err() {
                row.mark.set(Mark::Plain);
            }
            self.deleted(deleted, &row.lead.with_untracked(|lead| lead.name.clone()));
        });
    }

    pub fn delete_note(self, id: NoteId) {
        let waiting = self.toasts.wait();
        spawn_local(async move {
            let _waiting = waiting;
            self.deleted(delete_note(id, origin()).await, "a note");
        });
    }

    /// Offers “Undo” for the edit of a note; `None` when its text did not change.
    pub fn note_edited(self, change: Option<ChangeId>) {
        if let Some(change) = change {
            offer_undo(self.toasts, change, "Note saved");
        }
    }

    fn deleted(self, answer: ask::Result<ChangeId>, what: &str) {
        match answer {
            Ok(change) => offer_undo(self.toasts, change, format!("Deleted {what}")),
            Err(error) => self.toasts.error(format!("Not deleted. {error}")),
        }
    }
}

/// Undo image of an edit: the former values of its fields. Refused when someone has changed them since.
fn undo_image(set: &LeadPatch, before: &Lead, after: &Lead) -> LeadEdit {
    LeadEdit { set: set.values_in(before), base: Some(set.values_in(after)), revision: None }
}

/// Undoes an edit. The row shows it if it is still on the screen.
fn undo_edit(row: Row, back: LeadEdit, toasts: Toasts) {
    spawn_local(async move {
        match update_lead(row.id, back, origin()).await {
            Ok(lead) => {
                row.take(&lead);
                toasts.push(Toast::new(Tone::Neutral, format!("Undone: {} restored", lead.name)));
            }
            Err(error) => toasts.error(format!("Not undone. {error}")),
        }
    });
}

/// Whether the signed-in person may change leads.
pub fn may_write() -> Signal<bool> {
    use_permission(Permission::WriteLeads)
}
