//! HTTP: listener, middleware, sign-in, and what handlers share. Which routes there are is in `route_groups.rs`.

mod access_check;
mod app;
mod assets;
pub mod auth;
mod body;
mod caller;
mod concurrency;
pub mod docs;
pub(crate) mod form;
mod form_page;
mod headers;
pub mod health;
mod limits;
mod listen;
mod peer;
mod policy;
mod problem;
pub mod render;
mod router;
pub(crate) mod session;
pub mod setup;
mod signed_errors;
mod throttle;
mod trace;

pub use app::{App, Parts};
pub use assets::Site;
pub use body::{ApiJson, ApiQuery, Object};
pub use caller::{Credential, CurrentActor, Peer};
pub use concurrency::ConcurrencyLimit;
pub use limits::Limits;
pub use listen::{raise_descriptors, serve};
pub use policy::{Access, ContractErrors, Errors, Policy, SignedErrors, Traffic};
pub use problem::{ApiError, answered};
pub use router::{RouteGroup, router};
pub use signed_errors::FORM_SECRET;
pub use throttle::Throttle;
