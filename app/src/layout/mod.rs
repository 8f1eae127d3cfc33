//! The frame around every page: sidebar, top bar, tab bar, theme and keys.

mod api;
mod conn;
mod frame;
mod keys;
mod may;
mod missing;
mod nav_pages;
mod not_found;
mod notice;
mod shortcuts;
mod sidebar;
mod theme;
mod topbar;
mod trail;

pub use api::{Me, who_am_i};
pub use frame::{CurrentMe, Frame, PageFrame, use_me, use_permission};
pub use keys::{Key, Keys};
pub use may::{AllowedPage, IfAllowed};
pub use missing::Missing;
pub use nav_pages::NavPage;
pub use not_found::NotFound;
pub use theme::{Theme, ThemeChoice, ThemeSwitch};
pub use topbar::Topbar;
pub use trail::Trail;
