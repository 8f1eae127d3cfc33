//! What stands where rows will be: nothing yet, still loading, or why not.

use super::Icon;
use crate::AppError;
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

/// A read that failed, in its own words.
#[component]
pub fn Problem(error: AppError) -> impl IntoView {
    view! { <div class="callout" data-tone="danger" role="alert"><Icon name="warn"/><p>{error.to_string()}</p></div> }
}
