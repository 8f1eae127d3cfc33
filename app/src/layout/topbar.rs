//! Head of a page: title, connection, people who are online, and the page's own actions.

use super::{conn::Conn, frame::use_me, trail::Trail};
use crate::{
    live::Live,
    ui::{Avatar, Deferred, Mark, PageTitle},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

#[component]
pub fn Topbar(
    #[prop(into)] title: Signal<String>,
    /// Shown beside the title: a count.
    #[prop(into, optional)]
    count: Signal<Option<String>>,
    /// Address and name of the list that this page belongs to.
    #[prop(optional)]
    crumb: Option<(&'static str, &'static str)>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let trail = expect_context::<Trail>();
    // Without a breadcrumb the page is a list, to which the breadcrumbs of its records lead back.
    if crumb.is_none() {
        let location = use_location();
        let path = location.pathname.get_untracked();
        // During navigation the address is already the next page's.
        Effect::new(move |_| {
            if location.pathname.with(|now| *now == path) {
                trail.note(path.clone(), &location.search.get());
            }
        });
    }
    view! {
        <PageTitle title/>
        <Deferred><header class="topbar">
            <h1>
                <span class="narrow-only"><Mark/></span>
                {crumb.map(|(href, name)| view! { <a class="crumb" href=move || trail.back_to(href)>{name}" /"</a> })}
                <span class="trunc" dir="auto">{title}</span>
                {move || count.get().map(|count| view! { <span class="num muted small light">{count}</span> })}
            </h1>
            <div class="end">
                <Conn/>
                <People/>
                {children.map(|children| view! { <span class="vr wide-only"></span>{children()} })}
            </div>
        </header></Deferred>
    }
    .into_any()
}

/// Other people who have Linnet open.
#[component]
fn People() -> impl IntoView {
    let live = expect_context::<Live>();
    let me = use_me();
    let others = Memo::new(move |_| {
        let mine = me.get().and_then(|me| me.id);
        live.people
            .with(|people| people.iter().filter(|person| Some(person.id) != mine).map(|person| person.name.clone()).collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !others.with(Vec::is_empty)>
            <span class="avatars wide-only" role="group" aria-label=move || format!("Also here: {}", others.get().join(", "))>
                {move || others.get().into_iter().take(5).map(|name| view! { <Avatar name=name label=true live=true size="1.375rem"/> }).collect_view()}
            </span>
        </Show>
    }
}
