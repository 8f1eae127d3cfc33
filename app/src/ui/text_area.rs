//! The only `<textarea>`: Leptos does not escape text inside one.

use super::raw_text::escaped;
use leptos::{ev, prelude::*};

#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    /// Initial text; the browser holds what is typed.
    #[prop(into, optional)]
    value: String,
    #[prop(into, optional)] id: Option<String>,
    /// Accessible name, where no `<label>` refers to it.
    #[prop(optional)]
    label: Option<&'static str>,
    #[prop(optional)] placeholder: Option<&'static str>,
    #[prop(default = "3")] rows: &'static str,
    #[prop(optional)] required: bool,
    #[prop(into, optional)] invalid: Signal<bool>,
    /// Id of the element that describes it.
    #[prop(into, optional)]
    described_by: Signal<Option<String>>,
    #[prop(into, optional)] on_keydown: Option<Callback<ev::KeyboardEvent>>,
) -> impl IntoView {
    // A view built in the browser takes the text itself. Server markup is parsed, and the parser drops a line feed right after the tag.
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

    /// The text that a browser parses between the tags.
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
