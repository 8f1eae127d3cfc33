//! Layout shared by sign-in and set-up: the bird on the card, and the line below it.

use crate::ui::PageTitle;
use leptos::prelude::*;

// A constant: in fully static markup the tag name `use_` would keep its underscore.
const MARK: &str = "#i-linnet";

#[component]
pub fn Gate(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <PageTitle title/>
        <div class="signin">
            <main id="main">
                <svg class="perch" viewBox="0 0 24 24" aria-hidden="true">
                    <use_ href=MARK></use_>
                    <path d="M10.9 18.7v3.6M13 18.5v3.8M9.9 22.4h2.2M12 22.4h2.2" fill="none" stroke="currentColor" stroke-width=".7" stroke-linecap="round"></path>
                </svg>
                {children()}
            </main>
            <footer class="row small muted g-s4"><span>{concat!("Linnet ", env!("CARGO_PKG_VERSION"))}</span><span>"Runs on your own machine"</span></footer>
        </div>
    }
    .into_any()
}
