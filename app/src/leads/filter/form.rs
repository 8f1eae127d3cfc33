//! Form that adds or edits one filter: a field of the catalogue, an operator that fits it, a value.

use super::{
    FILTER_MENU,
    orders::{OrderInputs, TypedOrders, is_of_orders},
    typed::{self, prompt},
};
use crate::{
    ask,
    campaigns::api::campaign_names,
    fields::use_fields,
    leads::list::ListContext,
    live::reading_local,
    segments::api::segment_names,
    ui::{Icon, close_popover},
};
use domain::{
    Error,
    error::CampaignRef,
    fields::Fields,
    leads::Stage,
    rule::{CustomKind, FIELDS, FieldKind, Op, Referent, Rule, Subject, Test, ops_for, takes_value},
    segments::SegmentRef,
};
use leptos::prelude::*;
use std::slice;

#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Index of the filter that it replaces.
    at: Option<usize>,
    field: String,
    op: Op,
    value: String,
    orders: TypedOrders,
    error: Option<String>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            at: None,
            field: "stage".to_owned(),
            op: Op::Is,
            value: Stage::NewLead.as_str().to_owned(),
            orders: TypedOrders::default(),
            error: None,
        }
    }
}

impl Draft {
    pub fn of(at: usize, test: &Test) -> Self {
        let value = typed::texts(test).join(", ");
        Self { at: Some(at), field: test.field.clone(), op: test.op, value, orders: TypedOrders::of(&test.which).fitted(), error: None }
    }

    fn kind(&self, fields: &Fields) -> FieldKind {
        typed::kind_of(fields, &self.field)
    }

    fn counts_days(&self) -> bool {
        typed::counts_days(self.op)
    }

    /// Another field, with its first operator and value.
    fn with_field(&self, field: String, fields: &Fields) -> Self {
        let orders = if is_of_orders(&field) { self.orders.clone() } else { TypedOrders::default() };
        let mut draft = Self { at: self.at, field, op: Op::Is, value: String::new(), orders, error: None };
        draft.op = ops_for(draft.kind(fields)).first().map_or(Op::Is, |(op, _)| *op);
        draft.value =
            typed::choices(fields, &draft.field).and_then(|choices| choices.into_iter().next()).map(|(value, _)| value).unwrap_or_default();
        draft
    }

    fn rule(&self, fields: &Fields) -> Result<Rule, Error> {
        if let (FieldKind::Id(referent), "") = (self.kind(fields), self.value.trim()) {
            return Err(Error::invalid("value", prompt(referent)));
        }
        let value = typed::value(self.kind(fields), self.op, slice::from_ref(&self.value));
        let rule = Rule::of_orders(self.field.clone(), self.op, value, self.orders.filter()).check()?;
        fields.check_rule(&rule).map(|()| rule)
    }
}

/// Fields that are not offered: the search has its own box, the import filter comes from an import's page.
const UNTYPED: [&str; 2] = ["search", "import"];

