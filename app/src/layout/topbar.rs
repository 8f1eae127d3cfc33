//! The head of a page: its name, the connection, who is here, and the page's own actions.

use super::{conn::Conn, frame::use_me, trail::Trail};
use crate::{
    hydration::Part,
    live::Live,
    ui::{Avatar, Mark, PageTitle},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

#[component]
pub fn Topbar(
    #[prop(into)] title: Signal<String>,
    /// Beside the title: a count.
    #[prop(into, optional)]
    count: Signal<Option<String>>,
    /// The list this page belongs to: its address and name.
    #[prop(optional)]
    crumb: Option<(&'static str, &'static str)>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let trail = expect_context::<Trail>();
    // A page that is no record in a list is one to come back to.
    if crumb.is_none() {
        let location = use_location();
        let path = location.pathname.get_untracked();
        // On the way to another page the address is that page's already.
        Effect::new(move |_| {
            if location.pathname.with(|now| *now == path) {
                trail.note(path.clone(), &location.search.get());
            }
        });
    }
    view! {
        <PageTitle title/>
        {Part::of(view! { <header class="topbar">
            <h1>
                <span class="narrow-only"><Mark/></span>
                {crumb.map(|(href, name)| view! { <a class="crumb" href=move || trail.back_to(href)>{name}" /"</a> })}
                <span class="trunc" dir="auto">{title}</span>
                {move || count.get().map(|count| view! { <span class="num muted small" style="font-weight:400">{count}</span> })}
            </h1>
            <div class="end">
                <Conn/>
                <People/>
                {children.map(|children| view! { <span class="vr wide-only"></span>{children()} })}
            </div>
        </header> })}
    }
    .into_any()
}

/// Others who have Linnet open.
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
