//! One workload per file.

pub mod bulk;
pub mod import;
pub mod interact;
pub mod live;
pub mod page;
pub mod read;
pub mod socketio;
pub mod start;
pub mod write;
