//! The connection dot, whose shape shows the state. It never opens a modal.

use crate::live::{ConnState, Live};
use domain::text::grouped;
use leptos::prelude::*;

#[component]
pub fn Conn() -> impl IntoView {
    let live = expect_context::<Live>();
    let state = move || match live.state.get() {
        ConnState::Live => "live",
        ConnState::Connecting | ConnState::Behind => "behind",
        ConnState::Paused => "paused",
        ConnState::Offline => "offline",
    };
    let words = move || match live.state.get() {
        ConnState::Connecting => "Connecting".to_owned(),
        ConnState::Live => "Live".to_owned(),
        ConnState::Behind => "Reconnecting".to_owned(),
        ConnState::Paused => match live.waiting.get() {
            0 => "Paused".to_owned(),
            1 => "Paused, 1 change".to_owned(),
            more => format!("Paused, {} changes", grouped(more as i64)),
        },
        ConnState::Offline => "Offline".to_owned(),
    };
    let head = move || Some(live.head.get()).filter(|head| *head > 0).map(|head| format!("#{}", grouped(head)));
    view! {
        <button
            type="button"
            class="conn scripts-only"
            data-state=state
            aria-pressed=move || live.paused.get().to_string()
            aria-keyshortcuts="P"
            title="Live updates. Press to pause or resume (P)"
            on:click=move |_| live.paused.update(|paused| *paused = !*paused)
        >
            {words}
            <span class="muted">{head}</span>
        </button>
    }
}