/// The selected option is set by property: once a person has chosen by hand, the attribute has no effect.
#[component]
pub fn FilterForm(draft: RwSignal<Draft>) -> impl IntoView {
    let (context, known) = (expect_context::<ListContext>(), use_fields());
    let apply = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match draft.with_untracked(|draft| known.with_untracked(|known| draft.rule(known))) {
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
    let custom = move || {
        let option = |(name, label): (String, String)| {
            let this = name.clone();
            let is = Signal::derive(move || draft.with(|draft| draft.field == this));
            view! { <option value=name selected=is prop:selected=is>{label}</option> }
        };
        let mut all = known.with(typed::custom);
        // Of a filter that names a field without a definition.
        let (now, is_known) = draft.with(|draft| (draft.field.clone(), known.with(|known| known.named(&draft.field).is_some())));
        if let (Some(Subject::Custom(key)), false) = (Subject::find(&now), is_known) {
            all.push((now, key));
        }
        all.into_iter().map(option).collect_view()
    };
    let kind = Memo::new(move |_| draft.with(|draft| known.with(|known| KindKey(draft.kind(known)))));
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
    let of_orders = Memo::new(move |_| draft.with(|draft| is_of_orders(&draft.field)));
    let orders = Memo::new(move |_| draft.with(|draft| draft.orders.clone()));
    let set_orders = Callback::new(move |(member, text): (&'static str, String)| {
        draft.update(|draft| {
            draft.orders.set(member, text);
            draft.error = None;
        });
    });
    view! {
        <form class="stack g-s2" on:submit=apply>
            <span class="select">
                <select aria-label="Field" on:change=move |event| draft.update(|draft| *draft = known.with_untracked(|known| draft.with_field(event_target_value(&event), known)))>
                    {fields.collect_view()}
                    {custom}
                </select>
                <Icon name="chev-down"/>
            </span>
            <span class="select"><select aria-label="Operator" on:change=pick_op>{ops}</select><Icon name="chev-down"/></span>
            <FilterValue draft/>
            <Show when=move || of_orders.get()>
                <OrderInputs typed=orders name=Callback::new(str::to_owned) set=set_orders/>
            </Show>
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

/// The options of records that are being read, or were.
fn read<T>(referent: Referent, read: Option<ask::Result<Vec<T>>>, pair: fn(T) -> (String, String)) -> Vec<(String, String)> {
    match read {
        None => choice("Loading", Vec::new()),
        Some(Ok(all)) => choice(prompt(referent), all.into_iter().map(pair).collect()),
        Some(Err(error)) => choice(&error.to_string(), Vec::new()),
    }
}

#[component]
fn FilterValue(draft: RwSignal<Draft>) -> impl IntoView {
    let (context, known) = (expect_context::<ListContext>(), use_fields());
    let shape = Memo::new(move |_| {
        draft.with(|draft| {
            known
                .with(|known| (KindKey(draft.kind(known)), takes_value(draft.op), draft.counts_days(), typed::choices(known, &draft.field)))
        })
    });
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
        let (KindKey(kind), takes, counts_days, choices) = shape.get();
        if !takes {
            return ().into_any();
        }
        if let Some(choices) = choices {
            return select(choices);
        }
        match kind {
            FieldKind::Id(Referent::User) => {
                let owners = context.owners.with(|owners| owners.iter().map(|(id, name)| (id.to_string(), name.clone())).collect());
                select(choice(prompt(Referent::User), owners))
            }
            FieldKind::Id(Referent::Campaign) => {
                let campaigns = reading_local(LocalResource::new(campaign_names));
                let pair = |campaign: CampaignRef| (campaign.id.to_string(), campaign.name);
                (move || select(read(Referent::Campaign, campaigns.get(), pair))).into_any()
            }
            FieldKind::Id(Referent::Segment) => {
                let segments = reading_local(LocalResource::new(segment_names));
                let pair = |segment: SegmentRef| (segment.id.to_string(), segment.name);
                (move || select(read(Referent::Segment, segments.get(), pair))).into_any()
            }
            FieldKind::Money => input("decimal"),
            FieldKind::Number | FieldKind::DaysSince | FieldKind::Custom(CustomKind::Number) => input("number"),
            FieldKind::Time | FieldKind::Custom(CustomKind::Date) if counts_days => input("number"),
            FieldKind::Time | FieldKind::Custom(CustomKind::Date) => input("date"),
            FieldKind::Text
            | FieldKind::Email
            | FieldKind::Tags
            | FieldKind::Custom(CustomKind::Text)
            | FieldKind::Id(Referent::Import) => input("text"),
            // They have choices.
            FieldKind::Words(_) | FieldKind::Stage | FieldKind::Flag | FieldKind::Custom(CustomKind::Choice | CustomKind::YesNo) => {
                ().into_any()
            }
        }
    };
    // Owners come with the page.
    view! { <Transition>{field}</Transition> }
}
