//! Hydration of the server-rendered page in slices, so that the browser can paint and handle input in between.
//!
//! A single pass over the whole page would block a slow device until it is done. So the first pass skips each `Part`; a queue hydrates
//! the parts afterwards. Effects run after the last part, so every part still finds the values that the server rendered.
//! A person's first interaction hydrates all that is left at once.

mod part;
#[cfg(feature = "hydrate")]
mod queue;

pub use part::Part;
#[cfg(feature = "hydrate")]
pub use queue::start;
