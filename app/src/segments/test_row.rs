//! A test of the builder: field, operator and values.

use super::{builder::Builder, drag::Drag, group::Press, moves::Act, nodes::Node};
use crate::{
    leads::filter::{
        orders::{OrderInputs, is_of_orders},
        typed,
    },
    ui::Icon,
    workspace::use_workspace,
};
use domain::{
    fields::Fields,
    rule::{CustomKind, FIELDS, FieldKind, Op, Subject, ops_for},
};
use leptos::prelude::*;

/// The selected option is set by property, too: once a person has chosen by hand, the attribute has no effect.
#[component]
pub fn TestRow(key: u32) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let drag = expect_context::<Drag>();
    let at = builder.of(key, |_, at| at);
    let depth = builder.of(key, |nodes, at| nodes[at].depth);
    let field = builder.of(key, |nodes, at| nodes[at].field.clone());
    let op = builder.of(key, |nodes, at| nodes[at].op.clone());
    let name = move |field: &'static str| move || format!("nodes[{}][{field}]", at.get());
    let orders = builder.of(key, |nodes, at| nodes[at].orders.clone());
    let of_orders = Memo::new(move |_| field.with(|field| is_of_orders(field)));
    let order_name = Callback::new(move |member: &'static str| format!("nodes[{}][orders][{member}]", at.get()));
    // Rebuilt only when it must: not while a value is typed.
    let fields = move || {
        let now = field.get();
        let known =
            FIELDS.iter().filter(|one| one.name != "import" || now == "import").map(|one| (one.name.to_owned(), one.label.to_owned()));
        let mut all: Vec<_> = known.chain(builder.fields.with(typed::custom)).collect();
        // Of a key without a definition, and in another spelling.
        if !all.iter().any(|(name, _)| *name == now) {
            let label = Subject::find(&now).map_or_else(|| now.clone(), |subject| subject.label().to_owned());
            all.push((now, label));
        }
        options(all, move |value| field.with(|field| field == value))
    };
    let ops = move || {
        let kind = builder.fields.with(|fields| field.with(|field| typed::kind_of(fields, field)));
        let all = ops_for(kind).iter().map(|(op, label)| (op.as_str().to_owned(), (*label).to_owned())).collect();
        options(all, move |value| op.with(|op| op == value))
    };
    let errors = move || {
        let errors = builder.errors_of(key);
        (!errors.is_empty()).then(|| view! { <p class="error" role="alert"><Icon name="warn" small=true/>{errors.join(". ")}</p> })
    };
    let label = move || field.with(|field| Subject::find(field).map(|subject| format!("Rule on {}", subject.label().to_lowercase())));
    view! {
        <li class="rule" id=format!("rule-{key}") data-key=key.to_string() data-drop=move || drag.mark(key) aria-label=label>
            <input type="hidden" name=name("key") value=key.to_string()/>
            <input type="hidden" name=name("depth") value=move || depth.get().to_string()/>
            <span class="grip scripts-only" title="Drag this rule" aria-hidden="true" on:pointerdown=move |event| drag.press(&event, key)><Icon name="grip"/></span>
            <span class="select is-field"><select name=name("field") aria-label="Field">{fields}</select><Icon name="chev-down"/></span>
            // The form hears what is typed.
            <Show when=move || of_orders.get()><OrderInputs typed=orders name=order_name set=Callback::new(|_| ())/></Show>
            <span class="select is-op"><select name=name("op") aria-label="Operator">{ops}</select><Icon name="chev-down"/></span>
            <Values key/>
            <span class="row g-s0 push">
                <Press act=Act::Up(key) class="btn ghost icon sm" label="Move rule up"><Icon name="up" small=true/></Press>
                <Press act=Act::Down(key) class="btn ghost icon sm" label="Move rule down"><Icon name="down" small=true/></Press>
                <Press act=Act::Remove(key) class="btn ghost icon sm" label="Remove rule"><Icon name="x" small=true/></Press>
            </span>
            {errors}
        </li>
    }
    .into_any()
}

fn options(all: Vec<(String, String)>, is: impl Fn(&str) -> bool + Copy + Send + Sync + 'static) -> AnyView {
    let option = |(value, label): (String, String)| {
        let this = value.clone();
        let is = Signal::derive(move || is(&this));
        view! { <option value=value selected=is prop:selected=is>{label}</option> }
    };
    all.into_iter().map(option).collect_view().into_any()
}

/// What decides which inputs a test has: they are built again only when it changes.
#[derive(Clone, PartialEq)]
struct Shape {
    kind: FieldKind,
    counts_days: bool,
    op: Option<Op>,
    takes_list: bool,
    values: usize,
    /// Values and labels, where there is a fixed list.
    choices: Option<Vec<(String, String)>>,
}

