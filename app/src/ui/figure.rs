//! Avatars and formatted figures.

use super::static_markup::StaticMarkup;
use domain::{
    Currency,
    text::{hue, initials},
};
use leptos::prelude::*;
use maud::{Markup, html};

/// How an avatar is drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Portrait {
    /// Read out by screen readers; unset where the name is shown beside it.
    pub label: bool,
    /// A company: one letter, in a square.
    pub org: bool,
    /// A person who is online: with a ring.
    pub live: bool,
    /// A CSS length; the default is 1.25rem.
    pub size: &'static str,
}

#[component]
pub fn Avatar(
    name: String,
    #[prop(optional)] label: bool,
    #[prop(optional)] live: bool,
    #[prop(optional)] size: &'static str,
) -> impl IntoView {
    StaticMarkup::from(avatar(&name, Portrait { label, live, size, ..Portrait::default() }))
}

/// A person's initials in a hue derived from the name.
pub fn avatar(name: &str, Portrait { label, org, live, size }: Portrait) -> Markup {
    let letters: String = initials(name).chars().take(if org { 1 } else { usize::MAX }).collect();
    let said = label.then_some(name);
    html! {
        span
            class=(if org { "avatar org" } else { "avatar" })
            style={ "--h:" (hue(name)) @if !size.is_empty() { ";--size:" (size) } }
            role=[label.then_some("img")]
            aria-label=[said]
            title=[said]
            aria-hidden=[(!label).then_some("true")]
            data-live=[live.then_some("")]
            { (letters) }
    }
}

#[component]
pub fn Score(value: i32) -> impl IntoView {
    StaticMarkup::from(score(value))
}

/// A score from 0 to 100, as number and bar.
pub fn score(value: i32) -> Markup {
    html! { span.score { (value) i style={ "--v:" (value) } {} } }
}

#[component]
pub fn Amount(currency: Currency, minor: Option<i64>) -> impl IntoView {
    StaticMarkup::from(amount(currency, minor))
}

/// An optional amount in hundredths of the currency; a dash for `None`.
pub fn amount(currency: Currency, minor: Option<i64>) -> Markup {
    html! { @if let Some(minor) = minor { span.num { (currency.amount(minor)) } } @else { span.muted { "–" } } }
}

/// Style of a `.bar` with this share in percent. Any share but 0 is at least 3 px long.
pub fn bar(share: f64) -> String {
    if share == 0.0 { "--v:0;--least:0px".to_owned() } else { format!("--v:{share:.1}") }
}
