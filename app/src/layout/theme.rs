//! Light, dark or system theme. The choice is a cookie, so that the server renders it and the page does not flash.

use crate::ui::Icon;
use domain::Error;
use leptos::prelude::*;
use std::str::FromStr;

/// The server reads it from the cookie `theme`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const COOKIE: &'static str = "theme";
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn look(self) -> (&'static str, &'static str) {
        match self {
            Self::System => ("laptop", "System"),
            Self::Light => ("bolt", "Light"),
            Self::Dark => ("moon", "Dark"),
        }
    }

    /// Value of `data-theme` on the root element; `None` follows the system.
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.as_str())
    }

    fn apply(self) {
        use wasm_bindgen::JsCast;
        let document = document();
        if let Some(root) = document.document_element() {
            let _ = match self.attribute() {
                Some(theme) => root.set_attribute("data-theme", theme),
                None => root.remove_attribute("data-theme"),
            };
        }
        if let Some(document) = document.dyn_ref::<web_sys::HtmlDocument>() {
            let _ = document.set_cookie(&format!("{}={}; path=/; max-age=31536000; samesite=lax", Self::COOKIE, self.as_str()));
        }
    }
}

impl FromStr for Theme {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|theme| theme.as_str() == text)
            .ok_or_else(|| Error::invalid("theme", "Theme must be system, light or dark"))
    }
}

/// The chosen theme, in the context of the whole app.
#[derive(Debug, Clone, Copy)]
pub struct ThemeChoice(RwSignal<Option<Theme>>);

impl ThemeChoice {
    pub fn new() -> Self {
        // Read after hydration, during which both sides must render the same.
        let chosen = RwSignal::new(None);
        Effect::new(move |_| {
            let attribute = document().document_element().and_then(|root| root.get_attribute("data-theme"));
            chosen.set(Some(attribute.and_then(|theme| theme.parse().ok()).unwrap_or_default()));
        });
        Self(chosen)
    }

    pub fn choose(self, theme: Theme) {
        theme.apply();
        self.0.set(Some(theme));
    }
}

impl Default for ThemeChoice {
    fn default() -> Self {
        Self::new()
    }
}

#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let choice = expect_context::<ThemeChoice>();
    let button = move |theme: Theme| {
        let (icon, label) = theme.look();
        view! {
            <button
                type="button"
                title=label
                aria-label=format!("{label} theme")
                aria-pressed=move || (choice.0.get() == Some(theme)).to_string()
                on:click=move |_| choice.choose(theme)
            >
                <Icon name=icon small=true/>
            </button>
        }
    };
    view! { <div class="seg" role="group" aria-label="Theme">{Theme::ALL.map(button).collect_view()}</div> }
}
