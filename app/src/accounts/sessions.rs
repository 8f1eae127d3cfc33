//! The person's own sessions.

use super::{
    api::{RevokeSession, list_sessions},
    forms::TokenField,
};
use crate::{
    live::reading,
    ui::{Icon, Problem, ReadProblem, Skeleton, TimeAgo, suspend},
};
use domain::accounts::Session;
use leptos::{form::ActionForm, prelude::*};

#[component]
pub fn Sessions() -> impl IntoView {
    let revoke = ServerAction::<RevokeSession>::new();
    let sessions = reading(Resource::new(move || revoke.version().get(), |_| list_sessions()));
    let row = move |session: Session| {
        let id = session.id.to_string();
        let end = move |button| {
            view! { <ActionForm action=revoke><TokenField/><input type="hidden" name="id" value=id/>{button}</ActionForm> }.into_any()
        };
        view! { <SessionRow session end/> }
    };
    view! {
        <section id="sessions" aria-labelledby="h-s">
            <header><div><h2 id="h-s">"Sessions"</h2><p>"Browsers where you are signed in. Signing one out takes effect at once."</p></div></header>
            {move || match revoke.value().get() {
                Some(Err(error)) => Some(view! { <Problem error /> }),
                _ => None,
            }}
            <Transition fallback=|| view! { <Skeleton rows=2 /> }>
                {move || suspend(async move {
                    match sessions.await {
                        Ok(sessions) => view! { <div class="card"><ul class="list">{sessions.into_iter().map(row).collect_view()}</ul></div> }.into_any(),
                        Err(error) => view! { <ReadProblem error /> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
    .into_any()
}

/// A session; `end` wraps the button that ends it in a form.
#[component]
pub(super) fn SessionRow(session: Session, end: impl FnOnce(AnyView) -> AnyView + Send + 'static) -> impl IntoView {
    let agent = describe(&session.agent);
    let label = format!("Sign out {agent}");
    view! {
        <li class="min-h-12">
            <Icon name="laptop" />
            <span class="body">
                <span class="strong" title=session.agent>{agent}</span>
                <span class="meta">"Last seen "<TimeAgo at=session.seen_at />", signed in "<TimeAgo at=session.created_at /></span>
            </span>
            {if session.current {
                view! { <span class="pill">"This browser"</span> }.into_any()
            } else {
                end(view! { <button class="btn sm danger" type="submit" aria-label=label>"Sign out"</button> }.into_any())
            }}
        </li>
    }
    .into_any()
}

/// `Firefox on Linux` from a user agent; its first words if nothing in it is known.
fn describe(agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let browser = first(&[("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if agent.trim().is_empty() => "A program".to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn browsers_are_named() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36";
        assert_eq!([describe(chrome), describe("curl/8.5"), describe("")], ["Chrome on Linux", "curl/8.5", "A program"]);
    }
}
