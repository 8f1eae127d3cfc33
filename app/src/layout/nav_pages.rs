//! Pages of the navigation, listed once in `NAV_PAGES` for sidebar, palette, keys, the list of shortcuts and the table of areas.

use crate::{NAV_PAGES, areas::Area};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NavPage {
    pub name: &'static str,
    pub icon: &'static str,
    /// The first part of a path. Pages below it belong to it.
    pub href: &'static str,
    /// `G` and a second key; empty for pages outside the main navigation.
    pub keys: &'static [&'static str],
    /// Areas that it and the pages below it need.
    pub areas: &'static [Area],
}

/// Pages with keys, in the order of the sidebar.
pub fn main_nav_pages() -> impl Iterator<Item = NavPage> {
    NAV_PAGES.iter().copied().filter(|page| !page.keys.is_empty())
}
