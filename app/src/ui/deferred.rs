//! Elements whose hydration can wait for a slice of its own.

use crate::hydration::Part;
use leptos::prelude::*;

/// One element with its content: its view is built at once.
#[component]
pub fn Deferred(children: Children) -> impl IntoView {
    Part::of(children())
}

/// One item of a long list: its view, too, is built only when its slice runs. It must not create a `Resource` or `Transition`.
#[component]
pub fn DeferredItem(children: Children) -> impl IntoView {
    Part::new(children)
}
