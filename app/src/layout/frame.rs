//! Around every page of a signed-in person.

use super::{
    Keys, Me,
    shortcuts::Shortcuts,
    sidebar::{Sidebar, Tabbar},
    who_am_i,
};
use crate::{
    live::{Live, LiveEvent},
    ui::Toasts,
};
use domain::{Error, live::Query, rule::Rule};
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

#[component]
pub fn Frame() -> impl IntoView {
    let live = expect_context::<Live>();
    live.start();
    let loaded = Resource::new_blocking(|| (), |()| who_am_i());
    let signed_in = Signal::derive(move || loaded.get().and_then(Result::ok).map(|me| me.data));
    provide_context(CurrentMe(signed_in));
    let signed_out = move || {
        Suspend::new(async move {
            match loaded.await {
                Err(error) if error.0 == Error::Unauthorized => Some(view! { <Redirect path="/signin"/> }),
                _ => None,
            }
        })
    };
    let total = live_total(live, loaded);
    let shortcuts = RwSignal::new(false);
    let folded = RwSignal::new(false);
    bind_keys(live, shortcuts, folded);
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <Suspense>{signed_out}</Suspense>
        <div class="app" data-folded=move || folded.get().then_some("")>
            <Transition><Sidebar total/></Transition>
            <main class="main" id="main" tabindex="-1"><Outlet/></main>
            <Tabbar/>
        </div>
        <Shortcuts open=shortcuts/>
    }
    .into_any()
}

/// How many leads there are, kept by the live query.
fn live_total(live: Live, loaded: Resource<crate::ask::Result<domain::Snapshot<Me>>>) -> Signal<Option<i64>> {
    let told = RwSignal::new(None);
    Effect::new(move |_| {
        if let Some(Ok(me)) = loaded.get() {
            live.subscribe(Query::Leads { rule: Rule::everyone() }, me.as_of, move |event| match event {
                LiveEvent::Total(Some(total)) | LiveEvent::Deltas { total: Some(total), .. } => told.set(Some(total)),
                LiveEvent::Reset => loaded.refetch(),
                _ => {}
            });
        }
    });
    Signal::derive(move || told.get().or_else(|| loaded.get().and_then(Result::ok).and_then(|me| me.data.leads)))
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
