//! Where a campaign stands, and the buttons for what may be done with it now. They are a form, so that they work without scripts.

use super::{
    save::ActOnCampaign,
    tab::Tab,
    words::{StatusOf, button},
};
use crate::{
    layout::use_may,
    ui::{Icon, Problem, TimeAgo},
};
use domain::{Permission, campaigns::Campaign};
use leptos::{form::ActionForm, prelude::*};

#[component]
pub fn Turns(campaign: RwSignal<Campaign>, tab: Memo<Tab>, take: Callback<Campaign>) -> impl IntoView {
    let act = ServerAction::<ActOnCampaign>::new();
    let may_write = use_may(Permission::WriteCampaigns);
    let id = campaign.with_untracked(|campaign| campaign.id);
    let status = Memo::new(move |_| campaign.with(|campaign| campaign.status));
    // What was accepted shows before its delta arrives.
    Effect::new(move |_| {
        if let Some(Ok(newer)) = act.value().get() {
            let _ = take.try_run(newer);
        }
    });
    let since = move || {
        let (word, at) = campaign.with(|campaign| match (campaign.ended_at, campaign.started_at) {
            (Some(at), _) => ("ended ", at),
            (None, Some(at)) => ("started ", at),
            (None, None) => ("created ", campaign.created_at),
        });
        view! { <span class="muted small">{word}<TimeAgo at/></span> }
    };
    let buttons = move || {
        let each = status.get().actions().enumerate().map(|(at, action)| {
            let (icon, label) = button(action);
            let class = if at == 0 { "btn primary" } else { "btn" };
            view! {
                <button class=class type="submit" name="action" value=action.as_str() data-state=move || act.pending().get().then_some("busy")>
                    <Icon name=icon/>{label}
                </button>
            }
        });
        each.collect_view()
    };
    view! {
        <div class="row between wrap">
            <span class="row">{move || view! { <StatusOf status=status.get() pill=true/> }}{since}</span>
            <Show when=move || may_write.get()>
                <ActionForm action=act attr:class="row wrap">
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="tab" value=move || tab.get().word()/>
                    {buttons}
                </ActionForm>
            </Show>
        </div>
        {move || act.value().get().and_then(Result::err).map(|error| view! { <Problem error/> })}
    }
    .into_any()
}
