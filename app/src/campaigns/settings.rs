//! Settings tab: name and description, duplicate, delete.

use super::{
    form::TextsForm,
    remove::{may_end, remove},
    save::{DuplicateCampaign, RemoveCampaign},
    tab::Tab,
};
use crate::{
    address::use_query,
    layout::use_permission,
    ui::{Icon, Problem, Toasts},
};
use domain::{CampaignId, Permission, campaigns::Campaign};
use leptos::{ev, form::ActionForm, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

#[component]
pub fn Settings(campaign: RwSignal<Campaign>, take: Callback<Campaign>) -> impl IntoView {
    let may_write = use_permission(Permission::WriteCampaigns);
    let may_delete = may_end(move |actor| campaign.with(|campaign| campaign.may_be_ended_by(actor)));
    let id = campaign.with_untracked(|campaign| campaign.id);
    view! {
        <Show
            when=move || may_write.get()
            fallback=|| view! { <p class="muted">"Your role can only view campaigns. Ask an administrator for another role to change them."</p> }
        >
            <div class="settings">
                <section aria-labelledby="h-words">
                    <header><h2 id="h-words">"Name and description"</h2></header>
                    <TextsForm campaign take/>
                </section>
                <section aria-labelledby="h-copy">
                    <header><div><h2 id="h-copy">"Duplicate"</h2><p>"A new draft with the same description and steps, without leads."</p></div></header>
                    <Duplicate id/>
                </section>
                <section aria-labelledby="h-delete">
                    <header><div><h2 id="h-delete">"Delete"</h2><p>"Its leads stay; their progress in this campaign is deleted."</p></div></header>
                    <Show
                        when=move || may_delete.get()
                        fallback=|| view! { <p class="muted">"Only its creator and managers can delete this campaign."</p> }
                    >
                        <Delete id campaign/>
                    </Show>
                </section>
            </div>
        </Show>
    }
    .into_any()
}

#[component]
fn Duplicate(id: CampaignId) -> impl IntoView {
    let copy = ServerAction::<DuplicateCampaign>::new();
    view! {
        <ActionForm action=copy>
            <input type="hidden" name="id" value=id.to_string()/>
            <button class="btn" type="submit" data-state=move || copy.pending().get().then_some("busy")><Icon name="copy"/>"Duplicate campaign"</button>
        </ActionForm>
        {move || copy.value().get().and_then(Result::err).map(|error| view! { <Problem error/> })}
    }
    .into_any()
}

/// Deletes at once; the toast offers “Undo”. Without scripts there is no toast, so a confirmation comes first, in the address.
#[component]
fn Delete(id: CampaignId, campaign: RwSignal<Campaign>) -> impl IntoView {
    let removing = ServerAction::<RemoveCampaign>::new();
    let toasts = expect_context::<Toasts>();
    let go = use_navigate();
    let press = Callback::new(move |event: ev::MouseEvent| {
        event.prevent_default();
        remove(toasts, id, campaign.with_untracked(|campaign| campaign.name.clone()));
        go("/campaigns", NavigateOptions::default());
    });
    let query = use_query();
    let asked = Memo::new(move |_| query.with(|query| query.get("sure").as_deref() == Some("delete")));
    let name = move || campaign.with(|campaign| campaign.name.clone());
    view! {
        <Show
            when=move || asked.get()
            fallback=move || view! {
                <a class="btn danger" href=format!("{}&sure=delete", Tab::Settings.href(id)) on:click=move |event| press.run(event)><Icon name="trash"/>"Delete campaign"</a>
            }
        >
            <div class="callout" data-tone="danger" role="status">
                <Icon name="warn"/>
                <p><b>"Delete "<bdi>{name}</bdi>"? "</b>"This cannot be undone."</p>
                <div class="end row">
                    <a class="btn" href=Tab::Settings.href(id)>"Keep campaign"</a>
                    <ActionForm action=removing>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <button class="btn danger" type="submit"><Icon name="trash"/>"Delete permanently"</button>
                    </ActionForm>
                </div>
            </div>
        </Show>
        {move || removing.value().get().and_then(Result::err).map(|error| view! { <Problem error/> })}
    }
    .into_any()
}
