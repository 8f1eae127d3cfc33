//! Content of a row of a table, or of a card, as static markup.

use super::static_markup::StaticMarkup;
use leptos::prelude::*;
use maud::Markup;

#[component]
pub fn RowMarkup(
    /// One element per item.
    elements: Vec<Markup>,
    /// Whether its checkbox is ticked.
    ticked: bool,
) -> impl IntoView {
    StaticMarkup::of(elements).ticked(ticked)
}
