//! How lists were left for another page, so that Back finds them as they were.

use domain::LeadId;
use leptos::prelude::*;
use std::collections::HashMap;

/// How one list was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// How many rows were loaded.
    pub rows: usize,
    /// In px.
    pub top: i32,
    /// The row under the keyboard.
    pub active: Option<LeadId>,
}

/// Most lists that are remembered; all are forgotten when there are more.
const LISTS: usize = 32;

/// In the context of every page about leads: each list by its address.
#[derive(Debug, Clone, Copy)]
pub struct LeftLists(StoredValue<HashMap<String, Left>>);

impl LeftLists {
    pub fn new() -> Self {
        Self(StoredValue::new(HashMap::new()))
    }

    pub fn keep(self, href: &str, left: Left) {
        self.0.update_value(|lists| {
            if let Some(known) = lists.get_mut(href) {
                *known = left;
                return;
            }
            if lists.len() >= LISTS {
                lists.clear();
            }
            lists.insert(href.to_owned(), left);
        });
    }

    pub fn of(self, href: &str) -> Option<Left> {
        self.0.with_value(|lists| lists.get(href).copied())
    }
}
