//! Status of a campaign, and buttons for the possible actions. They are a form, so that they work without scripts.

use super::{
    ending::{self, Ending, Question},
    save::{ActOnCampaign, act_on_campaign},
    tab::Tab,
    words::{StatusOf, button},
};
use crate::{
    layout::use_me,
    ui::{Icon, Problem, TimeAgo, Toast, Toasts, Tone},
};
use domain::campaigns::{Campaign, CampaignAction, CampaignStatus};
use leptos::{form::ActionForm, prelude::*, task::spawn_local};

#[component]
pub fn StatusActions(campaign: RwSignal<Campaign>, tab: Memo<Tab>, ending: Ending, take: Callback<Campaign>) -> impl IntoView {
    let act = ServerAction::<ActOnCampaign>::new();
    let me = use_me();
    let id = campaign.with_untracked(|campaign| campaign.id);
    let status = Memo::new(move |_| campaign.with(|campaign| campaign.status));
    let actions = Memo::new(move |_| match me.get() {
        Some(me) => campaign.with(|campaign| campaign.actions_for(&me.actor())),
        None => Vec::new(),
    });
    let toasts = expect_context::<Toasts>();
    // Whether it was active before it ended, for undo.
    let was_active = StoredValue::new(false);
    Effect::new(move |_| {
        let status = status.get();
        if !status.is_over() {
            was_active.set_value(status == CampaignStatus::Active);
        }
    });
    // Shows the accepted change before its delta arrives.
    Effect::new(move |_| {
        if let Some(Ok(newer)) = act.value().get() {
            if newer.status.is_over() {
                toasts.push(ended(&newer, was_active.get_value(), tab.get_untracked(), toasts));
            }
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
        let each = actions.get().into_iter().enumerate().map(|(at, action)| {
            let (icon, label) = button(action);
            let class = if at == 0 { "btn primary" } else { "btn" };
            if ending::ends(action) {
                let href = move || ending::href(tab.get(), id, action);
                return view! { <a class=class href=href><Icon name=icon/>{label}</a> }.into_any();
            }
            view! {
                <button class=class type="submit" name="action" value=action.as_str() data-state=move || act.pending().get().then_some("busy")>
                    <Icon name=icon/>{label}
                </button>
            }
            .into_any()
        });
        each.collect_view()
    };
    let question = move || {
        let action = ending.action.get().filter(|action| actions.with(|actions| actions.contains(action)));
        action.map(|action| view! { <Question campaign tab ending action act/> })
    };
    view! {
        <div class="row between wrap">
            <span class="row">{move || view! { <StatusOf status=status.get() pill=true/> }}{since}</span>
            <Show when=move || actions.with(|actions| !actions.is_empty())>
                <ActionForm action=act attr:class="row wrap">
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="tab" value=move || tab.get().word()/>
                    {buttons}
                </ActionForm>
            </Show>
        </div>
        {move || act.value().get().and_then(Result::err).map(|error| view! { <Problem error/> })}
        {question}
    }
    .into_any()
}

/// Toast for an ended campaign, with “Undo” to its former status.
fn ended(campaign: &Campaign, was_active: bool, tab: Tab, toasts: Toasts) -> Toast {
    let (id, name) = (campaign.id, campaign.name.clone());
    let word = if campaign.status == CampaignStatus::Completed { "Completed" } else { "Stopped" };
    Toast::new(Tone::Neutral, format!("{word} {name}")).undo(move || {
        spawn_local(async move {
            let actions = [CampaignAction::Reopen, CampaignAction::Resume];
            for action in actions.into_iter().take(if was_active { 2 } else { 1 }) {
                if let Err(error) = act_on_campaign(id, action, tab).await {
                    return toasts.error(format!("Not undone. {error}"));
                }
            }
        });
    })
}
