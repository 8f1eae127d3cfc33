//! The front door: what every request passes, and what handlers share.

mod app;
mod assets;
mod auth;
mod body;
mod caller;
mod docs;
mod flight;
mod form;
mod form_page;
mod gate;
mod headers;
mod health;
mod limits;
mod listen;
mod peer;
mod problem;
mod refusal;
mod router;
mod session;
mod setup;
mod throttle;
mod trace;

pub use app::{App, Parts};
pub use assets::Site;
pub use body::{ApiJson, ApiQuery, Object};
pub use caller::{Credential, CurrentActor, Peer};
pub use flight::Flights;
pub use limits::Limits;
pub use listen::{Patience, raise_descriptors, serve};
pub use problem::ApiError;
pub use refusal::FORM_SECRET;
pub use router::router;
pub use throttle::Throttle;
