//! Form that adds or edits one filter: a field of the catalogue, an operator that fits it, a value.

use super::FILTER_MENU;
use crate::{
    campaigns::api::campaign_names,
    leads::list::ListContext,
    live::reading_local,
    ui::{Icon, close_popover},
};
use domain::{
    Error,
    amount::amount,
    leads::Stage,
    rule::{FIELDS, FieldKind, Op, Referent, Rule, Subject, Test, Value, ops_for, takes_value, word_label},
};
use leptos::prelude::*;

#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Index of the filter that it replaces.
    at: Option<usize>,
    field: String,
    op: Op,
    value: String,
    error: Option<String>,
}

impl Default for Draft {
    fn default() -> Self {
        Self { at: None, field: "stage".to_owned(), op: Op::Is, value: Stage::NewLead.as_str().to_owned(), error: None }
    }
}

impl Draft {
    pub fn of(at: usize, test: &Test) -> Self {
        let value = match &test.value {
            Value::None => String::new(),
            Value::Flag(flag) => flag.to_string(),
            // Two decimals, because an amount with three decimals would be parsed as thousands.
            Value::Number(number) if is_money(&test.field) && number.fract() != 0.0 => format!("{number:.2}"),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::List(list) => list.join(", "),
        };
        Self { at: Some(at), field: test.field.clone(), op: test.op, value, error: None }
    }

    fn kind(&self) -> FieldKind {
        Subject::find(&self.field).map_or(FieldKind::Text, |subject| subject.kind())
    }

    fn counts_days(&self) -> bool {
        matches!(self.op, Op::WithinDays | Op::OlderThanDays)
    }

    /// Another field, with its first operator and value.
    fn with_field(&self, field: String) -> Self {
        let mut draft = Self { at: self.at, field, op: Op::Is, value: String::new(), error: None };
        draft.op = ops_for(draft.kind()).first().map_or(Op::Is, |(op, _)| *op);
        draft.value = match draft.kind() {
            FieldKind::Words(words) => words.first().copied().unwrap_or_default().to_owned(),
            FieldKind::Stage => Stage::NewLead.as_str().to_owned(),
            FieldKind::Flag => "true".to_owned(),
            _ => String::new(),
        };
        draft
    }

    fn rule(&self) -> Result<Rule, Error> {
        if let (FieldKind::Id(referent), "") = (self.kind(), self.value.trim()) {
            return Err(Error::invalid("value", prompt(referent)));
        }
        let value = match amount(&self.value).filter(|_| is_money(&self.field) && takes_value(self.op)) {
            Some(cents) => Value::Number(cents as f64 / 100.0),
            None => Value::typed(self.kind(), self.op, self.value.trim()),
        };
        Rule::test(self.field.clone(), self.op, value).check()
    }
}

/// First option of the list of records.
fn prompt(referent: Referent) -> &'static str {
    match referent {
        Referent::User => "Choose an owner",
        Referent::Campaign => "Choose a campaign",
        Referent::Import => "Choose an import",
    }
}

fn is_money(field: &str) -> bool {
    Subject::find(field).is_some_and(|subject| subject.kind() == FieldKind::Money)
}

/// Fields that are not offered: the search has its own box, the import filter comes from an import's page.
const UNTYPED: [&str; 2] = ["search", "import"];

/// The selected option is set by property: once a person has chosen by hand, the attribute has no effect.
#[component]
pub fn FilterForm(draft: RwSignal<Draft>) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let apply = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match draft.with_untracked(Draft::rule) {
            Ok(rule) => {
                let listing = context.listing.get_untracked();
                let mut parts = listing.filters().to_vec();
                match draft.with_untracked(|draft| draft.at).and_then(|at| parts.get_mut(at)) {
                    Some(part) => *part = rule,
                    None => parts.push(rule),
                }
                close_popover(FILTER_MENU);
                draft.set(Draft::default());
                context.go(listing.with_filters(listing.any(), parts));
            }
            Err(error) => draft.update(|draft| draft.error = Some(error.to_string())),
        }
    };
    let fields = FIELDS.iter().filter(|field| !UNTYPED.contains(&field.name)).map(|field| {
        let is = move || draft.with(|draft| draft.field == field.name);
        view! { <option value=field.name selected=is prop:selected=is>{field.label}</option> }
    });
    let kind = Memo::new(move |_| draft.with(|draft| KindKey(draft.kind())));
    let ops = move || {
        let KindKey(kind) = kind.get();
        let option = |(op, words): &(Op, &'static str)| {
            let op = *op;
            let is = move || draft.with(|draft| draft.op == op);
            view! { <option value=op.as_str() selected=is prop:selected=is>{*words}</option> }
        };
        ops_for(kind).iter().map(option).collect_view()
    };
    let pick_op = move |event| {
        if let Some(op) = Op::from_word(&event_target_value(&event)) {
            draft.update(|draft| draft.op = op);
        }
    };
    view! {
        <form class="stack g-s2" on:submit=apply>
            <span class="select">
                <select aria-label="Field" on:change=move |event| draft.update(|draft| *draft = draft.with_field(event_target_value(&event)))>
                    {fields.collect_view()}
                </select>
                <Icon name="chev-down"/>
            </span>
            <span class="select"><select aria-label="Operator" on:change=pick_op>{ops}</select><Icon name="chev-down"/></span>
            <FilterValue draft/>
            {move || draft.with(|draft| draft.error.clone()).map(|error| view! { <p class="field"><span class="error" role="alert">{error}</span></p> })}
            <button class="btn primary" type="submit">
                {move || if draft.with(|draft| draft.at.is_some()) { "Change filter" } else { "Add filter" }}
            </button>
        </form>
    }
    .into_any()
}

