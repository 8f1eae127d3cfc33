//! The page of a record that does not exist.

use super::Topbar;
use crate::ui::Empty;
use leptos::prelude::*;

#[component]
pub fn Missing(
    /// `Lead`
    what: &'static str,
    icon: &'static str,
    /// Address and name of the list that the record would be in.
    home: (&'static str, &'static str),
    /// How the record may have disappeared.
    #[prop(default = "deleted")]
    gone: &'static str,
) -> impl IntoView {
    let text = format!("It may have been {gone}, or the address is incomplete.");
    view! {
        <Topbar title=format!("{what} not found") crumb=home/>
        <Empty icon title=format!("This {} does not exist", what.to_lowercase()) text>
            <a class="btn primary" href=home.0>{format!("Go to {}", home.1.to_lowercase())}</a>
        </Empty>
    }
    .into_any()
}
