//! The palette's dialog: an input, and below it the results.

use super::{
    api::{Found, find},
    commands::{Command, CommandContext},
    hits::{Group, Hit, Then, cut, groups},
};
use crate::{
    campaigns::StatusOf,
    layout::use_me,
    ui::{Avatar, Debounce, Icon, StageBadge, leave_for, modal},
};
use domain::{Actor, text::grouped};
use leptos::{ev, html, prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

/// Whether the palette is open.
#[derive(Debug, Clone, Copy)]
pub struct Palette(pub RwSignal<bool>);

impl Palette {
    pub fn toggle(self) {
        self.0.update(|open| *open = !*open);
    }
}

#[component]
pub fn PaletteDialog(acts: CommandContext) -> impl IntoView {
    let Palette(open) = expect_context();
    let node = NodeRef::<html::Dialog>::new();
    let closing = modal(node, open);
    // A click on the backdrop closes the dialog.
    let beside = move |event: ev::MouseEvent| {
        if event.target().map(Into::into).as_ref() == node.get_untracked().as_ref().map(|dialog| dialog as &wasm_bindgen::JsValue) {
            open.set(false);
        }
    };
    view! {
        <dialog class="palette" aria-label="Search and commands" node_ref=node on:cancel=closing on:close=closing on:click=beside>
            {move || open.get().then(|| view! { <Ask acts open/> })}
        </dialog>
    }
    .into_any()
}

/// The typed text and the results so far.
#[derive(Clone, Copy)]
struct PaletteSearch {
    text: RwSignal<String>,
    found: RwSignal<Found>,
    /// Index of the selected option, which Enter runs.
    chosen: RwSignal<usize>,
    /// Number of the latest request; answers to earlier ones are dropped.
    last: StoredValue<u32>,
    later: Debounce,
}

impl PaletteSearch {
    fn typed(self, text: String, groups: Memo<Vec<Group>>) {
        let empty = text.trim().is_empty();
        self.text.set(text.clone());
        self.chosen.set(0);
        self.last.update_value(|last| *last += 1);
        self.later.stop();
        if empty {
            self.found.set(Found::default());
            return;
        }
        let number = self.last.get_value();
        let ask = move || {
            spawn_local(async move {
                let Ok(found) = find(text).await else { return };
                if self.last.try_get_value() == Some(number) {
                    self.show(found, groups);
                }
            });
        };
        self.later.run(ask);
    }

    /// Adds results, which may shift the options. If the person has moved the selection, it stays on the same option.
    fn show(self, found: Found, groups: Memo<Vec<Group>>) {
        let at = self.chosen.get_untracked();
        let was = flat(&groups.get_untracked()).nth(at).filter(|_| at > 0).cloned();
        self.found.set(found);
        let now = was.and_then(|was| flat(&groups.get_untracked()).position(|hit| *hit == was));
        self.chosen.set(now.unwrap_or_default());
    }
}

fn flat(groups: &[Group]) -> impl Iterator<Item = &Hit> {
    groups.iter().flat_map(|(_, hits)| hits)
}

#[component]
fn Ask(acts: CommandContext, open: RwSignal<bool>) -> impl IntoView {
    let role = use_me().with_untracked(|me| me.as_ref().map(|me| me.role));
    let asked = PaletteSearch {
        text: RwSignal::new(String::new()),
        found: RwSignal::new(Found::default()),
        chosen: RwSignal::new(0),
        last: StoredValue::new(0),
        later: Debounce::new(),
    };
    let may = move |what| role.is_some_and(|role| Actor { role, ..Actor::system() }.may(what));
    let shown = Memo::new(move |_| groups(&asked.text.get(), asked.found.get(), may));
    let count = Memo::new(move |_| shown.with(|shown| flat(shown).count()));
    let go = use_navigate();
    let take = Callback::new(move |(at, peek): (usize, bool)| {
        let Some(hit) = shown.with_untracked(|shown| flat(shown).nth(at).cloned()) else { return };
        open.set(false);
        match hit.then(peek) {
            Then::Act(act) => acts.run(act, &go),
            Then::Go(href) => leave_for(&go, &href),
        }
    });
    let keys = move |event: ev::KeyboardEvent| {
        let (at, last) = (asked.chosen.get_untracked(), count.get_untracked().saturating_sub(1));
        match event.key().as_str() {
            "ArrowDown" => asked.chosen.set(if at >= last { 0 } else { at + 1 }),
            "ArrowUp" => asked.chosen.set(if at == 0 { last } else { at - 1 }),
            "Enter" if !event.is_composing() => take.run((at, event.shift_key())),
            _ => return,
        }
        event.prevent_default();
    };
    Effect::new(move |_| {
        let at = asked.chosen.get();
        request_animation_frame(move || {
            if let Some(option) = document().get_element_by_id(&id(at)) {
                let nearest = web_sys::ScrollIntoViewOptions::new();
                nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
                option.scroll_into_view_with_scroll_into_view_options(&nearest);
            }
        });
    });
    let found = move || match count.get() {
        0 => "Nothing found".to_owned(),
        1 => "1 result".to_owned(),
        more => format!("{more} results"),
    };
    view! {
        <div class="ask">
            <Icon name="search"/>
            <input
                role="combobox"
                aria-expanded=move || (count.get() > 0).to_string()
                aria-controls="hits"
                aria-autocomplete="list"
                aria-activedescendant=move || (count.get() > 0).then(|| id(asked.chosen.get()))
                aria-label="Search leads, campaigns and commands"
                placeholder="Search or jump to"
                autocomplete="off"
                spellcheck="false"
                autofocus
                on:input=move |event| asked.typed(event_target_value(&event), shown)
                on:keydown=keys
            />
            <kbd aria-hidden="true">"Esc"</kbd>
        </div>
        <div class="hits scroll" id="hits" role="listbox" aria-label="Results">
            {move || {
                let mut next = 0;
                let group = |(name, hits): Group| {
                    let from = next;
                    next += hits.len();
                    options(name, hits, from, asked, take)
                };
                shown.get().into_iter().map(group).collect_view()
            }}
        </div>
        <footer>
            <span><kbd>"↑"</kbd><kbd>"↓"</kbd>" move"</span><span><kbd>"↵"</kbd>" open"</span><span><kbd>"⇧"</kbd><kbd>"↵"</kbd>" preview"</span>
            <span class="end num" role="status">{found}</span>
        </footer>
    }
    .into_any()
}

fn id(at: usize) -> String {
    format!("hit-{at}")
}

/// `from`: index of the first option.
fn options(name: &'static str, hits: Vec<Hit>, from: usize, asked: PaletteSearch, take: Callback<(usize, bool)>) -> AnyView {
    let text = asked.text.get_untracked();
    let option = |(at, hit): (usize, Hit)| {
        let at = from + at;
        view! {
            <li
                role="option"
                id=id(at)
                aria-selected=move || (asked.chosen.get() == at).to_string()
                on:click=move |event| take.run((at, event.shift_key()))
                on:pointermove=move |_| {
                    if asked.chosen.get_untracked() != at {
                        asked.chosen.set(at);
                    }
                }
            >
                {inside(hit, &text)}
            </li>
        }
    };
    let options = hits.into_iter().enumerate().map(option).collect_view();
    view! { <ul role="group" aria-label=name><li role="presentation" class="head">{name}</li>{options}</ul> }.into_any()
}

fn inside(hit: Hit, asked: &str) -> AnyView {
    let marked = |text: &str| {
        let [before, hit, after] = cut(text, asked).map(str::to_owned);
        view! { {before}<mark>{hit}</mark>{after} }.into_any()
    };
    match hit {
        Hit::Lead(lead) => view! {
            <Avatar name=lead.name.clone()/>
            <span class="strong trunc" dir="auto">{marked(&lead.name)}</span>
            <span class="meta trunc" dir="auto">{marked(&lead.about)}</span>
            <span class="end small"><StageBadge stage=lead.stage/></span>
        }
        .into_any(),
        Hit::Campaign(campaign) => view! {
            <Icon name="campaigns"/>
            <span class="trunc" dir="auto">{marked(&campaign.name)}</span>
            <span class="meta">{grouped(campaign.leads)}{if campaign.leads == 1 { " lead" } else { " leads" }}</span>
            <span class="end small"><StatusOf status=campaign.status/></span>
        }
        .into_any(),
        Hit::Do(Command { label, icon, keys, .. }) => view! {
            <Icon name=*icon/>
            <span>{marked(label)}</span>
            <span class="end" aria-hidden="true">{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</span>
        }
        .into_any(),
        Hit::New(name) => view! { <Icon name="plus"/><span class="trunc">{format!("New lead named “{name}”")}</span> }.into_any(),
    }
}
