//! Form that starts an import: what the file holds, the field of each column, and for leads what to do with known e-mail addresses.

use super::api::{DiscardImport, StartImport};
use crate::{
    campaigns::api::open_campaigns,
    live::reading,
    ui::{Field, Icon, SelectField, suspend},
    workspace::use_workspace,
};
use domain::{
    Currency, ImportId,
    error::CampaignRef,
    imports::{Column, ForeignAmounts, Import, ImportKind, OnDuplicate, Target},
    leads::CUSTOM_MAX,
};
use leptos::{ev, form::ActionForm, prelude::*};

#[component]
pub fn Mapping(import: RwSignal<Import>) -> impl IntoView {
    let start = ServerAction::<StartImport>::new();
    let discard = ServerAction::<DiscardImport>::new();
    let (id, kind, columns) = import.with_untracked(|import| (import.id, import.kind(), import.columns.clone()));
    let chosen = RwSignal::new(columns.iter().map(|column| column.target.clone()).collect::<Vec<_>>());

    // Shows the started import before its delta arrives.
    Effect::new(move |_| {
        if let Some(Ok(started)) = start.value().get() {
            import.update(|import| {
                if started.revision > import.revision {
                    *import = started;
                }
            });
        }
    });
    let failure = move || match start.value().get() {
        Some(Err(error)) => Some(error.to_string()),
        _ => match discard.value().get() {
            Some(Err(error)) => Some(error.to_string()),
            _ => None,
        },
    };
    let missing = Memo::new(move |_| chosen.with(|chosen| kind.lacks(chosen.iter())));
    let mapped = move || {
        let count = |chosen: &Vec<Target>| chosen.iter().filter(|target| **target != Target::Skip).count();
        chosen.with(|chosen| format!("{} of {} columns", count(chosen), chosen.len()))
    };
    let customs = columns.iter().filter(|column| matches!(column.target, Target::Custom(_))).count();
    let skipped = columns.iter().filter(|column| column.target == Target::Skip && !column.samples.is_empty()).count();
    let foreign = foreign(&columns, use_workspace().currency());
    let foreign = move || {
        let is_amount = |at: usize| chosen.with(|chosen| chosen[at].is_amount());
        let why: Vec<String> = foreign.iter().filter(|(at, _)| is_amount(*at)).map(|(_, why)| why.clone()).collect();
        (!why.is_empty()).then(|| view! { <Foreign why /> })
    };
    let too_many = (kind == ImportKind::Leads && customs >= CUSTOM_MAX && skipped > 0).then(|| {
        let columns = if skipped == 1 { "1 column is".to_owned() } else { format!("{skipped} columns are") };
        let why = format!("A lead has at most {CUSTOM_MAX} custom fields: {columns} not imported. Choose below which.");
        callout(why)
    });
    let rows = columns.into_iter().enumerate().map(|(at, column)| view! { <ColumnRow at column kind chosen /> }).collect_view();

    let ready = match kind {
        ImportKind::Leads => "Ready. Rows without an e-mail or a name are rejected",
        ImportKind::Orders => "Ready. Rows that follow each other with one order id are one order",
    };
    let of_leads = (kind == ImportKind::Leads).then(|| view! { <OfLeads /> });

    view! {
        {holds(id, kind)}
        {too_many}
        {move || failure().map(|why| view! { <div class="callout" data-tone="danger" role="alert"><Icon name="warn" /><p>{why}</p></div> })}
        <ActionForm action=start attr:class="stack g-s4">
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="kind" value=kind.as_str() />
            {foreign}
            <section class="card" aria-labelledby="h-m">
                <header>
                    <h2 id="h-m">"Match columns to fields"</h2>
                    <div class="end"><output class="small muted" aria-live="polite">{mapped}</output></div>
                </header>
                <div class="table-wrap"><table class="table rows-11">
                    <caption class="sr">"Columns of the file, their first values and the fields they fill"</caption>
                    <colgroup><col class="w-48 w-max-36" /><col data-prio="2" /><col class="w-60 w-max-55" /></colgroup>
                    <thead><tr><th scope="col">"Column"</th><th scope="col" data-prio="2">"First values"</th><th scope="col">"Field"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
                <footer aria-live="polite">
                    {move || match missing.get() {
                        Some(what) => view! { <span class="status" data-tone="warning"><Icon name="warn" small=true />{what}</span> }.into_any(),
                        None => view! { <span class="status" data-tone="success"><Icon name="check" small=true />{ready}</span> }.into_any(),
                    }}
                </footer>
            </section>
            {of_leads}
            <div class="row">
                <button class="btn primary" type="submit" data-state=move || start.pending().get().then_some("busy")>
                    <Icon name="play" />"Start import"
                </button>
                <span class="muted small">"You can stop the import at any time and undo it afterwards."</span>
            </div>
        </ActionForm>
        <ActionForm action=discard>
            <input type="hidden" name="id" value=id.to_string() />
            <button class="btn danger" type="submit"><Icon name="trash" />"Discard the file"</button>
        </ActionForm>
    }
    .into_any()
}

