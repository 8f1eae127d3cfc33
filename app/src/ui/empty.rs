//! What stands where rows will be: nothing yet, still loading, or why not.

use super::Icon;
use crate::{AppError, live::Live};
use leptos::{oco::Oco, prelude::*};

/// Says what belongs here and offers the first step.
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

/// Grey bars in the final shape; the style sheet shows them only after 150 ms.
#[component]
pub fn Skeleton(#[prop(default = 8)] rows: usize) -> impl IntoView {
    let row = |at: usize| view! { <li><span class="skel" style=format!("--w:{}%", 92 - at * 17 % 50)></span></li> };
    view! { <ul class="list late" aria-busy="true" aria-label="Loading">{(0..rows).map(row).collect_view()}</ul> }
}

/// What belongs here could not be read. It is read again when the connection is back, or at a press.
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

/// Something that was refused, in its own words.
#[component]
pub fn Problem(error: AppError) -> impl IntoView {
    view! { <div class="callout" data-tone="danger" role="alert"><Icon name="warn"/><p>{error.to_string()}</p></div> }
}
