//! Notice over a page that can no longer do what it offers. Nothing that was typed is lost.

use crate::{
    live::{Live, Notice},
    ui::Icon,
};
use leptos::prelude::*;

#[component]
pub fn SessionNotice() -> impl IntoView {
    let live = expect_context::<Live>();
    move || live.notice.get().map(|notice| view! { <NoticeCallout notice/> })
}

#[component]
fn NoticeCallout(notice: Notice) -> impl IntoView {
    let (what, then) = match &notice {
        Notice::SignedOut => (
            "You were signed out. ".to_owned(),
            "What you typed on this page is still here. Sign in again in a new tab, then come back and save it.",
        ),
        Notice::Role(role) => (
            format!("Your role is now {}. ", role.as_str()),
            "What you typed on this page is still here. Copy it if it is not saved, then reload.",
        ),
        Notice::Person(name) => (
            format!("You are now signed in as {name}. "),
            "What was typed on this page is still here. Copy it if it is not saved, then reload.",
        ),
        Notice::Workspace => (
            "The settings of the workspace were changed. ".to_owned(),
            "What you typed on this page is still here. Save it or copy it, then reload.",
        ),
        Notice::Updated => {
            ("Linnet was updated. ".to_owned(), "What you typed on this page is still here. Copy it if it is not saved, then reload.")
        }
    };
    let act = if notice == Notice::SignedOut {
        view! { <a class="btn primary" href="/signin" target="_blank" rel="noopener">"Sign in"</a> }.into_any()
    } else {
        view! { <button type="button" class="btn primary" on:click=|_| _ = window().location().reload()>"Reload"</button> }.into_any()
    };
    view! {
        <div class="notice callout" data-tone="warning" role="alert">
            <Icon name="warn"/>
            <p><b>{what}</b>{then}</p>
            <div class="end">{act}</div>
        </div>
    }
    .into_any()
}
