//! Around every page of a signed-in person.

use super::{
    Keys, Me,
    shortcuts::Shortcuts,
    sidebar::{Sidebar, Tabbar},
};
use crate::{live::Live, ui::Toasts};
use domain::{Actor, Permission};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::{Outlet, Redirect},
    hooks::use_navigate,
};

/// In the context of the whole app.
#[derive(Clone, Copy)]
pub struct CurrentMe(Signal<Option<Me>>);

impl CurrentMe {
    /// Not a resource: the server knows at once, and nothing below may wait for it. What a view creates after waiting
    /// would get other numbers on the two sides, and hydration goes by these. Made once, with the page: who signs in or out
    /// loads another.
    pub fn new() -> Self {
        Self(Signal::stored(SharedValue::new(|| use_context::<Actor>().map(Me::from)).into_inner()))
    }
}

impl Default for CurrentMe {
    fn default() -> Self {
        Self::new()
    }
}

/// The signed-in person.
pub fn use_me() -> Signal<Option<Me>> {
    use_context::<CurrentMe>().map_or_else(|| Signal::stored(None), |CurrentMe(me)| me)
}

/// Whether the signed-in person may do this.
pub fn use_may(permission: Permission) -> Signal<bool> {
    let me = use_me();
    Signal::derive(move || me.get().is_some_and(|me| Actor { role: me.role, ..Actor::system() }.may(permission)))
}

/// What routes are nested in.
#[component]
pub fn Frame() -> impl IntoView {
    view! { <Around><Outlet/></Around> }
}

#[component]
pub fn Around(children: Children) -> impl IntoView {
    if use_me().with_untracked(Option::is_none) {
        return view! { <Redirect path="/signin"/> }.into_any();
    }
    let live = expect_context::<Live>();
    live.start();
    let shortcuts = RwSignal::new(false);
    let folded = RwSignal::new(false);
    bind_keys(live, shortcuts, folded);
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="app" data-folded=move || folded.get().then_some("")>
            <Sidebar/>
            <main class="main" id="main" tabindex="-1">{children()}</main>
            <Tabbar/>
        </div>
        <Shortcuts open=shortcuts/>
    }
    .into_any()
}

fn bind_keys(live: Live, shortcuts: RwSignal<bool>, folded: RwSignal<bool>) {
    let keys = expect_context::<Keys>();
    let toasts = expect_context::<Toasts>();
    let go = use_navigate();
    keys.listen();
    keys.bind(move |key| {
        match (key.name.as_str(), key.after_g) {
            ("l", true) => go("/leads", NavigateOptions::default()),
            ("c", true) => go("/campaigns", NavigateOptions::default()),
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
