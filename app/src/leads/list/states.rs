//! State of lists when they were left for another page, so that Back restores them.

use domain::LeadId;
use leptos::prelude::*;
use std::collections::HashMap;

/// State of one list when it was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListState {
    /// Number of loaded rows.
    pub rows: usize,
    /// Scroll position in px.
    pub top: i32,
    /// The active row, which keys act on.
    pub active: Option<LeadId>,
}

/// Most lists remembered; beyond that, all are forgotten.
const LISTS: usize = 32;

/// In the context of every page about leads: state per list, by its address.
#[derive(Debug, Clone, Copy)]
pub struct SavedListStates(StoredValue<HashMap<String, ListState>>);

impl SavedListStates {
    pub fn new() -> Self {
        Self(StoredValue::new(HashMap::new()))
    }

    pub fn keep(self, href: &str, state: ListState) {
        self.0.update_value(|lists| {
            if let Some(known) = lists.get_mut(href) {
                *known = state;
                return;
            }
            if lists.len() >= LISTS {
                lists.clear();
            }
            lists.insert(href.to_owned(), state);
        });
    }

    pub fn of(self, href: &str) -> Option<ListState> {
        self.0.with_value(|lists| lists.get(href).copied())
    }
}
