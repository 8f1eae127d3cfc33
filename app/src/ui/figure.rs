//! People and numbers at a glance.

use domain::text::{grouped, hue, initials};
use leptos::prelude::*;

/// A person's initials in their own hue. With `label` it stands alone and is read out; without, the name stands beside it.
#[component]
pub fn Avatar(
    name: String,
    #[prop(optional)] label: bool,
    /// A company: square.
    #[prop(optional)]
    org: bool,
    /// Someone who is here now: with a ring.
    #[prop(optional)]
    live: bool,
    /// A CSS length; the default is 1.25rem.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    let hue = hue(&name);
    let style = if size.is_empty() { format!("--h:{hue}") } else { format!("--h:{hue};--size:{size}") };
    let letters = initials(&name);
    let letters = if org { letters.chars().take(1).collect() } else { letters };
    let said = label.then_some(name);
    view! {
        <span
            class=if org { "avatar org" } else { "avatar" }
            style=style
            role=label.then_some("img")
            aria-label=said.clone()
            title=said
            aria-hidden=(!label).then_some("true")
            data-live=live.then_some("")
        >
            {letters}
        </span>
    }
    .into_any()
}

/// 0–100 as a figure and a bar.
#[component]
pub fn Score(value: i32) -> impl IntoView {
    view! { <span class="score">{value}<i style=format!("--v:{value}")></i></span> }
}

/// Minor units (cents) as people read them: `€24,000`, with cents only where there are any.
pub fn money(minor: i64) -> String {
    let (whole, cents) = (grouped((minor / 100).abs()), (minor % 100).abs());
    let sign = if minor < 0 { "-" } else { "" };
    if cents == 0 { format!("{sign}€{whole}") } else { format!("{sign}€{whole}.{cents:02}") }
}

/// As `money`, from a hundred thousand on in three or four figures: `€318k`, `€1.62M`.
pub fn short_money(minor: i64) -> String {
    let whole = minor / 100;
    match whole.abs() {
        0..100_000 => money(minor),
        100_000..1_000_000 => format!("€{}k", whole / 1_000),
        _ => format!("€{}.{:02}M", grouped(whole / 1_000_000), whole.abs() / 10_000 % 100),
    }
}

#[component]
pub fn Money(value: Option<i64>) -> impl IntoView {
    match value {
        Some(minor) => view! { <span class="num">{money(minor)}</span> }.into_any(),
        None => view! { <span class="muted">"–"</span> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::{money, short_money};

    #[test]
    fn cents_show_only_where_there_are_any() {
        assert_eq!([2_400_000, 1_050, 0, -50].map(money), ["€24,000", "€10.50", "€0", "-€0.50"]);
    }

    #[test]
    fn long_sums_are_shortened() {
        assert_eq!([9_999_900, 31_849_900, 162_400_000].map(short_money), ["€99,999", "€318k", "€1.62M"]);
    }
}
