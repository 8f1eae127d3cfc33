//! Selected leads in the list or on the board: single ids, or all that match. Leads that leave the page leave the selection.

use domain::{LeadId, campaigns::Selection, rule::Rule};
use leptos::prelude::*;
use std::collections::HashSet;

#[derive(Debug, Clone, Copy)]
pub struct Picked {
    /// A subset of the loaded leads; empty while `all`.
    ids: RwSignal<HashSet<LeadId>>,
    /// All that match, loaded or not.
    all: RwSignal<bool>,
    /// Start of a range: the lead that was toggled last.
    anchor: StoredValue<Option<LeadId>>,
    of: StoredValue<Source>,
}

/// The set of leads to select from.
#[derive(Debug)]
struct Source {
    /// Loaded leads in their order.
    loaded: Signal<Vec<LeadId>>,
    /// Number of matching leads, if known.
    total: Signal<Option<i64>>,
    rule: Rule,
}

impl Picked {
    pub fn new(loaded: Signal<Vec<LeadId>>, total: Signal<Option<i64>>, rule: Rule) -> Self {
        Self {
            ids: RwSignal::new(HashSet::new()),
            all: RwSignal::new(false),
            anchor: StoredValue::new(None),
            of: StoredValue::new(Source { loaded, total, rule }),
        }
    }

    fn loaded(self) -> Signal<Vec<LeadId>> {
        self.of.with_value(|of| of.loaded)
    }

    fn total(self) -> Option<i64> {
        self.of.with_value(|of| of.total).get()
    }

    pub fn has(self, id: LeadId) -> bool {
        self.all.get() || self.ids.with(|ids| ids.contains(&id))
    }

    pub fn is_empty(self) -> bool {
        !self.all.get() && self.ids.with(HashSet::is_empty)
    }

    /// Number of selected leads. `None` if all that match are selected and their number is unknown.
    pub fn count(self) -> Option<i64> {
        if self.all.get() { self.total() } else { Some(self.ids.with(HashSet::len) as i64) }
    }

    /// Whether all loaded leads are selected.
    pub fn has_loaded(self) -> bool {
        self.all.get() || (!self.is_empty() && self.ids.with(HashSet::len) == self.loaded().with(Vec::len))
    }

    /// Number of matching leads, if all loaded ones are selected and more match.
    pub fn could_pick(self) -> Option<i64> {
        let total = self.total()?;
        (!self.all.get() && self.has_loaded() && total > self.ids.with(HashSet::len) as i64).then_some(total)
    }

    pub fn pick_all(self) {
        self.ids.set(HashSet::new());
        self.all.set(true);
    }

    /// Selects all loaded leads, or none if they are selected already.
    pub fn pick_loaded(self) {
        if untrack(|| self.has_loaded()) {
            self.clear();
        } else {
            self.ids.set(self.loaded().with_untracked(|loaded| loaded.iter().copied().collect()));
        }
    }

    /// Selects or deselects one lead; with `range` all from the last toggled one to this one.
    pub fn pick(self, id: LeadId, on: bool, range: bool) {
        let loaded = self.loaded().get_untracked();
        let position = |id| loaded.iter().position(|one| *one == id);
        let from = self.anchor.get_value().filter(|_| range).and_then(position);
        self.anchor.set_value(Some(id));
        let picked = match (from, position(id)) {
            (Some(from), Some(at)) => &loaded[from.min(at)..=from.max(at)],
            _ => &[id],
        };
        let mut now = self.ids.get_untracked();
        if self.all.get_untracked() {
            now = loaded.iter().copied().collect();
            self.all.set(false);
        }
        if on {
            now.extend(picked);
        } else {
            now.retain(|id| !picked.contains(id));
        }
        self.ids.set(now);
    }

    pub fn toggle(self, id: LeadId, range: bool) {
        let on = !untrack(|| self.has(id));
        self.pick(id, on, range);
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

    /// Drops leads that are no longer loaded.
    pub fn prune(self) {
        if self.ids.with_untracked(|ids| !ids.is_empty()) {
            let loaded: HashSet<_> = self.loaded().with_untracked(|loaded| loaded.iter().copied().collect());
            if self.ids.with_untracked(|ids| !ids.is_subset(&loaded)) {
                self.ids.update(|ids| ids.retain(|id| loaded.contains(id)));
            }
        }
    }

    /// The selection as a bulk action takes it.
    pub fn selection(self) -> Selection {
        if self.all.get_untracked() {
            return Selection::Matching(self.of.with_value(|of| of.rule.clone()));
        }
        // In the order of the page, which is the order in which they are processed.
        let mut leads = self.loaded().get_untracked();
        self.ids.with_untracked(|ids| leads.retain(|id| ids.contains(id)));
        Selection::Leads(leads)
    }
}
