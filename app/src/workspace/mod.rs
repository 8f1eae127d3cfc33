//! The settings of the workspace: what every page knows of them, and the forms in which people choose them.

pub mod api;
mod current;
mod fields;
mod guess;
mod section;

pub use current::{CurrentWorkspace, PageWorkspace, use_workspace};
pub use fields::{SettingsFields, ZONES, ZoneList};
pub use guess::guess;
pub use section::WorkspaceSection;
