//! Deletes a definition after a question; the toast offers “Undo”.

use super::{
    api::delete_field,
    save::{LIST, RemoveField},
};
use crate::{
    live::origin,
    ui::{Icon, Pop, Toasts, close_popover},
    undo::offer_undo,
};
use domain::fields::CustomField;
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use server_fn::ServerFn;

const POP: &str = "delete-field";

#[component]
pub fn Remove(field: CustomField) -> impl IntoView {
    let (toasts, go) = (expect_context::<Toasts>(), use_navigate());
    let (id, label) = (field.id, field.label);
    let remove = StoredValue::new(move |event: ev::SubmitEvent| {
        event.prevent_default();
        let label = label.clone();
        close_popover(POP);
        go(LIST, NavigateOptions::default());
        spawn_local(async move {
            match delete_field(id, origin()).await {
                Ok(change) => offer_undo(toasts, change, format!("Deleted the custom field {label}")),
                Err(error) => toasts.error(format!("Not deleted. {error}")),
            }
        });
    });
    view! {
        <Pop id=POP class="btn ghost icon" label="Delete field" bare=true from="end" button=ViewFn::from(|| view! { <Icon name="trash"/> })>
            <form class="stack" method="post" action=RemoveField::url() on:submit=move |event| remove.with_value(|remove| remove(event))>
                <input type="hidden" name="id" value=id.to_string()/>
                <p><b>"Delete this field? "</b>"The values of leads stay, as texts."</p>
                <button class="btn danger" type="submit"><Icon name="trash"/>"Delete field"</button>
            </form>
        </Pop>
    }
    .into_any()
}
