//! The document's title.

use leptos::prelude::*;
use leptos_meta::Title;

/// `Leads · Linnet`. Each page says the whole of it: a formatter above all pages would set its own before the page has its turn.
#[component]
pub fn PageTitle(#[prop(into)] title: Signal<String>) -> impl IntoView {
    let whole = |title: String| if title.is_empty() { "Linnet".to_owned() } else { format!("{title} · Linnet") };
    // The head is written last, when the owner of this signal may be gone: the server keeps the text.
    let text: TextProp = if cfg!(feature = "ssr") { whole(title.get_untracked()).into() } else { (move || whole(title.get())).into() };
    view! { <Title text/> }
}
