//! Form that starts an import: the field of each column, and what to do with known e-mail addresses.

use super::api::{DiscardImport, StartImport};
use crate::{
    campaigns::api::open_campaigns,
    live::reading,
    ui::{Field, Icon, SelectField, suspend},
};
use domain::{
    error::CampaignRef,
    imports::{Column, Import, OnDuplicate, Target},
    leads::CUSTOM_MAX,
};
use leptos::{ev, form::ActionForm, prelude::*};

#[component]
pub fn Mapping(import: RwSignal<Import>) -> impl IntoView {
    let start = ServerAction::<StartImport>::new();
    let discard = ServerAction::<DiscardImport>::new();
    let (id, columns, options) = import.with_untracked(|import| (import.id, import.columns.clone(), import.options.clone()));
    let chosen = RwSignal::new(columns.iter().map(|column| column.target.name()).collect::<Vec<_>>());

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
    let campaigns = reading(Resource::new(|| (), |()| open_campaigns()));
    let missing = Memo::new(move |_| chosen.with(|chosen| missing(chosen)));
    let mapped =
        move || chosen.with(|chosen| format!("{} of {} columns", chosen.iter().filter(|name| *name != "skip").count(), chosen.len()));
    let duplicate = move |choice: OnDuplicate| {
        view! {
            <label class="row">
                <input type="radio" name="on_duplicate" value=choice.as_str() checked=options.on_duplicate == choice />
                {choice.label()}
            </label>
        }
    };
    let customs = columns.iter().filter(|column| matches!(column.target, Target::Custom(_))).count();
    let skipped = columns.iter().filter(|column| column.target == Target::Skip && !column.samples.is_empty()).count();
    let too_many = (customs >= CUSTOM_MAX && skipped > 0).then(|| {
        let columns = if skipped == 1 { "1 column is".to_owned() } else { format!("{skipped} columns are") };
        let why = format!("A lead has at most {CUSTOM_MAX} custom fields: {columns} not imported. Choose below which.");
        view! { <div class="callout" data-tone="warning" role="status"><Icon name="warn"/><p>{why}</p></div> }
    });
    let rows = columns.into_iter().enumerate().map(|(at, column)| view! { <ColumnRow at column chosen /> }).collect_view();

    view! {
        {too_many}
        {move || failure().map(|why| view! { <div class="callout" data-tone="danger" role="alert"><Icon name="warn" /><p>{why}</p></div> })}
        <ActionForm action=start attr:class="stack g-s4">
            <input type="hidden" name="id" value=id.to_string() />
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
                        None => view! { <span class="status" data-tone="success"><Icon name="check" small=true />"Ready. Rows without an e-mail or a name are rejected"</span> }.into_any(),
                    }}
                </footer>
            </section>
            <div class="grid">
                <section class="card span-6" aria-labelledby="h-d">
                    <header><h2 id="h-d">"If a lead with this e-mail exists"</h2></header>
                    <fieldset class="body stack" aria-labelledby="h-d">{duplicate(OnDuplicate::Skip)}{duplicate(OnDuplicate::Update)}</fieldset>
                </section>
                <section class="card span-6" aria-labelledby="h-t">
                    <header><h2 id="h-t">"Tags and campaign"</h2></header>
                    <div class="body stack">
                        <Field label="Add to every lead of this import" name="tags" value=options.tags.join(", ") hint="Separated by commas" />
                        <Transition>{move || suspend(async move { enroll(campaigns.await.unwrap_or_default()) })}</Transition>
                    </div>
                </section>
            </div>
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

/// Select of the campaign to enroll the leads in; `None` without campaigns.
fn enroll(campaigns: Vec<CampaignRef>) -> Option<AnyView> {
    let none = (String::new(), "None".to_owned());
    let some = campaigns.into_iter().map(|campaign| (campaign.id.to_string(), campaign.name));
    let options: Vec<_> = std::iter::once(none).chain(some).collect();
    (options.len() > 1)
        .then(|| view! { <SelectField label="Enroll them in" name="campaign" options hint="New and updated leads" /> }.into_any())
}

#[component]
fn ColumnRow(at: usize, column: Column, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let Column { header, samples, target, decimal: _ } = column;
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
    let options = Target::menu().map(|(_, name, label)| option(name.to_owned(), label.to_owned())).collect_view();
    let choose = move |event: ev::Event| {
        let name = event_target_value(&event);
        chosen.update(|chosen| chosen[at] = name);
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
                        {option(custom_name, format!("Custom field “{custom}”"))}
                    </select>
                    <Icon name="chev-down" />
                </span>
            </td>
        </tr>
    }
    .into_any()
}

/// What the mapping still lacks, in the words of the server's error.
fn missing(chosen: &[String]) -> Option<&'static str> {
    let has = |name: &str| chosen.iter().any(|one| one == name);
    match () {
        () if !has("email") => Some("Choose the column that holds the e-mail"),
        () if !has("name") && !has("firstName") && !has("lastName") => {
            Some("Choose the column that holds the name, or first and last name")
        }
        () => None,
    }
}
