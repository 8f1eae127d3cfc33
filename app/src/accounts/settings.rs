//! `/settings`: profile, appearance, sessions and workspace; for administrators also people.

use super::{
    forms::{Token, form_token},
    people::People,
    profile::Profile,
    secret::Secret,
    sessions::Sessions,
    settings_nav::SettingsNav,
};
use crate::{
    layout::{Me, ThemeSwitch, Topbar, use_me},
    live::reading,
    ui::{ReadProblem, Skeleton, suspend},
    workspace::{WorkspaceSection, ZoneList},
};
use domain::Role;
use leptos::{ev, prelude::*};

#[component]
pub fn Settings() -> impl IntoView {
    let me = StoredValue::new(use_me().get_untracked());
    let token = reading(Resource::new(|| (), |()| form_token()));
    view! {
        <Topbar title="Settings"/>
        <Suspense fallback=|| view! { <Skeleton rows=6/> }>
            {move || suspend(async move {
                match (token.await, me.get_value()) {
                    (Ok((token, once)), Some(me)) => view! { <Sections me token once/> }.into_any(),
                    (Err(error), _) => view! { <ReadProblem error/> }.into_any(),
                    (_, None) => ().into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Sections(me: Me, token: String, once: Option<String>) -> impl IntoView {
    provide_context(Token(token));
    let Me { id, name, role, time_zone } = me;
    let admin = role >= Role::Admin;
    let role = role.as_str();
    let looks = view! {
        <section id="appearance" aria-labelledby="h-l">
            <header><h2 id="h-l">"Appearance"</h2></header>
            <div class="card"><ul class="list">
                <li class="min-h-12">
                    <span class="body"><span class="strong">"Theme"</span><span class="meta">"Saved in this browser"</span></span>
                    <ThemeSwitch/>
                </li>
                <SingleKeys/>
            </ul></div>
        </section>
    }
    .into_any();
    view! {
        <div class="split">
            <SettingsNav here="/settings"/>
            <div class="scroll grow"><div class="page top-s6"><div class="settings">
                {once.map(|value| view! { <Secret title="Ready." value/> })}
                <Profile name time_zone role/>
                {looks}
                <Sessions/>
                <WorkspaceSection/>
                {admin.then(|| view! { <People me=id/> })}
                <ZoneList/>
            </div></div></div>
        </div>
    }
    .into_any()
}

/// Switch for single-key shortcuts (J, K, Z): some people type them by accident or need those keys for other software.
#[component]
fn SingleKeys() -> impl IntoView {
    let keys = expect_context::<crate::layout::Keys>();
    view! {
        <li class="min-h-12">
            <span class="body">
                <span class="strong"><label for="single-keys">"Single-key shortcuts"</label></span>
                <span class="meta">"Use single letters such as J and K outside text fields. Shortcuts with Ctrl or ⌘ always work"</span>
            </span>
            <input
                class="switch" type="checkbox" role="switch" id="single-keys" prop:checked=move || keys.single()
                on:change=move |event: ev::Event| keys.set_single(event_target_checked(&event))
            />
        </li>
    }
    .into_any()
}
