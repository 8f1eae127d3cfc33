//! The document's title, the only one: Leptos does not escape what stands inside it.

use super::raw_text::escaped;
use leptos::prelude::*;
use leptos_meta::Title;

/// `Leads · Linnet`. In the browser an effect, which leaves the server's title until the page was taken over: `Title` itself would begin
/// with none.
#[component]
pub fn PageTitle(#[prop(into)] title: Signal<String>) -> impl IntoView {
    let whole = |title: String| if title.is_empty() { "Linnet".to_owned() } else { format!("{title} · Linnet") };
    if cfg!(feature = "ssr") {
        // For the head, which is written last, when the owner of this signal may be gone. In its own place there is nothing.
        drop(view! { <Title text=escaped(&whole(title.get_untracked()))/> });
    }
    Effect::new(move |_| document().set_title(&whole(title.get())));
}
