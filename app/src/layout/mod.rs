//! The frame around every page: sidebar, top bar, tab bar, theme and keys.

mod api;
mod conn;
mod frame;
mod keys;
mod may;
mod missing;
mod not_found;
mod notice;
mod places;
mod shortcuts;
mod sidebar;
mod theme;
mod topbar;
mod trail;

pub use api::{Me, who_am_i};
pub use frame::{Around, CurrentMe, Frame, use_may, use_me};
pub use keys::{Key, Keys};
pub use may::{May, MayPage};
pub use missing::Missing;
pub use not_found::NotFound;
pub use places::{PLACES, Place};
pub use theme::{Theme, ThemeChoice, ThemeSwitch};
pub use topbar::Topbar;
pub use trail::Trail;
