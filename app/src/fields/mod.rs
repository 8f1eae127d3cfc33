//! Custom fields: what every page knows of their definitions, the settings in which people define them, and their inputs.

pub mod api;
mod current;
mod form;
mod input;
mod list;
mod remove;
mod save;

pub use current::{CurrentFields, use_fields};
pub use form::FieldPage;
pub use input::CustomInput;
pub use list::FieldListPage;
