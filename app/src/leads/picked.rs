//! Which rows are selected: each by its id, or all that match. What leaves the list leaves the selection.

use super::store::{LeadList, Row};
use domain::{LeadId, campaigns::Selection, leads::LeadQuery};
use leptos::prelude::*;
use std::collections::HashSet;

#[derive(Debug, Clone, Copy)]
pub struct Picked {
    /// Always among the loaded rows; empty while `all`.
    ids: RwSignal<HashSet<LeadId>>,
    /// All that match, loaded or not.
    all: RwSignal<bool>,
    /// Where a range starts: the row that was pressed last.
    anchor: StoredValue<Option<LeadId>>,
}

impl Picked {
    pub fn new() -> Self {
        Self { ids: RwSignal::new(HashSet::new()), all: RwSignal::new(false), anchor: StoredValue::new(None) }
    }

    pub fn has(self, id: LeadId) -> bool {
        self.all.get() || self.ids.with(|ids| ids.contains(&id))
    }

    pub fn is_empty(self) -> bool {
        !self.all.get() && self.ids.with(HashSet::is_empty)
    }

    pub fn clear(self) {
        self.all.set(false);
        self.ids.set(HashSet::new());
    }

    pub fn drop_one(self, id: LeadId) {
        if self.ids.with_untracked(|ids| ids.contains(&id)) {
            self.ids.update(|ids| _ = ids.remove(&id));
        }
    }

    pub fn keep_only(self, rows: &[Row]) {
        if self.ids.with_untracked(|ids| !ids.is_empty()) {
            let kept: HashSet<_> = rows.iter().map(|row| row.id).collect();
            self.ids.update(|ids| ids.retain(|id| kept.contains(id)));
        }
    }
}

impl LeadList {
    /// `None` while all that match are selected and nobody knows how many that is.
    pub fn picked_count(self) -> Option<i64> {
        if self.picked.all.get() { self.total.get() } else { Some(self.picked.ids.with(HashSet::len) as i64) }
    }

    /// Whether every loaded row is selected.
    pub fn picked_loaded(self) -> bool {
        self.picked.all.get() || (!self.picked.is_empty() && self.picked.ids.with(HashSet::len) == self.rows.with(Vec::len))
    }

    /// How many more match than are selected, where every loaded row is.
    pub fn could_pick(self) -> Option<i64> {
        let total = self.total.get()?;
        (!self.picked.all.get() && self.picked_loaded() && total > self.picked.ids.with(HashSet::len) as i64).then_some(total)
    }

    pub fn pick_all(self) {
        self.picked.ids.set(HashSet::new());
        self.picked.all.set(true);
    }

    /// Selects what is loaded, or nothing when that is selected already.
    pub fn pick_loaded(self) {
        if untrack(|| self.picked_loaded()) {
            self.picked.clear();
        } else {
            self.picked.ids.set(self.rows.with_untracked(|rows| rows.iter().map(|row| row.id).collect()));
        }
    }

    /// One row; with `range` all from the one pressed before, too.
    pub fn pick(self, id: LeadId, on: bool, range: bool) {
        let from = self.picked.anchor.get_value().filter(|_| range).and_then(|anchor| self.position(anchor));
        let at = self.position(id);
        self.picked.anchor.set_value(Some(id));
        let ids: Vec<LeadId> = match (from, at) {
            (Some(from), Some(at)) => self.rows.with_untracked(|rows| rows[from.min(at)..=from.max(at)].iter().map(|row| row.id).collect()),
            _ => vec![id],
        };
        let mut now = self.picked.ids.get_untracked();
        if self.picked.all.get_untracked() {
            now = self.rows.with_untracked(|rows| rows.iter().map(|row| row.id).collect());
            self.picked.all.set(false);
        }
        for id in ids {
            if on {
                now.insert(id)
            } else {
                now.remove(&id)
            };
        }
        self.picked.ids.set(now);
    }

    pub fn toggle(self, id: LeadId) {
        let on = !untrack(|| self.picked.has(id));
        self.pick(id, on, false);
    }

    /// What the server is told.
    pub fn selection(self) -> Selection {
        if self.picked.all.get_untracked() {
            return Selection::Matching(self.query(|query: &LeadQuery| query.rule.clone()));
        }
        // In the order of the rows: the first are done first.
        let picked = |row: &&Row| self.picked.ids.with_untracked(|ids| ids.contains(&row.id));
        Selection::Leads(self.rows.with_untracked(|rows| rows.iter().filter(picked).map(|row| row.id).collect()))
    }
}
