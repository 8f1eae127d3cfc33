//! The state of the builder, and what its buttons and keys do. The browser holds the typed text: it is read from the form at each event,
//! so that nothing is lost that was typed before hydration.

use super::{
    choices::Choices,
    drag::Drag,
    group::Group,
    moves::{Act, arranged},
    nodes::{Built, JOINS, Node, built, nodes_of, parent, parts, typed_over},
    save::SaveSegment,
};
use crate::fields::use_fields;
use domain::{Error, fields::Fields, rule::Rule};
use leptos::{ev, prelude::*};
use std::collections::HashMap;
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlElement, HtmlFormElement};

/// Id of the form.
pub const FORM: &str = "segment-form";

#[derive(Debug, Clone, Copy)]
pub struct Builder {
    pub nodes: RwSignal<Vec<Node>>,
    /// Name and description, as typed.
    pub texts: RwSignal<(String, String)>,
    pub choices: Choices,
    /// Definitions of custom fields.
    pub fields: RwSignal<Fields>,
    /// Whether the errors of the rule are shown: after a refused “Save”.
    pub strict: RwSignal<bool>,
    /// The rule, while it is valid.
    pub rule: Memo<Option<Rule>>,
    errors: Memo<HashMap<u32, Vec<String>>>,
    /// Announcement for screen readers.
    pub said: RwSignal<String>,
}

impl Builder {
    pub fn new(nodes: Vec<Node>, texts: (String, String), choices: Choices, strict: bool) -> Self {
        let (nodes, strict) = (RwSignal::new(nodes), RwSignal::new(strict));
        let fields = use_fields();
        let rule = Memo::new(move |_| nodes.with(|nodes| fields.with(|fields| built(nodes, fields).checked(fields).ok())));
        let errors = Memo::new(move |_| {
            if !strict.get() {
                return HashMap::new();
            }
            nodes.with(|nodes| {
                let built = fields.with(|fields| built(nodes, fields));
                let Err(Error::Invalid(errors)) = fields.with(|fields| built.checked(fields)) else { return HashMap::new() };
                nodes.iter().map(|node| (node.key, built.errors_of(node.key, &errors))).filter(|(_, errors)| !errors.is_empty()).collect()
            })
        });
        Self { nodes, texts: RwSignal::new(texts), choices, fields, strict, rule, errors, said: RwSignal::new(String::new()) }
    }

    /// What the errors say about a node.
    pub fn errors_of(self, key: u32) -> Vec<String> {
        self.errors.with(|errors| errors.get(&key).cloned().unwrap_or_default())
    }

