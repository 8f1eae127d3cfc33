//! Command palette (Ctrl K or ⌘ K): finds pages, commands, leads and campaigns.

mod api;
mod commands;
mod dialog;
mod hits;

#[cfg(feature = "ssr")]
pub use api::find_leads;
pub use api::{Found, FoundLead, find};
pub use commands::{Act, CommandContext};
pub use dialog::{Palette, PaletteDialog};
