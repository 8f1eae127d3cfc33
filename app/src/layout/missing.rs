//! What stands at an address whose record is not there.

use super::Topbar;
use crate::ui::Empty;
use leptos::prelude::*;

#[component]
pub fn Missing(
    /// `Lead`
    what: &'static str,
    icon: &'static str,
    /// The list it would be in: its address and name.
    home: (&'static str, &'static str),
    /// How it may have gone.
    #[prop(default = "deleted")]
    gone: &'static str,
) -> impl IntoView {
    let text = format!("It may have been {gone}, or the address is not complete.");
    view! {
        <Topbar title=format!("{what} not found") crumb=home/>
        <Empty icon title=format!("There is no such {}", what.to_lowercase()) text>
            <a class="btn primary" href=home.0>{format!("Go to {}", home.1.to_lowercase())}</a>
        </Empty>
    }
    .into_any()
}
