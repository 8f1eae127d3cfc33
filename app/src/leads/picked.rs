//! Which leads are selected, in the list or on the board: each by its id, or all that match. What leaves the page leaves the selection.

use domain::{LeadId, campaigns::Selection, rule::Rule};
use leptos::prelude::*;
use std::collections::HashSet;

#[derive(Debug, Clone, Copy)]
pub struct Picked {
    /// Always among those that are loaded; empty while `all`.
    ids: RwSignal<HashSet<LeadId>>,
    /// All that match, loaded or not.
    all: RwSignal<bool>,
    /// Where a range starts: the lead that was pressed last.
    anchor: StoredValue<Option<LeadId>>,
    of: StoredValue<Source>,
}

/// What is selected from.
#[derive(Debug)]
struct Source {
    /// What is loaded, in its order.
    loaded: Signal<Vec<LeadId>>,
    /// How many match, as far as that is known.
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

    /// `None` while all that match are selected and nobody knows how many that is.
    pub fn count(self) -> Option<i64> {
        if self.all.get() { self.total() } else { Some(self.ids.with(HashSet::len) as i64) }
    }

    /// Whether all that is loaded is selected.
    pub fn has_loaded(self) -> bool {
        self.all.get() || (!self.is_empty() && self.ids.with(HashSet::len) == self.loaded().with(Vec::len))
    }

    /// How many match, where all that is loaded is selected and more match.
    pub fn could_pick(self) -> Option<i64> {
        let total = self.total()?;
        (!self.all.get() && self.has_loaded() && total > self.ids.with(HashSet::len) as i64).then_some(total)
    }

    pub fn pick_all(self) {
        self.ids.set(HashSet::new());
        self.all.set(true);
    }

    /// Selects what is loaded, or nothing when that is selected already.
    pub fn pick_loaded(self) {
        if untrack(|| self.has_loaded()) {
            self.clear();
        } else {
            self.ids.set(self.loaded().with_untracked(|loaded| loaded.iter().copied().collect()));
        }
    }

    /// One lead; with `range` all from the one pressed before, too.
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

    /// Forgets what is not loaded any more.
    pub fn prune(self) {
        if self.ids.with_untracked(|ids| !ids.is_empty()) {
            let loaded: HashSet<_> = self.loaded().with_untracked(|loaded| loaded.iter().copied().collect());
            if self.ids.with_untracked(|ids| !ids.is_subset(&loaded)) {
                self.ids.update(|ids| ids.retain(|id| loaded.contains(id)));
            }
        }
    }

    /// What the server is told.
    pub fn selection(self) -> Selection {
        if self.all.get_untracked() {
            return Selection::Matching(self.of.with_value(|of| of.rule.clone()));
        }
        // In the order of the page: the first are done first.
        let mut leads = self.loaded().get_untracked();
        self.ids.with_untracked(|ids| leads.retain(|id| ids.contains(id)));
        Selection::Leads(leads)
    }
}
