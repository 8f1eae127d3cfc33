//! Around every page of a signed-in person.

use super::{
    Keys, Me,
    shortcuts::Shortcuts,
    sidebar::{Sidebar, Tabbar},
    who_am_i,
};
use crate::{
    live::{Live, LiveEvent},
    ui::{Problem, Toasts},
};
use domain::{Error, Snapshot, live::Query, rule::Rule};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::{Outlet, Redirect},
    hooks::use_navigate,
};

#[derive(Clone, Copy)]
struct CurrentMe(Signal<Option<Me>>);

/// The signed-in person; `None` until it is known.
pub fn use_me() -> Signal<Option<Me>> {
    use_context::<CurrentMe>().map_or_else(|| Signal::stored(None), |CurrentMe(me)| me)
}

/// Nothing is rendered before it is known who looks, so that both sides render the same.
#[component]
pub fn Frame() -> impl IntoView {
    let me = Resource::new_blocking(|| (), |()| who_am_i());
    let framed = move || {
        Suspend::new(async move {
            match me.await {
                Ok(me) => view! { <Signed me/> }.into_any(),
                Err(error) if error.0 == Error::Unauthorized => view! { <Redirect path="/signin"/> }.into_any(),
                Err(error) => view! { <main class="page"><Problem error/></main> }.into_any(),
            }
        })
    };
    view! { <Suspense>{framed}</Suspense> }.into_any()
}

#[component]
fn Signed(me: Snapshot<Me>) -> impl IntoView {
    let live = expect_context::<Live>();
    let total = live_total(live, &me);
    provide_context(CurrentMe(Signal::stored(Some(me.data))));
    live.start();
    let shortcuts = RwSignal::new(false);
    let folded = RwSignal::new(false);
    bind_keys(live, shortcuts, folded);
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="app" data-folded=move || folded.get().then_some("")>
            <Sidebar total/>
            <main class="main" id="main" tabindex="-1"><Outlet/></main>
            <Tabbar/>
        </div>
        <Shortcuts open=shortcuts/>
    }
    .into_any()
}

/// How many leads there are, kept by the live query.
fn live_total(live: Live, me: &Snapshot<Me>) -> Signal<Option<i64>> {
    let total = RwSignal::new(me.data.leads);
    let since = me.as_of;
    Effect::new(move |_| {
        live.subscribe(Query::Leads { rule: Rule::everyone() }, since, move |event| match event {
            LiveEvent::Total(Some(now)) | LiveEvent::Deltas { total: Some(now), .. } => total.set(Some(now)),
            // The answer to the next subscription tells it.
            _ => {}
        });
    });
    total.into()
}

fn bind_keys(live: Live, shortcuts: RwSignal<bool>, folded: RwSignal<bool>) {
    let keys = expect_context::<Keys>();
    let toasts = expect_context::<Toasts>();
    let go = use_navigate();
    keys.listen();
    keys.bind(move |key| {
        match (key.name.as_str(), key.after_g) {
            ("l", true) => go("/leads", NavigateOptions::default()),
            ("i", true) => go("/imports", NavigateOptions::default()),
            ("/", _) => go("/leads?focus=search", NavigateOptions::default()),
            ("c", _) => go("/leads/new", NavigateOptions::default()),
            ("?", _) => shortcuts.set(true),
            ("z", _) => toasts.undo_last(),
            ("p", _) => live.paused.update(|paused| *paused = !*paused),
            ("[", _) => folded.update(|folded| *folded = !*folded),
            _ => return false,
        }
        true
    });
}