    /// A value of a node; of one that was just removed, its last value.
    pub fn of<T: Clone + PartialEq + Default + Send + Sync + 'static>(self, key: u32, read: fn(&[Node], usize) -> T) -> Memo<T> {
        let nodes = self.nodes;
        Memo::new(move |before: Option<&T>| {
            let now = nodes.with(|nodes| nodes.iter().position(|node| node.key == key).map(|at| read(nodes, at)));
            now.or_else(|| before.cloned()).unwrap_or_default()
        })
    }

    /// The rule of these nodes.
    pub fn built(self, nodes: &[Node]) -> Built {
        self.fields.with_untracked(|fields| built(nodes, fields))
    }

    /// Shows this rule. All nodes below the outermost get new keys, because a node with the same key may be another kind of node.
    pub fn show(self, rule: &Rule) {
        let used = self.nodes.with_untracked(|nodes| nodes.iter().map(|node| node.key).max().unwrap_or_default());
        let fresh = |node: Node| Node { key: if node.depth == 0 { node.key } else { node.key + used }, ..node };
        self.nodes.set(nodes_of(rule).into_iter().map(fresh).collect());
    }

    /// Takes what is typed in the form.
    pub fn read(self) {
        let Some(typed) = form().and_then(|form| FormData::new_with_form(&form).ok()) else { return };
        let Ok(SaveSegment { name, description, nodes: typed, .. }) = SaveSegment::from_form_data(&typed) else { return };
        let texts = (name, description);
        if self.texts.with_untracked(|known| *known != texts) {
            self.texts.set(texts);
        }
        let now = self.nodes.with_untracked(|known| self.fields.with_untracked(|fields| typed_over(known, typed, fields)));
        if self.nodes.with_untracked(|known| *known != now) {
            self.nodes.set(now);
        }
    }

    /// Does what a button, key or drop asks for, announces it, and keeps the focus at it.
    pub fn act(self, act: Act) {
        self.read();
        let before = self.nodes.get_untracked();
        let after = self.fields.with_untracked(|fields| arranged(before.clone(), act, fields));
        if after == before {
            self.said.set("It cannot move further".to_owned());
            return;
        }
        let focused = document().active_element().and_then(|focused| focused.dyn_into::<HtmlElement>().ok());
        let newest = after.iter().map(|node| node.key).max().unwrap_or_default();
        let (said, focus) = match act {
            Act::Add(_) | Act::Group(_) => ("Added".to_owned(), format!("#rule-{newest} select")),
            Act::Remove(key) => {
                let around = before.iter().position(|node| node.key == key).and_then(|at| parent(&before, at)).map(|at| before[at].key);
                let around = around.filter(|key| after.iter().any(|node| node.key == *key)).unwrap_or(after[0].key);
                ("Removed".to_owned(), format!("[name=then][value='add-{around}']"))
            }
            Act::Up(key) | Act::Down(key) | Act::Put(key, ..) => (place_of(&after, key), format!("[name=then][value='up-{key}']")),
            Act::More(key) => {
                let last = after.iter().find(|node| node.key == key).map_or(0, |node| node.values.len().saturating_sub(1));
                ("Added a value".to_owned(), format!("#rule-{key}-{last}"))
            }
            Act::Less(key, _) => ("Removed the value".to_owned(), format!("#rule-{key}-0")),
            Act::Fit => (String::new(), String::new()),
        };
        self.said.set(said);
        self.nodes.set(after);
        let goes_on = matches!(act, Act::Up(_) | Act::Down(_) | Act::Put(..));
        request_animation_frame(move || {
            let stays = focused.filter(|focused| goes_on && focused.is_connected() && !focused.matches("body").unwrap_or_default());
            let next = || document().query_selector(&focus).ok().flatten()?.dyn_into().ok();
            if let Some(element) = stays.or_else(next) {
                _ = element.focus();
            }
        });
    }
}

/// `Moved: 2 of 3 in All of these`
fn place_of(nodes: &[Node], key: u32) -> String {
    let at = nodes.iter().position(|node| node.key == key);
    let Some((at, group)) = at.and_then(|at| Some((at, parent(nodes, at)?))) else { return String::new() };
    let parts = parts(nodes, nodes[group].key);
    let place = parts.iter().position(|part| *part == at).map_or(0, |place| place + 1);
    let label = JOINS.iter().find(|(join, ..)| *join == nodes[group].join).map_or("", |(_, _, label)| label);
    format!("Moved: {place} of {} in {label}", parts.len())
}

pub fn form() -> Option<HtmlFormElement> {
    document().get_element_by_id(FORM)?.dyn_into().ok()
}

/// The rules with their buttons, inside the form.
#[component]
pub fn Rules() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let drag = Drag::new(builder);
    provide_context(drag);
    // Typed before hydration.
    Effect::new(move |_| builder.read());
    let keys = move |event: ev::KeyboardEvent| {
        if !event.alt_key() || event.ctrl_key() || event.meta_key() {
            return;
        }
        let Some(key) = key_at(&event) else { return };
        let act = match event.key().as_str() {
            "ArrowUp" => Act::Up(key),
            "ArrowDown" => Act::Down(key),
            _ => return,
        };
        event.prevent_default();
        builder.act(act);
    };
    let root = builder.nodes.with_untracked(|nodes| nodes.first().map_or(0, |node| node.key));
    view! {
        <div class="rule-builder" on:keydown=keys data-dragging=move || drag.is_on().then_some("")>
            <Group key=root/>
            <p class="small muted scripts-only">"Alt and ↑ or ↓ moves the rule that has the focus, also into and out of groups."</p>
            <p class="sr" aria-live="polite">{move || builder.said.get()}</p>
        </div>
    }
    .into_any()
}

/// Key of the innermost node around an event.
pub fn key_at(event: &web_sys::Event) -> Option<u32> {
    crate::ui::inside(event, "[data-key]")?.get_attribute("data-key")?.parse().ok()
}
