//! Rows that were rejected or imported without some cells, and why.

use super::api::rejected_rows;
use crate::ui::Icon;
use domain::{
    imports::{Import, RejectedRow},
    text::grouped,
};
use leptos::{prelude::*, task::spawn_local};

/// Most rows shown; the file to download holds all.
pub const SHOWN: u32 = 100;

/// The first rejected rows; read again when there are more than are loaded, up to `SHOWN`.
pub fn follow_rejected(import: RwSignal<Import>, rows: Vec<RejectedRow>) -> RwSignal<Vec<RejectedRow>> {
    let id = import.with_untracked(|import| import.id);
    let rows = RwSignal::new(rows);
    let wanted =
        Memo::new(move |_| import.with(|import| (import.counts.rejected + import.counts.incomplete).clamp(0, i64::from(SHOWN)) as usize));
    Effect::new(move |_| {
        if wanted.get() > rows.with_untracked(Vec::len) {
            spawn_local(async move {
                // Answers may come in another order than they were asked for; rows are only added.
                if let Ok(newer) = rejected_rows(id, SHOWN).await
                    && rows.try_with_untracked(|rows| newer.len() > rows.len()) == Some(true)
                {
                    rows.set(newer);
                }
            });
        }
    });
    rows
}

#[component]
pub fn Rejected(import: RwSignal<Import>, rows: RwSignal<Vec<RejectedRow>>) -> impl IntoView {
    let id = import.with_untracked(|import| import.id);
    let rejected = Memo::new(move |_| import.with(|import| import.counts.rejected));
    let incomplete = Memo::new(move |_| import.with(|import| import.counts.incomplete));
    let count = Memo::new(move |_| rejected.get() + incomplete.get());
    view! {
        <section class="card" aria-labelledby="h-e">
            <header>
                <h2 id="h-e">{move || if incomplete.get() == 0 { "Rejected rows" } else { "Rejected rows and missing cells" }}</h2>
                <span class="num muted small">{move || grouped(count.get())}</span>
                <div class="end">
                    <a class="btn sm" href=format!("/api/imports/{id}/errors.csv") rel="external" download hidden=move || rejected.get() == 0>
                        <Icon name="download" />"Download as CSV"
                    </a>
                    <a class="btn sm" href=format!("/api/imports/{id}/incomplete.csv") rel="external" download hidden=move || incomplete.get() == 0>
                        <Icon name="download" />"Download rows with missing cells"
                    </a>
                </div>
            </header>
            <div class="body bottom-s1">
                <Show when=move || count.get() != 0 fallback=|| view! { <p class="muted">"No rows were rejected."</p> }><Rows rows/></Show>
            </div>
            <footer>
                {move || if count.get() > i64::from(SHOWN) { format!("The first {SHOWN} are shown. ") } else { String::new() }}
                {move || if incomplete.get() == 0 { "" } else { "Rows with missing cells were imported without them. " }}
                "The file you download names each line and its reason."
            </footer>
        </section>
    }
    .into_any()
}

#[component]
fn Rows(rows: RwSignal<Vec<RejectedRow>>) -> impl IntoView {
    let row = |row: RejectedRow| {
        let value = if row.value.is_empty() {
            view! { <span class="muted">"empty"</span> }.into_any()
        } else {
            view! { <code dir="auto">{row.value}</code> }.into_any()
        };
        view! {
            <tr>
                <td class="num sub">{grouped(row.line)}</td>
                <td data-prio="2"><code dir="auto">{row.column}</code></td>
                <td class="trunc">{value}</td>
                <td class="sub trunc" title=row.reason.clone()>
                    {row.imported.then(|| view! { <span class="muted">"Imported without this value. "</span> })}
                    {row.reason.clone()}
                </td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap"><table class="table compact plain">
            <caption class="sr">"Rejected rows and missing cells, in the order of the file"</caption>
            <colgroup><col class="w-18" /><col class="w-28" data-prio="2" /><col class="w-third" /><col /></colgroup>
            <thead><tr>
                <th scope="col" class="num">"Line"</th><th scope="col" data-prio="2">"Column"</th><th scope="col">"Value"</th><th scope="col">"Why"</th>
            </tr></thead>
            <tbody><For each=move || rows.get() key=|row| row.line children=row/></tbody>
        </table></div>
    }
    .into_any()
}
