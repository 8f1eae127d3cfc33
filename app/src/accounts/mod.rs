//! Sign-in, set-up and settings.

pub mod api;
mod forms;
mod gate;
mod join;
mod keys;
mod people;
mod person;
mod profile;
mod programs;
mod routes;
mod secret;
mod sessions;
mod settings;
mod settings_nav;
mod setup;
mod signin;

pub use forms::Forms;
pub use join::Join;
pub use person::PersonPage;
pub use profile::{Answer, elsewhere, on_field};
pub use programs::{ApiAccess, ApiPage, Contract, Example};
pub use routes::{AccountRoutes, GateRoutes, NAV};
pub use settings::Settings;
pub use settings_nav::SettingsNav;
pub use setup::SetUp;
pub use signin::SignIn;
