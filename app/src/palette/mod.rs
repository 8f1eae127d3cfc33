//! Ctrl or ⌘ K: pages, actions, leads and campaigns from one line.

mod api;
mod commands;
mod dialog;
mod hits;

pub use api::{Found, FoundLead, find};
pub use commands::{Act, Acts};
pub use dialog::{Palette, PaletteDialog};
