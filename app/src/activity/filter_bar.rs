//! Filters of an activity list: a search (while typing; by its button without scripts) and a link per period.

use super::View;
use crate::ui::{Icon, Search};
use domain::activity::Period;
use leptos::prelude::*;

#[component]
pub fn FilterBar(
    view: Memo<View>,
    /// Number of new activities that are not shown yet; `show` shows them.
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
            {search(view)}
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

fn search(view: Memo<View>) -> AnyView {
    let (campaign, period) = view.with_untracked(|view| (view.campaign, view.period));
    let action = campaign.map_or_else(|| "/activity".to_owned(), |id| format!("/campaigns/{id}"));
    let text = Signal::derive(move || view.with(|view| view.q.clone()));
    let href = Callback::new(move |text| view.with_untracked(|view| view.with_q(text).href()));
    view! {
        <Search id="search" label="Search activity" action text href>
            {campaign.map(|_| view! { <input type="hidden" name="tab" value="activity"/> })}
            <input type="hidden" name="period" value=period.as_str()/>
            <button class="btn sm noscript-only" type="submit">"Search"</button>
        </Search>
    }
    .into_any()
}
