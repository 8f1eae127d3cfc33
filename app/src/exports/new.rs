//! `/exports/new?of=<json>&sort=&cols=`: the form of an export. Works without scripts.

use super::api::StartExport;
use crate::{
    address::{Params, use_query},
    layout::{AllowedPage, Topbar},
    live::Live,
    ui::{Empty, Icon},
};
use domain::{
    Permission,
    exports::{Column, DAYS, ExportFormat, ExportOf, OrderColumn, SORTED_MAX},
    leads::Selection,
    text::grouped,
};
use leptos::{form::ActionForm, prelude::*};

const HOME: (&str, &str) = ("/exports", "Exports");

#[component]
pub fn NewExportPage() -> impl IntoView {
    let params = use_query();
    let of = Memo::new(move |_| params.with(read));
    let content = move || {
        match of.get() {
        Some(of) => view! { <Form of params/> }.into_any(),
        None => view! {
            <Empty icon="export" title="Nothing to export yet" text="Open a list of leads, a segment or the orders, and choose Export there.">
                <a class="btn primary" href="/leads"><Icon name="leads"/>"Go to leads"</a>
            </Empty>
        }
        .into_any(),
    }
    };
    view! {
        <AllowedPage to=Permission::Export title="New export" home=HOME>
            <Topbar title="New export" crumb=HOME/>
            <div class="scroll"><div class="page">{content}</div></div>
        </AllowedPage>
    }
    .into_any()
}

fn read(params: &Params) -> Option<ExportOf> {
    serde_json::from_str(params.get_str("of")?).ok()
}

/// Columns to choose from, with name and label.
fn menu(of: &ExportOf) -> Vec<(&'static str, &'static str)> {
    match of {
        ExportOf::Leads(_) => Column::menu().map(|(_, name, label)| (name, label)).collect(),
        ExportOf::Orders(_) => OrderColumn::ALL.iter().map(|column| (column.as_str(), column.label())).collect(),
    }
}

#[component]
fn Form(of: ExportOf, params: Memo<Params>) -> impl IntoView {
    let start = ServerAction::<StartExport>::new();
    let (sort, chosen) = params.with_untracked(|params| (params.get("sort").unwrap_or_default(), params.get("cols")));
    let columns = menu(&of)
        .into_iter()
        .map(|(name, label)| {
            let checked = match &chosen {
                Some(chosen) => chosen.split(',').any(|one| one == name),
                None => !matches!(name, "id" | "leadId" | "createdAt"),
            };
            view! { <label class="row"><input class="check" type="checkbox" name="columns[]" value=name checked=checked/>{label}</label> }
        })
        .collect_view();
    let format = |format: ExportFormat| {
        view! {
            <label class="row"><input type="radio" name="format" value=format.as_str() checked=format == ExportFormat::default()/>{format.label()}</label>
        }
    };
    let count = RwSignal::new(None);
    let (what, note) = match &of {
        ExportOf::Leads(Selection::Matching(rule)) => {
            let name = if rule.is_everyone() { "All leads" } else { "Leads that match the filters" };
            let (live, rule) = (expect_context::<Live>(), rule.clone());
            Effect::new(move |_| live.count(rule.clone(), move |now| count.set(Some(now))));
            let note = format!("More than {} leads are written in the order of their creation.", grouped(SORTED_MAX));
            (name, note)
        }
        ExportOf::Leads(Selection::Leads(_)) => ("Selected leads", String::new()),
        ExportOf::Orders(_) => ("Orders, newest first", String::new()),
    };
    let failure = move || start.value().get().and_then(Result::err).map(|error| error.to_string());
    view! {
        {move || failure().map(|why| view! { <div class="callout" data-tone="danger" role="alert"><Icon name="warn"/><p>{why}</p></div> })}
        <ActionForm action=start attr:class="stack g-s4">
            <input type="hidden" name="of" value=serde_json::to_string(&of).unwrap_or_default()/>
            <input type="hidden" name="sort" value=sort/>
            <section class="card" aria-labelledby="h-columns">
                <header>
                    <h2 id="h-columns">{what}</h2>
                    <div class="end"><output class="small muted">{move || count.get().map(grouped)}</output></div>
                </header>
                <fieldset class="body export-columns" aria-label="Columns">{columns}</fieldset>
            </section>
            <section class="card" aria-labelledby="h-format">
                <header><h2 id="h-format">"Format"</h2></header>
                <fieldset class="body stack" aria-labelledby="h-format">
                    {ExportFormat::ALL.iter().copied().map(format).collect_view()}
                    <label class="row"><input class="check" type="checkbox" name="bom" value="true" checked/>"Mark a CSV as UTF-8 (Excel needs it)"</label>
                </fieldset>
            </section>
            <div class="row">
                <button class="btn primary" type="submit" data-state=move || start.pending().get().then_some("busy")><Icon name="export"/>"Export"</button>
                <span class="muted small">{format!("The file is kept for {DAYS} days, for you and administrators. {note}")}</span>
            </div>
        </ActionForm>
    }
    .into_any()
}
