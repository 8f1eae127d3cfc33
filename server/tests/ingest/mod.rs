//! Ingestion: what was accepted is on disk and applied exactly once, and what cannot be applied blocks nothing.

mod broker;
mod killed;
mod process;
mod queue;
