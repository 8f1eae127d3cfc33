//! The only document title: Leptos does not escape text inside `<title>`.

use super::raw_text::escaped;
use leptos::prelude::*;
use leptos_meta::Title;

/// `Leads · Linnet`. In the browser an effect sets it, so the server's title stays until hydration ends; `Title` itself would start empty.
#[component]
pub fn PageTitle(#[prop(into)] title: Signal<String>) -> impl IntoView {
    let whole = |title: String| if title.is_empty() { "Linnet".to_owned() } else { format!("{title} · Linnet") };
    if cfg!(feature = "ssr") {
        // `Title` writes to the head, which is rendered last, when this signal's owner may be gone. It renders nothing here.
        drop(view! { <Title text=escaped(&whole(title.get_untracked()))/> });
    }
    Effect::new(move |_| document().set_title(&whole(title.get())));
}
