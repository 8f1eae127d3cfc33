//! Who may not, does not see: what changes something is shown to those alone who may do it.

use super::{Topbar, use_may};
use crate::ui::Empty;
use domain::Permission;
use leptos::prelude::*;

/// A button, a link or a form, for those who may use it.
#[component]
pub fn May(to: Permission, children: ChildrenFn) -> impl IntoView {
    let may = use_may(to);
    view! { <Show when=move || may.get()>{children()}</Show> }
}

/// A whole page that changes something: for others what it says instead.
#[component]
pub fn MayPage(
    to: Permission,
    title: &'static str,
    /// The list it belongs to: its address and name.
    home: (&'static str, &'static str),
    children: Children,
) -> impl IntoView {
    // Who one is does not change while the page is open.
    if use_may(to).get_untracked() {
        return children().into_any();
    }
    view! {
        <Topbar title=title crumb=home/>
        <Empty icon="lock" title="Your role does not include this" text="Ask an administrator for another role.">
            <a class="btn primary" href=home.0>{format!("Go to {}", home.1.to_lowercase())}</a>
        </Empty>
    }
    .into_any()
}
