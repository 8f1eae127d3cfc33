//! One lead of the list.

use domain::{LeadId, leads::Lead};
use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Plain,
    /// Someone else just changed it.
    Flash,
    /// No longer in this view; shown a little longer.
    Left,
}

/// One lead with what is known of it here. Clones share their signals.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: LeadId,
    pub lead: ArcRwSignal<Lead>,
    pub mark: ArcRwSignal<Mark>,
    /// An edit of ours is on its way.
    pub pending: ArcRwSignal<bool>,
}

impl Row {
    pub fn new(lead: Lead) -> Self {
        Self { id: lead.id, lead: ArcRwSignal::new(lead), mark: ArcRwSignal::new(Mark::Plain), pending: ArcRwSignal::new(false) }
    }

    /// Newer wins.
    pub fn take(&self, lead: &Lead) -> bool {
        let newer = self.lead.with_untracked(|known| lead.revision > known.revision);
        if newer {
            self.lead.set(lead.clone());
        }
        newer
    }
}
