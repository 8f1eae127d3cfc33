//! A live page of activities. New ones are added at once while scrolled to the top; otherwise they wait for “N new” to be pressed.

use super::{Lines, View, filter_bar::FilterBar};
use crate::{
    live::Live,
    ui::{Empty, TimeAgo},
};
use domain::{
    Snapshot,
    activity::{Activity, ActivityPage},
    live::{News, Query},
    text::fold,
};
use leptos::prelude::*;

/// Most rows shown; older ones are on the next page.
const KEPT: usize = 300;

/// Shown activities, and new ones that wait to be shown.
#[derive(Clone, Copy)]
pub struct LiveActivities {
    shown: RwSignal<Vec<Activity>>,
    waiting: RwSignal<Vec<Activity>>,
}

impl LiveActivities {
    fn take(self, items: Vec<Activity>) {
        let known = |id| {
            self.shown.with_untracked(|shown| shown.iter().any(|one| one.id == id))
                || self.waiting.with_untracked(|waiting| waiting.iter().any(|one| one.id == id))
        };
        let mut new: Vec<Activity> = items.into_iter().filter(|item| !known(item.id)).collect();
        if new.is_empty() {
            return;
        }
        new.reverse();
        self.waiting.update(|waiting| *waiting = [new, std::mem::take(waiting)].concat());
        if at_the_top() {
            self.show();
        }
    }

    fn show(self) {
        let mut rows = self.waiting.try_update(std::mem::take).unwrap_or_default();
        self.shown.update(|shown| {
            rows.append(shown);
            rows.truncate(KEPT);
            *shown = rows;
        });
    }
}

fn scroll() -> Option<web_sys::Element> {
    document().query_selector("main .scroll").ok().flatten()
}

fn at_the_top() -> bool {
    scroll().is_none_or(|scroll| scroll.scroll_top() < 8)
}

#[component]
pub fn ActivityList(
    snapshot: Snapshot<ActivityPage>,
    view: Memo<View>,
    refetch: impl Fn() + Send + Sync + 'static,
    /// Set to this list, so that the bar can count and show new activities.
    fresh: RwSignal<Option<LiveActivities>>,
) -> impl IntoView {
    let Snapshot { as_of, data: ActivityPage { activities, next, looked_to }, .. } = snapshot;
    let list = LiveActivities { shown: RwSignal::new(activities), waiting: RwSignal::new(Vec::new()) };
    // The view that this list was loaded for: another view mounts another list.
    let asked = view.get_untracked();
    let search = fold(asked.q.trim());
    if asked.before.is_none() {
        let on = move |news| {
            if let News::Activities(items) = news {
                list.take(items.into_iter().filter(|item| item.matches(&search)).collect());
            }
        };
        expect_context::<Live>().follow(Query::Activities { campaign: asked.campaign, access: false }, as_of, on, refetch);
    }
    Effect::new(move |_| fresh.set(Some(list)));
    let searched = !asked.q.trim().is_empty();
    let none = move || {
        if searched {
            view! { <Empty icon="search" title="Nothing found" text="No activity in this period contains these words."/> }.into_any()
        } else {
            view! { <Empty icon="activity" title="No activity yet" text="Activity on leads and campaigns appears here live."/> }.into_any()
        }
    };
    let more = next.map(|next| {
        let href = View { before: Some(next), ..asked }.href();
        let looked = looked_to.map(|at| view! { <span>"Searched back to "<TimeAgo at/></span> });
        view! { <footer class="row between">{looked}<a class="link push" href=href>{if looked_to.is_some() { "Search further back" } else { "Next page" }}</a></footer> }
    });
    let is_over = more.is_none();
    view! {
        <section class="card" aria-label="Activity">
            <Show when=move || !list.shown.with(Vec::is_empty) fallback=move || is_over.then(none)>
                <div class="body top-s2"><Lines items=list.shown/></div>
            </Show>
            {more}
        </section>
    }
    .into_any()
}

/// The bar over a list: search, periods, and the number of new activities.
#[component]
pub fn Bar(view: Memo<View>, fresh: RwSignal<Option<LiveActivities>>) -> impl IntoView {
    let count = Signal::derive(move || fresh.get().map_or(0, |list| list.waiting.with(Vec::len)));
    let show = Callback::new(move |()| {
        if let Some(list) = fresh.get_untracked() {
            list.show();
        }
        if let Some(scroll) = scroll() {
            scroll.set_scroll_top(0);
        }
    });
    view! { <FilterBar view fresh=count show/> }.into_any()
}
