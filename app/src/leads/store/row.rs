//! A row of the list.

use domain::{LeadId, leads::Lead};
use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Plain,
    /// Someone else has just changed it.
    Flash,
    /// Left the list's filter; shown for 3 s more.
    Left,
}

/// A lead with its state in this list. Clones share their signals.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: LeadId,
    pub lead: ArcRwSignal<Lead>,
    pub mark: ArcRwSignal<Mark>,
    /// An optimistic edit waits for its answer.
    pub pending: ArcRwSignal<bool>,
}

impl Row {
    pub fn new(lead: Lead) -> Self {
        Self { id: lead.id, lead: ArcRwSignal::new(lead), mark: ArcRwSignal::new(Mark::Plain), pending: ArcRwSignal::new(false) }
    }

    /// Takes `lead` if its revision is newer. Returns whether it did.
    pub fn take(&self, lead: &Lead) -> bool {
        let newer = self.lead.with_untracked(|known| lead.revision > known.revision);
        if newer {
            self.lead.set(lead.clone());
        }
        newer
    }
}

/// A signal of one field of a row.
pub fn field<T: Clone + Send + Sync + 'static>(row: &Row, read: impl Fn(&Lead) -> T + Send + Sync + 'static) -> Signal<T> {
    let lead = row.lead.clone();
    Signal::derive(move || lead.with(&read))
}
