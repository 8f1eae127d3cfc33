//! Avatars and formatted figures.

use super::static_markup::StaticMarkup;
use domain::{
    figures,
    text::{grouped, hue, initials},
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

/// Formats minor units (cents): `€24,000`, with cents only if there are any.
pub fn money(minor: i64) -> String {
    let (whole, cents) = (grouped((minor / 100).abs()), (minor % 100).abs());
    let sign = if minor < 0 { "-" } else { "" };
    if cents == 0 { format!("{sign}€{whole}") } else { format!("{sign}€{whole}.{cents:02}") }
}

/// Number of characters that `money` writes, without formatting.
pub fn money_len(minor: i64) -> usize {
    let digits = (minor / 100).unsigned_abs().checked_ilog10().unwrap_or_default() as usize + 1;
    let cents = if minor % 100 == 0 { 0 } else { 3 };
    1 + usize::from(minor < 0) + digits + (digits - 1) / 3 + cents
}

/// Like `money`, but rounded to three or four digits from 100,000 on: `€318k`, `€1.62M`.
pub fn short_money(minor: i64) -> String {
    if minor.saturating_abs() < 10_000_000 {
        money(minor)
    } else {
        format!("{}€{}", if minor < 0 { "-" } else { "" }, figures::short(minor.saturating_abs(), 100, 100_000))
    }
}

#[component]
pub fn Amount(minor: Option<i64>) -> impl IntoView {
    StaticMarkup::from(amount(minor))
}

/// An optional amount; a dash for `None`.
pub fn amount(minor: Option<i64>) -> Markup {
    html! { @if let Some(minor) = minor { span.num { (money(minor)) } } @else { span.muted { "–" } } }
}

/// Style of a `.bar` with this share in percent. Any share but 0 is at least 3 px long.
pub fn bar(share: f64) -> String {
    if share == 0.0 { "--v:0;--least:0px".to_owned() } else { format!("--v:{share:.1}") }
}

#[cfg(test)]
mod tests {
    use super::{money, money_len, short_money};

    #[test]
    fn cents_show_only_where_there_are_any() {
        assert_eq!([2_400_000, 1_050, 0, -50].map(money), ["€24,000", "€10.50", "€0", "-€0.50"]);
        for minor in [0, 7, -50, 99_900, 100_000, 1_050, 123_456_789_012, -100_000_000, i64::MAX, i64::MIN] {
            assert_eq!(money_len(minor), money(minor).chars().count(), "{}", money(minor));
        }
    }

    #[test]
    fn long_sums_are_shortened() {
        assert_eq!(
            [9_999_900, 31_849_900, 31_850_000, 99_950_000, 162_499_999].map(short_money),
            ["€99,999", "€318k", "€319k", "€1.00M", "€1.62M"]
        );
    }
}
