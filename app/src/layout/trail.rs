//! The last address of each list, so that a record's breadcrumb leads back to it with its filter.

use leptos::prelude::*;
use std::collections::HashMap;

/// In the context of the whole app: path of each page, and the full address it last had.
#[derive(Debug, Clone, Copy)]
pub struct Trail(RwSignal<HashMap<String, String>>);

impl Trail {
    pub fn new() -> Self {
        Self(RwSignal::new(HashMap::new()))
    }

    /// Records the current address of the page.
    pub fn note(self, path: String, search: &str) {
        let search = search.trim_start_matches('?');
        let href = format!("{path}{}{search}", if search.is_empty() { "" } else { "?" });
        self.0.update(|seen| _ = seen.insert(path, href));
    }

    /// Last address of the page, or its path when it was not visited yet.
    pub fn back_to(self, path: &str) -> String {
        self.0.with(|seen| seen.get(path).cloned()).unwrap_or_else(|| path.to_owned())
    }
}

impl Default for Trail {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_found_as_it_was_left() {
        Owner::new().with(|| {
            let trail = Trail::new();
            assert_eq!(trail.back_to("/leads"), "/leads");
            trail.note("/leads".to_owned(), "q=ana&sort=name");
            trail.note("/campaigns".to_owned(), "");
            assert_eq!([trail.back_to("/leads"), trail.back_to("/campaigns")], ["/leads?q=ana&sort=name", "/campaigns"]);
        });
    }
}
