//! The only `Suspend`: what it shows lives until something else stands in its place.

use leptos::tachys::reactive_graph::Suspend;
use std::future::Future;

/// A view that waits for data, in a closure under a `Transition` or `Suspense`.
///
/// When the data are read again, Leptos cleans up what the closure had made at once, but rebuilds its view a moment later. A delta that comes
/// in between would run closures of the old view, and what they read is gone: a panic, and a page that hears nothing any more. So in a
/// browser what is made here belongs to the closure's parent, and goes when the next view has taken its place.
#[cfg(feature = "hydrate")]
pub fn suspend<V: 'static>(view: impl Future<Output = V> + Send + 'static) -> Suspend<leptos::tachys::reactive_graph::OwnedView<V>> {
    use leptos::{reactive::owner::Owner, tachys::reactive_graph::OwnedView};
    use std::{future::poll_fn, pin::pin};
    let owner = Owner::current().and_then(|closure| closure.parent()).unwrap_or_default().child();
    Suspend::new(async move {
        let mut view = pin!(view);
        let view = poll_fn(|context| owner.with(|| view.as_mut().poll(context))).await;
        OwnedView::new_with_owner(view, owner)
    })
}

/// A server shows it once.
#[cfg(not(feature = "hydrate"))]
pub fn suspend<V: 'static>(view: impl Future<Output = V> + Send + 'static) -> Suspend<V> {
    Suspend::new(view)
}
