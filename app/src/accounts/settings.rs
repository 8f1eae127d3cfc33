//! `/settings`: one's account, looks and sessions; for administrators the people.

use super::{people::People, sessions::Sessions};
use crate::{
    layout::{Me, ThemeSwitch, Topbar, use_me},
    ui::{Avatar, Icon},
};
use domain::Role;
use leptos::{ev, prelude::*};

#[component]
pub fn Settings() -> impl IntoView {
    let me = use_me().get_untracked();
    view! {
        <Topbar title="Settings"/>
        {me.map(|me| view! { <Sections me/> })}
    }
    .into_any()
}

#[component]
fn Sections(me: Me) -> impl IntoView {
    let Me { id, name, role, .. } = me;
    let admin = role >= Role::Admin;
    let role = role.as_str();
    // Each part is erased: together they would be one type too deep for a thread's stack.
    let nav = view! {
        <nav class="subnav" aria-label="Settings">
            <h2>"You"</h2>
            <a href="#account"><Icon name="user"/>"Account"</a>
            <a href="#appearance"><Icon name="moon"/>"Appearance"</a>
            <a href="#sessions"><Icon name="laptop"/>"Sessions"</a>
            {admin.then(|| view! { <h2>"Workspace"</h2><a href="#people"><Icon name="leads"/>"People and roles"</a> })}
        </nav>
    }
    .into_any();
    let account = view! {
        <section id="account" aria-labelledby="h-a">
            <header><h2 id="h-a">"Account"</h2></header>
            <div class="card"><ul class="list"><li style="min-block-size:3.5rem">
                <Avatar name=name.clone() size="2rem"/>
                <span class="body"><span class="strong" dir="auto">{name}</span><span class="meta">{format!("Role: {role}")}</span></span>
                <form method="post" action="/auth/sign-out"><button class="btn" type="submit">"Sign out"</button></form>
            </li></ul></div>
        </section>
    }
    .into_any();
    let looks = view! {
        <section id="appearance" aria-labelledby="h-l">
            <header><h2 id="h-l">"Appearance"</h2></header>
            <div class="card"><ul class="list">
                <li style="min-block-size:3rem">
                    <span class="body"><span class="strong">"Theme"</span><span class="meta">"Kept in this browser"</span></span>
                    <ThemeSwitch/>
                </li>
                <SingleKeys/>
            </ul></div>
        </section>
    }
    .into_any();
    view! {
        <div class="split">
            {nav}
            <div class="scroll grow"><div class="page" style="padding-block-start:1.5rem"><div class="settings">
                {account}
                {looks}
                <Sessions/>
                {admin.then(|| view! { <People me=id/> })}
            </div></div></div>
        </div>
    }
    .into_any()
}

/// Letters such as J, K and Z act at once; some people type them by accident or have them in use.
#[component]
fn SingleKeys() -> impl IntoView {
    let keys = expect_context::<crate::layout::Keys>();
    view! {
        <li style="min-block-size:3rem">
            <span class="body">
                <span class="strong"><label for="single-keys">"Single-key shortcuts"</label></span>
                <span class="meta">"Letters act outside fields, such as J and K in lists. Shortcuts with Ctrl or ⌘ always work"</span>
            </span>
            <input
                class="switch" type="checkbox" role="switch" id="single-keys" prop:checked=move || keys.single()
                on:change=move |event: ev::Event| keys.set_single(event_target_checked(&event))
            />
        </li>
    }
    .into_any()
}
