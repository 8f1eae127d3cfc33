//! A group of the builder: how its parts are joined, the parts, and its buttons.

use super::{
    builder::Builder,
    drag::Drag,
    moves::Act,
    nodes::{JOINS, parts},
    test_row::TestRow,
};
use crate::ui::Icon;
use leptos::prelude::*;

#[component]
pub fn Group(key: u32) -> AnyView {
    let builder = expect_context::<Builder>();
    let drag = expect_context::<Drag>();
    let at = builder.of(key, |_, at| at);
    let depth = builder.of(key, |nodes, at| nodes[at].depth);
    let join = builder.of(key, |nodes, at| nodes[at].join.clone());
    let keys = builder.of(key, |nodes, at| parts(nodes, nodes[at].key).into_iter().map(|part| nodes[part].key).collect::<Vec<_>>());
    let is_root = at.get_untracked() == 0;
    let label = move || join.with(|join| JOINS.iter().find(|(word, ..)| word == join).map(|(_, _, label)| *label));
    let name = move |field: &'static str| move || format!("nodes[{}][{field}]", at.get());
    let options = JOINS.map(|(word, label, _)| {
        let is = move || join.with(|join| join == word);
        view! { <option value=word selected=is prop:selected=is>{label}</option> }
    });
    let part = move |key: u32| {
        if builder.of(key, |nodes, at| nodes[at].is_group()).get_untracked() {
            view! { <li class="nested" data-key=key.to_string() data-drop=move || drag.mark(key)><Group key/></li> }.into_any()
        } else {
            view! { <TestRow key/> }.into_any()
        }
    };
    let errors = move || {
        builder
            .errors_of(key)
            .into_iter()
            .map(|error| view! { <li><p class="error" role="alert"><Icon name="warn" small=true/>{error}</p></li> })
            .collect_view()
    };
    view! {
        <ul class="rules" aria-label=label data-key=is_root.then(|| key.to_string()) data-drop=move || if is_root { drag.mark(key) } else { None }>
            <li class="select join">
                <input type="hidden" name=name("key") value=key.to_string()/>
                <input type="hidden" name=name("depth") value=move || depth.get().to_string()/>
                <select name=name("join") aria-label="Join these rules with">{options.collect_view()}</select>
                <Icon name="chev-down"/>
            </li>
            {errors}
            <For each=move || keys.get() key=|key| *key children=part/>
            <li class="row g-s1 ends">
                <Press act=Act::Add(key) class="btn ghost sm"><Icon name="plus"/>"Rule"</Press>
                <Press act=Act::Group(key) class="btn ghost sm"><Icon name="layers"/>"Group"</Press>
                {(!is_root).then(|| view! {
                    <span class="row g-s0 push">
                        <span class="grip scripts-only" title="Drag this group" aria-hidden="true" on:pointerdown=move |event| drag.press(&event, key)><Icon name="grip"/></span>
                        <Press act=Act::Up(key) class="btn ghost icon sm" label="Move group up"><Icon name="up" small=true/></Press>
                        <Press act=Act::Down(key) class="btn ghost icon sm" label="Move group down"><Icon name="down" small=true/></Press>
                        <Press act=Act::Remove(key) class="btn ghost icon sm" label="Remove group"><Icon name="x" small=true/></Press>
                    </span>
                })}
            </li>
        </ul>
    }
    .into_any()
}

/// A button of the builder. Without scripts it submits the form, which is shown again with the change.
#[component]
pub fn Press(
    act: Act,
    class: &'static str,
    /// Accessible name of a button that shows only an icon.
    #[prop(optional)]
    label: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let press = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        builder.act(act);
    };
    view! { <button class=class type="submit" name="then" value=act.to_string() aria-label=label title=label on:click=press>{children()}</button> }
}
