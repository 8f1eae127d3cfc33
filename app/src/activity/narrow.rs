//! What narrows a list of activities: a search as one types (by its button without scripts), and a link per period.

use super::View;
use crate::ui::Icon;
use domain::activity::Period;
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::time::Duration;

/// Between the last letter and the question.
const PAUSE: Duration = Duration::from_millis(180);

#[component]
pub fn Narrow(
    view: Memo<View>,
    /// How many happened that are not shown yet, and what shows them.
    fresh: Signal<usize>,
    show: Callback<()>,
) -> impl IntoView {
    let period = move |period: Period| {
        let href = move || view.with(|view| view.with_period(period).href());
        let current = move || view.with(|view| view.period == period).then_some("true");
        view! { <a href=href aria-current=current>{period.label()}</a> }
    };
    view! {
        <div class="viewbar">
            <Search view/>
            <nav class="views" aria-label="Period">{Period::ALL.iter().copied().map(period).collect_view()}</nav>
            <div class="end"><span aria-live="polite">
                <Show when=move || { fresh.get() > 0 }>
                    <button type="button" class="newrows" on:click=move |_| show.run(())><Icon name="up" small=true/>{move || fresh.get()}" new"</button>
                </Show>
            </span></div>
        </div>
    }
    .into_any()
}

#[component]
fn Search(view: Memo<View>) -> impl IntoView {
    let go = use_navigate();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |event| {
        let text = event_target_value(&event);
        if let Some(before) = waiting.get_value() {
            before.clear();
        }
        let go = go.clone();
        let ask = move || {
            let href = view.with_untracked(|view| view.with_q(text).href());
            go(&href, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        };
        waiting.set_value(set_timeout_with_handle(ask, PAUSE).ok());
    };
    on_cleanup(move || {
        if let Some(before) = waiting.try_get_value().flatten() {
            before.clear();
        }
    });
    let q = Signal::derive(move || view.with(|view| view.q.clone()));
    let (campaign, period) = view.with_untracked(|view| (view.campaign, view.period));
    let action = campaign.map_or_else(|| "/activity".to_owned(), |id| format!("/campaigns/{id}"));
    view! {
        <form class="search" role="search" action=action method="get" on:submit=move |event| event.prevent_default()>
            <Icon name="search" small=true/>
            <input
                id="search"
                class="input"
                type="search"
                name="q"
                placeholder="Search"
                aria-label="Search what happened"
                autocomplete="off"
                value=q.get_untracked()
                prop:value=q
                on:input=typed
            />
            {campaign.map(|_| view! { <input type="hidden" name="tab" value="activity"/> })}
            <input type="hidden" name="period" value=period.as_str()/>
            <button class="btn sm noscript-only" type="submit">"Search"</button>
        </form>
    }
    .into_any()
}
