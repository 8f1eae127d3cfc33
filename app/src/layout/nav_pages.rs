//! The main pages, listed once for sidebar, palette, keys and the list of shortcuts.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NavPage {
    pub name: &'static str,
    pub icon: &'static str,
    pub href: &'static str,
    /// `G` and a second key; empty for pages outside the main navigation.
    pub keys: &'static [&'static str],
}

const fn page(name: &'static str, icon: &'static str, href: &'static str, keys: &'static [&'static str]) -> NavPage {
    NavPage { name, icon, href, keys }
}

pub const NAV_PAGES: &[NavPage] = &[
    page("Dashboard", "dashboard", "/dashboard", &["G", "D"]),
    page("Leads", "leads", "/leads", &["G", "L"]),
    page("Campaigns", "campaigns", "/campaigns", &["G", "C"]),
    page("Imports", "import", "/imports", &["G", "I"]),
    page("Activity log", "activity", "/activity", &["G", "A"]),
    page("Settings", "settings", "/settings", &[]),
];

/// Pages with keys, in the order of the sidebar.
pub fn main_nav_pages() -> impl Iterator<Item = NavPage> {
    NAV_PAGES.iter().copied().filter(|page| !page.keys.is_empty())
}
