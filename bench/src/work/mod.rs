//! One workload per file.

pub mod bulk;
pub mod export;
pub mod import;
pub mod interact;
pub mod live;
pub mod orders;
pub mod page;
pub mod read;
pub mod segments;
pub mod socketio;
pub mod start;
pub mod write;
