//! The main pages, listed once for sidebar, palette, keys and the list of shortcuts.

#[derive(Debug, PartialEq, Eq)]
pub struct NavPage {
    pub name: &'static str,
    pub icon: &'static str,
    pub href: &'static str,
    /// `G` and a second key; empty for pages outside the main navigation.
    pub keys: &'static [&'static str],
}

const fn place(name: &'static str, icon: &'static str, href: &'static str, keys: &'static [&'static str]) -> NavPage {
    NavPage { name, icon, href, keys }
}

pub const NAV_PAGES: [NavPage; 6] = [
    place("Dashboard", "dashboard", "/dashboard", &["G", "D"]),
    place("Leads", "leads", "/leads", &["G", "L"]),
    place("Campaigns", "campaigns", "/campaigns", &["G", "C"]),
    place("Imports", "import", "/imports", &["G", "I"]),
    place("Activity log", "activity", "/activity", &["G", "A"]),
    place("Settings", "settings", "/settings", &[]),
];

/// Pages with keys, in the order of the sidebar.
pub fn main_nav_pages() -> impl Iterator<Item = NavPage> {
    NAV_PAGES.into_iter().filter(|place| !place.keys.is_empty())
}
