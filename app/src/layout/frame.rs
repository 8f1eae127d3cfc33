//! The frame around every page of a signed-in person.

use super::{
    Key, Keys, Me, NavPage,
    nav_pages::main_nav_pages,
    notice::SessionNotice,
    shortcuts::Shortcuts,
    sidebar::{Sidebar, Tabbar},
};
use crate::{
    fields::CurrentFields,
    live::Live,
    palette::{Act, CommandContext, Palette, PaletteDialog},
    ui::{Deferred, guard_typed_text},
    views::Views,
    workspace::use_workspace,
};
use domain::{Actor, Permission};
use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, Redirect},
    hooks::use_navigate,
};

/// The signed-in person, in the context of the whole app.
#[derive(Clone, Copy)]
pub struct CurrentMe(Signal<Option<Me>>);

impl CurrentMe {
    /// Not a `Resource`: the server knows it at once, and nothing below may wait for it. Views created after a wait would get different
    /// hydration ids on the two sides. Read once per page: signing in or out loads another page.
    pub fn new() -> Self {
        Self(Signal::stored(SharedValue::new(|| use_context::<Actor>().map(Me::from)).into_inner()))
    }
}

impl Default for CurrentMe {
    fn default() -> Self {
        Self::new()
    }
}

/// The signed-in person, if any.
pub fn use_me() -> Signal<Option<Me>> {
    use_context::<CurrentMe>().map_or_else(|| Signal::stored(None), |CurrentMe(me)| me)
}

/// Whether the signed-in person has this permission.
pub fn use_permission(permission: Permission) -> Signal<bool> {
    let me = use_me();
    Signal::derive(move || me.get().is_some_and(|me| me.actor().may(permission)))
}

/// Parent of the nested routes.
#[component]
pub fn Frame() -> impl IntoView {
    view! { <PageFrame><Outlet/></PageFrame> }
}

#[component]
pub fn PageFrame(children: Children) -> impl IntoView {
    let Some(me) = use_me().get_untracked() else { return view! { <Redirect path="/signin"/> }.into_any() };
    let live = expect_context::<Live>();
    live.start(me);
    guard_typed_text();
    use_workspace().follow(live);
    expect_context::<CurrentFields>().follow(live);
    let views = Views::new();
    views.follow(live);
    provide_context(views);
    let (shortcuts, folded) = (RwSignal::new(false), RwSignal::new(false));
    let acts = CommandContext { live, toasts: expect_context(), theme: expect_context(), keys: shortcuts, folded };
    let palette = Palette(RwSignal::new(false));
    provide_context(palette);
    bind_keys(acts, palette);
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="app" data-folded=move || folded.get().then_some("")>
            <Deferred><Sidebar/></Deferred>
            <Deferred><main class="main" id="main" tabindex="-1">{children()}</main></Deferred>
            <Deferred><Tabbar/></Deferred>
        </div>
        <SessionNotice/>
        <Shortcuts open=shortcuts/>
        <PaletteDialog acts/>
    }
    .into_any()
}

/// The page that `G` and this key lead to.
fn page_of(key: &str) -> Option<NavPage> {
    main_nav_pages().find(|page| page.keys.last().is_some_and(|last| last.eq_ignore_ascii_case(key)))
}

fn bind_keys(acts: CommandContext, palette: Palette) {
    let keys = expect_context::<Keys>();
    let go = use_navigate();
    let may_write = use_permission(Permission::WriteLeads);
    keys.listen();
    keys.bind(move |key| {
        let act = match (key.name.as_str(), key.after_g) {
            (Key::PALETTE, _) => {
                palette.toggle();
                return true;
            }
            (name, true) if let Some(page) = page_of(name) => Act::Go(page.href),
            ("/", _) => Act::Go("/leads?focus=search"),
            ("c", _) if may_write.get_untracked() => Act::Go("/leads/new"),
            ("?", _) => Act::Keys,
            ("z", _) => Act::Undo,
            ("p", _) => Act::Pause,
            ("[", _) => Act::Fold,
            _ => return false,
        };
        acts.run(act, &go);
        true
    });
}
