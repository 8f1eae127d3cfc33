//! Edits from a list or a page: shown at once, confirmed by the answer, taken back with the reason when refused.

use super::{
    api::{delete_lead, delete_note, update_lead},
    store::{Mark, Row},
};
use crate::{
    ask,
    live::origin,
    ui::{Toast, Toasts, Tone},
    undo::undo_change,
};
use domain::{
    ChangeId, Error, NoteId,
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
    /// By their names in the API.
    pub fields: Vec<String>,
}

/// In the context of every page about leads.
#[derive(Debug, Clone, Copy)]
pub struct Editing {
    pub conflict: RwSignal<Option<Conflict>>,
    toasts: Toasts,
    /// Who wants to know of values that change here: before any delta tells, and when an edit is taken back.
    watcher: StoredValue<Option<Callback<Row>>>,
}

impl Editing {
    pub fn new() -> Self {
        Self { conflict: RwSignal::new(None), toasts: expect_context(), watcher: StoredValue::new(None) }
    }

    /// Tells `on` of every row whose values change here, until the present owner is cleaned up.
    pub fn watch(self, on: Callback<Row>) {
        self.watcher.set_value(Some(on));
        on_cleanup(move || {
            // What comes in its place may watch already.
            self.watcher.try_update_value(|watcher| *watcher = watcher.take().filter(|now| !now.matches(&on)));
        });
    }

    fn tell(self, row: &Row) {
        if let Some(Some(on)) = self.watcher.try_get_value() {
            on.try_run(row.clone());
        }
    }

    /// Sets fields of one lead. `row` shows it from now on, and `Z` takes it back.
    pub fn edit(self, row: Row, set: LeadPatch) {
        self.change(row, set, true);
    }

    /// The way back of something else: not to be taken back itself.
    pub fn edit_back(self, row: Row, set: LeadPatch) {
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
        spawn_local(async move {
            let edit = LeadEdit { base: Some(set.values_in(&before)), set: set.clone(), revision: None };
            let answer = update_lead(row.id, edit, origin()).await;
            row.pending.set(false);
            match answer {
                Ok(lead) => {
                    if can_undo {
                        let (row, toasts, back) = (row.clone(), self.toasts, way_back(&set, &before, &lead));
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
                        // Only our own values go back: the rest may have moved on meanwhile.
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

    /// Deletes at once; the toast takes it back.
    pub fn delete(self, row: Row) {
        row.mark.set(Mark::Left);
        spawn_local(async move {
            let deleted = delete_lead(row.id, origin()).await;
            if deleted.is_err() {
                row.mark.set(Mark::Plain);
            }
            self.deleted(deleted, &row.lead.with_untracked(|lead| lead.name.clone()));
        });
    }

    pub fn delete_note(self, id: NoteId) {
        spawn_local(async move { self.deleted(delete_note(id, origin()).await, "a note") });
    }

    /// Offers to undo the edit of a note; none when it kept its text.
    pub fn note_edited(self, change: Option<ChangeId>) {
        if let Some(change) = change {
            self.undoable(change, "Note saved".to_owned());
        }
    }

    fn deleted(self, answer: ask::Result<ChangeId>, what: &str) {
        match answer {
            Ok(change) => self.undoable(change, format!("Deleted {what}")),
            Err(error) => self.toasts.error(format!("Not deleted. {error}")),
        }
    }

    fn undoable(self, change: ChangeId, said: String) {
        let toasts = self.toasts;
        let undo = move || {
            spawn_local(async move {
                if let Err(error) = undo_change(change, origin()).await {
                    toasts.error(format!("Not undone. {error}"));
                }
            });
        };
        toasts.push(Toast::new(Tone::Neutral, said).undo(undo));
    }
}

/// Gives the fields of `set` the values they had, unless someone changes them first.
fn way_back(set: &LeadPatch, before: &Lead, after: &Lead) -> LeadEdit {
    LeadEdit { set: set.values_in(before), base: Some(set.values_in(after)), revision: None }
}

/// The row may be gone from the screen by then; where it is not, it shows it.
fn undo_edit(row: Row, back: LeadEdit, toasts: Toasts) {
    spawn_local(async move {
        match update_lead(row.id, back, origin()).await {
            Ok(lead) => {
                row.take(&lead);
                toasts.push(Toast::new(Tone::Neutral, format!("Undone: {} is as before", lead.name)));
            }
            Err(error) => toasts.error(format!("Not undone. {error}")),
        }
    });
}
