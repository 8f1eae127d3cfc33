//! Shows what changes data only to people who have the permission for it.

use super::{Topbar, use_permission};
use crate::ui::Empty;
use domain::Permission;
use leptos::prelude::*;

/// A button, link or form, shown only with the permission.
#[component]
pub fn IfAllowed(to: Permission, children: ChildrenFn) -> impl IntoView {
    let may = use_permission(to);
    view! { <Show when=move || may.get()>{children()}</Show> }
}

/// A whole page that changes data; without the permission it shows why not.
#[component]
pub fn AllowedPage(
    to: Permission,
    title: &'static str,
    /// Address and name of the list that the page belongs to.
    home: (&'static str, &'static str),
    children: Children,
) -> impl IntoView {
    // A person's role does not change while the page is open.
    if use_permission(to).get_untracked() {
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
