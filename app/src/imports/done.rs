//! A finished import: its results, rejected rows, and “Undo”.

use super::{
    api::UndoImport,
    progress::{Bar, CheckLine},
    rejected::Rejected,
};
use crate::{address::Params, layout::IfAllowed, ui::Icon};
use domain::{
    Permission,
    error::LeadRef,
    imports::{Import, ImportKind, ImportStatus, KeptLeads, RejectedRow},
    rule::{Op, Rule, Value},
    text::grouped,
};
use leptos::{form::ActionForm, prelude::*};

#[component]
pub fn Done(import: RwSignal<Import>, rejected: RwSignal<Vec<RejectedRow>>) -> impl IntoView {
    let counts = Signal::derive(move || import.with(|import| import.counts));
    let status = Memo::new(move |_| import.with(|import| import.status));
    let kind = import.with_untracked(Import::kind);
    let headline = move || match (status.get(), kind, counts.get().new_records(kind)) {
        (ImportStatus::Undoing, ..) => "Undoing".to_owned(),
        (ImportStatus::Undone, ..) => "Undone".to_owned(),
        (_, ImportKind::Leads, 1) => "1 new lead".to_owned(),
        (_, ImportKind::Leads, created) => format!("{} new leads", grouped(created)),
        (_, ImportKind::Orders, 1) => "1 new order".to_owned(),
        (_, ImportKind::Orders, created) => format!("{} new orders", grouped(created)),
    };
    let took = move || {
        import
            .with(|import| Some(import.finished_at?.0.saturating_sub(import.started_at?.0)))
            .map(|micros| super::words::span((micros + 999_999) / 1_000_000))
    };
    view! {
        {move || import.with(|import| import.error.clone()).map(|why| view! {
            <div class="callout" data-tone="danger" role="alert"><Icon name="fail" /><p><b>"The import failed. "</b>{why}</p></div>
        })}
        <section class="card" aria-labelledby="h-p">
            <div class="row between wrap count-head">
                <h2 id="h-p" class="value big">{headline}</h2>
                <dl class="row stat wrap g-spread">
                    {move || took().map(|took| view! { <div><dt>"Duration"</dt><dd>{took}</dd></div> })}
                    <div><dt>"By"</dt><dd>{move || import.with(|import| import.created_by.clone())}</dd></div>
                </dl>
            </div>
            <div class="body stack g-s35">
                <Bar kind counts />
                <div class="row between wrap g-s4 top-align"><CheckLine kind counts /></div>
            </div>
        </section>
        {move || Some(import.with(|import| import.kept.clone())).filter(|kept| kept.count > 0).map(|kept| view! { <Kept kept /> })}
        {move || import.with(leads_made).map(|href| view! {
            <p><a class="btn" href=href><Icon name="leads" />"Show created leads"</a></p>
        })}
        {move || import.with(waiting)}
        <Rejected import rows=rejected/>
        <Undo import />
    }
    .into_any()
}

/// Leads that the undo of an import kept, by name.
#[component]
fn Kept(kept: KeptLeads) -> impl IntoView {
    let more = kept.count - kept.leads.len() as i64;
    let lead =
        |lead: LeadRef| view! { <li><a href=format!("/leads/{}", lead.id)>{lead.name}</a>" "<span class="muted">{lead.email}</span></li> };
    view! {
        <section class="card" aria-labelledby="h-k">
            <header>
                <h2 id="h-k">"Kept leads"</h2>
                <span class="num muted small">{grouped(kept.count)}</span>
            </header>
            <div class="body stack">
                <p>"People worked on these leads after the import, so the undo did not delete them, and left the fields as people edited them."</p>
                <ul>{kept.leads.into_iter().map(lead).collect_view()}</ul>
                {(more > 0).then(|| view! { <p class="muted">{format!("and {} more", grouped(more))}</p> })}
            </div>
        </section>
    }
    .into_any()
}

/// How many orders waited for their customer, and a link to those that do.
fn waiting(import: &Import) -> Option<AnyView> {
    let count = import.counts.waiting;
    if count == 0 || import.status == ImportStatus::Undone {
        return None;
    }
    let what = if count == 1 { "1 order waits".to_owned() } else { format!("{} orders wait", grouped(count)) };
    let text = format!("{what} for a customer who was not known during the import. Orders are applied when their customer comes. ");
    let note = view! {
        <div class="callout" data-tone="neutral" role="status">
            <Icon name="wait" /><p>{text}<a class="link" href="/orders?waiting=1">"Show waiting orders"</a></p>
        </div>
    };
    Some(note.into_any())
}

/// Address of the list of leads that the import created.
fn leads_made(import: &Import) -> Option<String> {
    if import.kind() != ImportKind::Leads || import.counts.created == 0 || import.status == ImportStatus::Undone {
        return None;
    }
    let mut query = Params::new();
    query.insert("rule", serde_json::to_string(&Rule::test("import", Op::Is, Value::Text(import.id.to_string()))).ok()?);
    Some(format!("/leads{}", query.to_query_string()))
}

#[component]
fn Undo(import: RwSignal<Import>) -> impl IntoView {
    let id = import.with_untracked(|import| import.id);
    let undo = ServerAction::<UndoImport>::new();
    let status = Memo::new(move |_| import.with(|import| import.status));
    let tone = move || if status.get() == ImportStatus::Undone { "success" } else { "neutral" };
    let kind = import.with_untracked(Import::kind);
    let words = move || match (status.get(), kind) {
        (ImportStatus::Undone, ImportKind::Leads) => (
            "This import was undone. ",
            "New leads were deleted unless someone worked on them; updated leads have their old values back unless someone edited them since.",
        ),
        (ImportStatus::Undone, ImportKind::Orders) => {
            ("This import was undone. ", "Its orders were deleted, and the total spend of their customers is as before.")
        }
        (ImportStatus::Undoing, _) => ("Undoing this import. ", "You can leave this page; the undo continues."),
        (_, ImportKind::Leads) => (
            "You can undo this import. ",
            "New leads are deleted unless someone worked on them; updated leads get their old values back unless someone edited them since.",
        ),
        (_, ImportKind::Orders) => {
            ("You can undo this import. ", "Its orders are deleted, and the total spend of their customers goes back.")
        }
    };
    view! {
        <div class="callout" data-tone=tone role="status">
            <Icon name="undo" />
            <p><b>{move || words().0}</b>{move || words().1}
                {move || match undo.value().get() {
                    Some(Err(error)) => Some(view! { <br /><b role="alert">{error.to_string()}</b> }),
                    _ => None,
                }}
            </p>
            <div class="end" hidden=move || matches!(status.get(), ImportStatus::Undone | ImportStatus::Undoing)>
                <IfAllowed to=Permission::Import>
                    <ActionForm action=undo>
                        <input type="hidden" name="id" value=id.to_string() />
                        <button class="btn danger" type="submit" data-state=move || undo.pending().get().then_some("busy")><Icon name="undo" />"Undo import"</button>
                    </ActionForm>
                </IfAllowed>
            </div>
        </div>
    }
    .into_any()
}
