//! How the browser takes over the page that the server rendered: in slices, so that it can paint and answer in between.
//!
//! One pass over the whole page would keep a person with a slow device waiting for as long as it takes. So the pass leaves the `Part`s
//! out, which come one after the other; effects begin when the last is done, and so every part finds the values that the server had.
//! Whoever touches the page before that has all of it at once.

mod part;
#[cfg(feature = "hydrate")]
mod queue;

pub use part::Part;
#[cfg(feature = "hydrate")]
pub use queue::start;
