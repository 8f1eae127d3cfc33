//! The only `Suspend`: its view lives until the next view has replaced it.

use leptos::tachys::reactive_graph::Suspend;
use std::future::Future;

/// A view that waits for data, in a closure under a `Transition` or `Suspense`.
///
/// When the data is read again, Leptos cleans up what the closure created at once, but rebuilds its view one tick later. A delta in between
/// would run closures of the old view on disposed signals: they panic, and the page stops to react. So in a browser the view is owned by
/// the
/// closure's parent and is disposed when the next view has replaced it.
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

/// A server renders it once.
#[cfg(not(feature = "hydrate"))]
pub fn suspend<V: 'static>(view: impl Future<Output = V> + Send + 'static) -> Suspend<V> {
    Suspend::new(view)
}
