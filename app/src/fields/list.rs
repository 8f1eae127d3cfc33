//! `/settings/fields`: the custom fields, in the order in which forms and pages show them.

use super::{
    save::{LIST, MoveField},
    use_fields,
};
use crate::{
    accounts::{SettingsNav, elsewhere},
    layout::{IfAllowed, Topbar},
    ui::{Empty, Icon},
};
use domain::{FieldId, Permission, fields::CustomField, rule::CustomKind};
use leptos::{form::ActionForm, prelude::*};

#[component]
pub fn FieldListPage() -> impl IntoView {
    let fields = use_fields();
    let ids = Memo::new(move |_| fields.with(|fields| fields.iter().map(|field| field.id).collect::<Vec<_>>()));
    let moving = ServerAction::<MoveField>::new();
    // The button that was pressed: its row moves, and takes the focus along.
    let pressed = StoredValue::new(None::<String>);
    Effect::new(move |_| {
        ids.track();
        if let Some(id) = pressed.try_update_value(Option::take).flatten() {
            request_animation_frame(move || focus(&id));
        }
    });
    let new = || {
        view! {
            <IfAllowed to=Permission::EditFields>
                <a class="btn primary" href=format!("{LIST}/new")><Icon name="plus"/>"New field"</a>
            </IfAllowed>
        }
    };
    view! {
        <Topbar title="Settings"/>
        <div class="split">
            <SettingsNav here=LIST/>
            <div class="scroll grow"><div class="page top-s6"><div class="settings">
                <section aria-labelledby="h-fields">
                    <header>
                        <div>
                            <h2 id="h-fields">"Custom fields"</h2>
                            <p>"What your leads have beside the usual: in forms, rules, imports and exports, in this order."</p>
                        </div>
                        {new()}
                    </header>
                    {elsewhere(moving.value(), &[])}
                    <Show
                        when=move || ids.with(|ids| !ids.is_empty())
                        fallback=|| view! {
                            <Empty icon="columns" title="No custom fields yet" text="Columns of imported files are kept as texts. A field gives them a type: number, date, choice, or yes and no."/>
                        }
                    >
                        <div class="card"><ul class="list" aria-label="Custom fields">
                            <For each=move || ids.get() key=|id| *id let(id)><Row id moving pressed/></For>
                        </ul></div>
                    </Show>
                </section>
            </div></div></div>
        </div>
    }
    .into_any()
}

fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    let element = |id: &str| document().get_element_by_id(id)?.dyn_into::<web_sys::HtmlButtonElement>().ok();
    // At the end of the list the pressed button is off; its neighbour is not.
    let other = if let Some(id) = id.strip_prefix("up-") { format!("down-{id}") } else { id.replacen("down-", "up-", 1) };
    if let Some(button) = element(id).filter(|button| !button.disabled()).or_else(|| element(&other)) {
        _ = button.focus();
    }
}

#[component]
fn Row(id: FieldId, moving: ServerAction<MoveField>, pressed: StoredValue<Option<String>>) -> impl IntoView {
    let fields = use_fields();
    let at = Memo::new(move |_| fields.with(|fields| fields.iter().position(|field| field.id == id).unwrap_or_default()));
    let count = Memo::new(move |_| fields.with(|fields| fields.iter().len()));
    // A row that was just deleted is rendered once more.
    let text = move |read: fn(&CustomField) -> String| {
        Memo::new(move |_| fields.with(|fields| fields.iter().find(|field| field.id == id).map(read).unwrap_or_default()))
    };
    let (label, about) = (text(|field| field.label.clone()), text(about));
    let step = move |name: &'static str, verb: &'static str, by: i64| {
        let button = format!("{name}-{id}");
        let press = button.clone();
        let place = move || (at.get() as i64 + by).max(0).to_string();
        let off = move || if by < 0 { at.get() == 0 } else { at.get() + 1 >= count.get() };
        view! {
            <ActionForm action=moving>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="place" value=place prop:value=place/>
                <button
                    class="btn ghost icon sm" type="submit" id=button disabled=off
                    aria-label=move || format!("Move {} {verb}", label.get())
                    on:click=move |_| pressed.set_value(Some(press.clone()))
                >
                    <Icon name=name small=true/>
                </button>
            </ActionForm>
        }
    };
    view! {
        <li class="min-h-12">
            <span class="body">
                <span class="strong trunc" dir="auto">{label}</span>
                <span class="meta trunc" dir="auto" title=about>{about}</span>
            </span>
            <IfAllowed to=Permission::EditFields>
                <span class="row g-s0">
                    {step("up", "up", -1)}
                    {step("down", "down", 1)}
                    <a class="btn sm" href=format!("{LIST}/{id}") aria-label=move || format!("Edit {}", label.get())>"Edit"</a>
                </span>
            </IfAllowed>
        </li>
    }
    .into_any()
}

/// `Choice: Free, Team · required · key Plan`
fn about(field: &CustomField) -> String {
    let mut about = field.kind.label().to_owned();
    if field.kind == CustomKind::Choice {
        about = format!("{about}: {}", field.choices.join(", "));
    }
    if field.required {
        about.push_str(" · required");
    }
    if field.key != field.label {
        about = format!("{about} · key {}", field.key);
    }
    about
}
