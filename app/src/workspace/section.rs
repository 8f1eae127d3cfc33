//! The section of the settings page: administrators change the workspace's settings, everyone else reads them.

use super::{api::EditWorkspace, fields::SettingsFields, use_workspace};
use crate::{
    accounts::{elsewhere, on_field},
    address::use_query,
    layout::use_permission,
    ui::typed_is_saved,
};
use domain::{Permission, Workspace};
use leptos::{form::ActionForm, html, prelude::*};

#[component]
pub fn WorkspaceSection() -> impl IntoView {
    let workspace = use_workspace().workspace();
    // A person's role does not change while the page is open.
    let may_edit = use_permission(Permission::EditWorkspace).get_untracked();
    let settings = if may_edit { view! { <EditSettings workspace/> }.into_any() } else { view! { <ReadSettings workspace/> }.into_any() };
    view! {
        <section id="general" aria-labelledby="h-g">
            <header><div><h2 id="h-g">"Workspace"</h2><p>"What holds for everyone who works here."</p></div></header>
            {settings}
        </section>
    }
    .into_any()
}

#[component]
fn EditSettings(workspace: Workspace) -> impl IntoView {
    let edit = ServerAction::<EditWorkspace>::new();
    let value = edit.value();
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        // The settings are shown in many places of the page, so reload it.
        if value.with(|value| matches!(value, Some(Ok(_)))) && edit.version().get_untracked() > 0 {
            if let Some(form) = form.get_untracked() {
                typed_is_saved(&form);
            }
            let _ = window().location().reload();
        }
    });
    // Without scripts, refused values come back in the address.
    let query = use_query().get_untracked();
    let now = [workspace.name, workspace.currency.code().to_owned(), workspace.time_zone, workspace.week_start.as_str().to_owned()];
    let names = ["workspace", "currency", "time_zone", "week_start"];
    let mut typed = now;
    for (value, name) in typed.iter_mut().zip(names) {
        if let Some(before) = query.get(name) {
            *value = before;
        }
    }
    let errors = ["name", "currency", "timeZone", "weekStart"].map(|field| on_field(value, field));
    view! {
        <ActionForm action=edit node_ref=form attr:class="card stack g-s35" attr:novalidate="" attr:aria-label="Workspace">
            <input type="hidden" name="revision" value=workspace.revision/>
            {elsewhere(value, &["name", "currency", "timeZone", "weekStart"])}
            <SettingsFields names typed errors/>
            <div class="row"><button class="btn primary" type="submit" data-state=move || edit.pending().get().then_some("busy")>"Save workspace"</button></div>
        </ActionForm>
    }
    .into_any()
}

#[component]
fn ReadSettings(workspace: Workspace) -> impl IntoView {
    let rows = [
        ("Name", workspace.name),
        ("Currency", workspace.currency.code().to_owned()),
        ("Time zone", workspace.time_zone),
        ("First day of the week", workspace.week_start.label().to_owned()),
    ];
    let rows = rows.map(|(label, value)| {
        view! { <li><span class="body"><span class="meta">{label}</span><span class="strong" dir="auto">{value}</span></span></li> }
    });
    view! { <div class="card"><ul class="list">{rows.collect_view()}</ul></div> }.into_any()
}
