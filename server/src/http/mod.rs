//! The front door: what every request passes, and what handlers share.

mod body;
mod caller;
mod problem;

pub use body::{ApiJson, ApiQuery};
pub use caller::CurrentActor;
pub use problem::ApiError;