impl Default for Shape {
    fn default() -> Self {
        Self { kind: FieldKind::Text, counts_days: false, op: None, takes_list: false, values: 0, choices: None }
    }
}

impl Shape {
    fn of(node: &Node, fields: &Fields) -> Self {
        let op = node.operator();
        Self {
            kind: node.kind(fields),
            counts_days: op.is_some_and(typed::counts_days),
            op,
            takes_list: node.takes_list(fields),
            values: node.values.len(),
            choices: typed::choices(fields, &node.field),
        }
    }
}

#[component]
fn Values(key: u32) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let shape = Memo::new(move |before: Option<&Shape>| {
        let now = builder.nodes.with(|nodes| {
            let node = nodes.iter().find(|node| node.key == key)?;
            Some(builder.fields.with(|fields| Shape::of(node, fields)))
        });
        now.or_else(|| before.cloned()).unwrap_or_default()
    });
    let currency = use_workspace().currency();
    move || {
        let Shape { kind, counts_days, op, takes_list, values, choices } = shape.get();
        let all = (0..values).map(|at| {
            view! {
                {(at > 0).then(|| view! { <span class="soft">"or"</span> })}
                <ValueInput key at kind counts_days choices=choices.clone()/>
                {(values > 1).then(|| view! {
                    <Press act=Act::Less(key, at) class="btn ghost icon sm less" label="Remove this value"><Icon name="x" small=true/></Press>
                })}
            }
        });
        let unit = match (kind, op) {
            (_, Some(Op::OlderThanDays)) => Some("days ago"),
            _ if counts_days => Some("days"),
            (FieldKind::DaysSince, _) if values > 0 => Some("days"),
            (FieldKind::Money, _) if values > 0 => Some(currency.sign().unwrap_or_else(|| currency.code())),
            _ => None,
        };
        view! {
            {all.collect_view()}
            {unit.map(|unit| view! { <span class="soft">{unit.to_owned()}</span> })}
            {takes_list.then(|| view! {
                <Press act=Act::More(key) class="btn ghost icon sm" label="Add a value"><Icon name="plus" small=true/></Press>
            })}
        }
        .into_any()
    }
}

#[component]
fn ValueInput(key: u32, at: usize, kind: FieldKind, counts_days: bool, choices: Option<Vec<(String, String)>>) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let node = builder.of(key, |_, at| at);
    let nodes = builder.nodes;
    let value = Memo::new(move |before: Option<&String>| {
        let now = nodes.with(|nodes| nodes.iter().find(|node| node.key == key).and_then(|node| node.values.get(at).cloned()));
        now.or_else(|| before.cloned()).unwrap_or_default()
    });
    let name = move || format!("nodes[{}][values][{at}]", node.get());
    let label = if at == 0 { "Value".to_owned() } else { format!("Value {}", at + 1) };
    let id = format!("rule-{key}-{at}");
    let invalid = move || (!builder.errors_of(key).is_empty()).then_some("true");
    let choices = match kind {
        FieldKind::Id(referent) => {
            let known = builder.choices.options(referent);
            let now = value.get_untracked();
            let mut all = vec![(String::new(), typed::prompt(referent).to_owned())];
            // Deleted since, or not among the newest.
            if !now.is_empty() && !known.iter().any(|(id, _)| *id == now) {
                let label = now.parse().ok().and_then(|id| builder.choices.name(id)).unwrap_or_else(|| now.clone());
                all.push((now, label));
            }
            all.extend(known);
            Some(all)
        }
        _ => choices,
    };
    if let Some(choices) = choices {
        let options = options(choices, move |this| value.with(|value| value == this));
        return view! {
            <span class="select"><select id=id name=name aria-label=label aria-invalid=invalid>{options}</select><Icon name="chev-down"/></span>
        }
        .into_any();
    }
    // Numbers are typed as text, as amounts in the lead form are: a number input reports half-typed ones as empty.
    let (input, mode, class) = match kind {
        // A date input would empty a time of day, which only programs write.
        FieldKind::Time if !counts_days && value.with_untracked(|value| value.len() <= "2026-11-21".len()) => ("date", None, "input"),
        FieldKind::Time if !counts_days => ("text", None, "input"),
        FieldKind::Custom(CustomKind::Date) if !counts_days => ("date", None, "input"),
        FieldKind::Time
        | FieldKind::Number
        | FieldKind::Money
        | FieldKind::DaysSince
        | FieldKind::Custom(CustomKind::Number | CustomKind::Date) => ("text", Some("decimal"), "input num short"),
        _ => ("text", None, "input"),
    };
    view! {
        <input class=class type=input inputmode=mode id=id name=name aria-label=label aria-invalid=invalid dir="auto" autocomplete="off" value=value.get_untracked() prop:value=move || value.get()/>
    }
    .into_any()
}
