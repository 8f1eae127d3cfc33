//! Orders through the service: each applied exactly once, with sums that always equal a recount.

mod batches;
mod house;
mod live;
mod most;
mod random;
mod rest;
mod single;
mod waiting;
