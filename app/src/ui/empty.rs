//! What a list shows in place of rows: empty state, loading skeleton or error.

use super::Icon;
use crate::{AppError, live::Live};
use leptos::{oco::Oco, prelude::*};

/// Empty state: says what belongs here and offers the first step.
#[component]
pub fn Empty(
    icon: &'static str,
    #[prop(into)] title: Oco<'static, str>,
    #[prop(into)] text: Oco<'static, str>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name=icon/>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </div>
    }
    .into_any()
}

/// Grey bars in the shape of the rows; the style sheet shows them only after 150 ms.
#[component]
pub fn Skeleton(#[prop(default = 8)] rows: usize) -> impl IntoView {
    let row = |at: usize| view! { <li><span class="skel" style=format!("--w:{}%", 92 - at * 17 % 50)></span></li> };
    view! { <ul class="list late" aria-busy="true" aria-label="Loading">{(0..rows).map(row).collect_view()}</ul> }
}

/// An error of a read. The read repeats after a reconnect or a press on “Retry”.
#[component]
pub fn ReadProblem(error: AppError) -> impl IntoView {
    if !error.may_pass() {
        return view! { <Problem error/> }.into_any();
    }
    let live = expect_context::<Live>();
    view! {
        <div class="callout" data-tone="danger" role="alert">
            <Icon name="warn"/>
            <p><b>"This could not be loaded. "</b><span class="scripts-only">"It loads again as soon as the connection is back."</span></p>
            <div class="end">
                <button type="button" class="btn scripts-only" on:click=move |_| live.retry()>"Retry"</button>
                <a class="btn noscript-only" href="">"Retry"</a>
            </div>
        </div>
    }
    .into_any()
}

/// An error of a refused action, in the error's own words.
#[component]
pub fn Problem(error: AppError) -> impl IntoView {
    view! { <div class="callout" data-tone="danger" role="alert"><Icon name="warn"/><p>{error.to_string()}</p></div> }
}