/// Comparable kind: the input is rebuilt only when the kind changes, not while typing.
#[derive(Clone, PartialEq)]
struct KindKey(FieldKind);

/// The options, after one without a value.
fn choice(prompt: &str, mut options: Vec<(String, String)>) -> Vec<(String, String)> {
    options.insert(0, (String::new(), prompt.to_owned()));
    options
}

#[component]
fn FilterValue(draft: RwSignal<Draft>) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let shape = Memo::new(move |_| draft.with(|draft| (KindKey(draft.kind()), takes_value(draft.op), draft.counts_days())));
    let set = move |event| draft.update(|draft| (draft.value, draft.error) = (event_target_value(&event), None));
    let select = move |options: Vec<(String, String)>| {
        let options = options.into_iter().map(|(value, label)| {
            let this = value.clone();
            let is = Signal::derive(move || draft.with(|draft| draft.value == this));
            view! { <option value=value selected=is prop:selected=is>{label}</option> }
        });
        view! {
            <span class="select"><select aria-label="Value" on:change=set>{options.collect_view()}</select><Icon name="chev-down"/></span>
        }
        .into_any()
    };
    let input = move |kind: &'static str| {
        // Money is typed as in the lead form, with separators and a currency.
        let (kind, mode) = if kind == "decimal" { ("text", Some(kind)) } else { (kind, None) };
        view! { <input class="input" type=kind inputmode=mode step="any" aria-label="Value" required=true prop:value=move || draft.with(|draft| draft.value.clone()) on:input=set/> }
            .into_any()
    };
    let field = move || {
        let (KindKey(kind), takes, counts_days) = shape.get();
        if !takes {
            return ().into_any();
        }
        match kind {
            FieldKind::Words(words) => select(words.iter().map(|word| ((*word).to_owned(), word_label(word))).collect()),
            FieldKind::Stage => select(Stage::ALL.iter().map(|stage| (stage.as_str().to_owned(), stage.label().to_owned())).collect()),
            FieldKind::Flag => select(vec![("true".to_owned(), "Yes".to_owned()), ("false".to_owned(), "No".to_owned())]),
            FieldKind::Id(Referent::User) => {
                let owners = context.owners.with(|owners| owners.iter().map(|(id, name)| (id.to_string(), name.clone())).collect());
                select(choice(prompt(Referent::User), owners))
            }
            FieldKind::Id(Referent::Campaign) => {
                let campaigns = reading_local(LocalResource::new(campaign_names));
                let options = move || match campaigns.get() {
                    None => choice("Loading", Vec::new()),
                    Some(Ok(all)) => choice(
                        prompt(Referent::Campaign),
                        all.into_iter().map(|campaign| (campaign.id.to_string(), campaign.name)).collect(),
                    ),
                    Some(Err(error)) => choice(&error.to_string(), Vec::new()),
                };
                (move || select(options())).into_any()
            }
            FieldKind::Money => input("decimal"),
            FieldKind::Number | FieldKind::DaysSince => input("number"),
            FieldKind::Time if counts_days => input("number"),
            FieldKind::Time => input("date"),
            FieldKind::Text | FieldKind::Email | FieldKind::Tags | FieldKind::Custom | FieldKind::Id(Referent::Import) => input("text"),
        }
    };
    // Owners come with the page.
    view! { <Transition>{field}</Transition> }
}