/// Links that choose what the file holds: the form then shows its fields. They work without scripts.
fn holds(id: ImportId, kind: ImportKind) -> impl IntoView {
    let choice = |one: ImportKind| {
        let href = format!("/imports/{id}?kind={}", one.as_str());
        view! { <a href=href aria-current=(one == kind).then_some("true")>{one.label()}</a> }
    };
    view! {
        <div class="row wrap">
            <h2 id="h-w" class="value">"What does the file hold?"</h2>
            <nav class="seg" aria-labelledby="h-w">{ImportKind::ALL.iter().copied().map(choice).collect_view()}</nav>
        </div>
    }
}

/// What is asked for leads alone.
#[component]
fn OfLeads() -> impl IntoView {
    let campaigns = reading(Resource::new(|| (), |()| open_campaigns()));
    let duplicate = |choice: OnDuplicate| {
        view! {
            <label class="row">
                <input type="radio" name="on_duplicate" value=choice.as_str() checked=choice == OnDuplicate::default() />
                {choice.label()}
            </label>
        }
    };
    view! {
        <div class="grid">
            <section class="card span-6" aria-labelledby="h-d">
                <header><h2 id="h-d">"If a lead with this e-mail exists"</h2></header>
                <fieldset class="body stack" aria-labelledby="h-d">{duplicate(OnDuplicate::Skip)}{duplicate(OnDuplicate::Update)}</fieldset>
            </section>
            <section class="card span-6" aria-labelledby="h-t">
                <header><h2 id="h-t">"Tags and campaign"</h2></header>
                <div class="body stack">
                    <Field label="Add to every lead of this import" name="tags" hint="Separated by commas" />
                    <Transition>{move || suspend(async move { enroll(campaigns.await.unwrap_or_default()) })}</Transition>
                </div>
            </section>
        </div>
    }
    .into_any()
}

fn callout(why: String) -> impl IntoView {
    view! { <div class="callout" data-tone="warning" role="status"><Icon name="warn"/><p>{why}</p></div> }
}

/// Asks what to do with amounts in another currency; `why` has a sentence for each column.
#[component]
fn Foreign(why: Vec<String>) -> impl IntoView {
    let choice = |one: &ForeignAmounts| {
        let checked = *one == ForeignAmounts::default();
        view! { <label class="row"><input type="radio" name="foreign_amounts" value=one.as_str() checked=checked/>{one.label()}</label> }
    };
    view! {
        <div class="callout" data-tone="warning" role="status">
            <Icon name="warn"/>
            <fieldset class="stack" aria-label="Amounts in another currency">
                {why.into_iter().map(|why| view! { <p>{why}</p> }).collect_view()}
                {ForeignAmounts::ALL.iter().map(choice).collect_view()}
            </fieldset>
        </div>
    }
}

/// The columns whose header or first values name another currency than amounts are stored in.
fn foreign(columns: &[Column], own: Currency) -> Vec<(usize, String)> {
    let why = |column: &Column| {
        let others = column.foreign_to(own);
        let (header, others) = (&column.header, (!others.is_empty()).then(|| others.join(", "))?);
        Some(format!("“{header}” holds amounts in {others}, which are not converted to {}.", own.code()))
    };
    columns.iter().enumerate().filter_map(|(at, column)| Some((at, why(column)?))).collect()
}

/// Select of the campaign to enroll the leads in; `None` without campaigns.
fn enroll(campaigns: Vec<CampaignRef>) -> Option<AnyView> {
    let none = (String::new(), "None".to_owned());
    let some = campaigns.into_iter().map(|campaign| (campaign.id.to_string(), campaign.name));
    let options: Vec<_> = std::iter::once(none).chain(some).collect();
    (options.len() > 1)
        .then(|| view! { <SelectField label="Enroll them in" name="campaign" options hint="New and updated leads" /> }.into_any())
}

#[component]
fn ColumnRow(at: usize, column: Column, kind: ImportKind, chosen: RwSignal<Vec<Target>>) -> impl IntoView {
    let Column { header, samples, target, .. } = column;
    let guess = target.name();
    let custom = match &target {
        Target::Custom(key) => key.clone(),
        _ => header.clone(),
    };
    let custom = if custom.trim().is_empty() { format!("Column {}", at + 1) } else { custom };
    let custom_name = Target::Custom(custom.clone()).name();
    let option = |name: String, label: String| {
        let selected = name == guess;
        view! { <option value=name selected=selected>{label}</option> }
    };
    let options = Target::menu(kind).map(|(_, name, label)| option(name.to_owned(), label.to_owned())).collect_view();
    let custom = (kind == ImportKind::Leads).then(|| option(custom_name, format!("Custom field “{custom}”")));
    let choose = move |event: ev::Event| {
        let target = Target::try_from(event_target_value(&event)).unwrap_or_default();
        chosen.update(|chosen| chosen[at] = target);
    };
    let label = format!("“{header}” becomes");
    view! {
        <tr>
            <th scope="row"><span class="trunc">{if header.is_empty() { format!("Column {}", at + 1) } else { header.clone() }}</span></th>
            <td class="sub" data-prio="2">
                <span class="row g-s15">
                    {samples.into_iter().map(|sample| view! { <code class="trunc" dir="auto">{sample}</code> }).collect_view()}
                </span>
            </td>
            <td>
                <span class="select whole">
                    <select name="mapping[]" aria-label=label on:change=choose>
                        {options}
                        {custom}
                    </select>
                    <Icon name="chev-down" />
                </span>
            </td>
        </tr>
    }
    .into_any()
}
