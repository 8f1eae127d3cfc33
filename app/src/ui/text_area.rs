//! The only `<textarea>`: Leptos does not escape what stands inside one.

use super::raw_text::escaped;
use leptos::{ev, prelude::*};

#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    /// Where it starts; the browser keeps what is typed.
    #[prop(into, optional)]
    value: String,
    #[prop(into, optional)] id: Option<String>,
    /// Where no `<label>` names it.
    #[prop(optional)]
    label: Option<&'static str>,
    #[prop(optional)] placeholder: Option<&'static str>,
    #[prop(default = "3")] rows: &'static str,
    #[prop(optional)] required: bool,
    #[prop(into, optional)] invalid: Signal<bool>,
    /// The id of what describes it, where something does.
    #[prop(into, optional)]
    described_by: Signal<Option<String>>,
    #[prop(into, optional)] on_keydown: Option<Callback<ev::KeyboardEvent>>,
) -> impl IntoView {
    // A view made in the browser holds the text itself. A page holds markup, whose parser leaves out a line feed right after the tag.
    let text = if cfg!(feature = "ssr") { format!("\n{}", escaped(&value)) } else { value };
    view! {
        <textarea
            class="input"
            dir="auto"
            id=id
            name=name
            rows=rows
            required=required
            aria-label=label
            placeholder=placeholder
            aria-invalid=move || invalid.get().then_some("true")
            aria-describedby=move || described_by.get()
            on:keydown=move |event| {
                if let Some(on_keydown) = on_keydown {
                    on_keydown.run(event);
                }
            }
        >
            {text}
        </textarea>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser reads between the tags.
    fn inside(value: &str) -> String {
        let html = Owner::new_root(None).with(|| view! { <TextArea name="notes" value/> }.to_html());
        let (_, rest) = html.split_once('>').unwrap();
        let (inside, after) = rest.split_once("</textarea>").unwrap();
        assert!(!after.contains("textarea"), "{html}");
        inside.to_owned()
    }

    #[test]
    fn its_text_stays_text() {
        if !cfg!(feature = "ssr") {
            return;
        }
        assert_eq!(inside("</textarea><b>&lt;"), "\n&lt;/textarea&gt;&lt;b&gt;&amp;lt;");
        assert_eq!(inside("\n\nlate"), "\n\n\nlate");
        assert_eq!(inside(""), "\n");
    }
}
