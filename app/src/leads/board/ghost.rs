//! The dragged card under the pointer.

use super::{card::Face, drag::Drag};
use leptos::prelude::*;

#[component]
pub fn Ghost() -> impl IntoView {
    let drag = expect_context::<Drag>();
    let style = move || {
        let (left, top, width) = drag.at.get();
        format!("translate:{left}px {top}px;inline-size:{width}px")
    };
    move || {
        drag.carried().map(|row| {
            let more = drag.many(row.id);
            view! {
                <div class="lifted" data-more=more style=style aria-hidden="true">
                    <article class="lead-card" data-state="lifted" inert=true><Face row/></article>
                </div>
            }
        })
    }
}
