//! Sequence tab: each step with its delay, and the number of leads that reached it.

use super::{
    save::SaveSteps,
    steps_form::StepsForm,
    tab::Tab,
    words::{delay, step_icon},
};
use crate::address::use_query;
use crate::{
    layout::use_permission,
    ui::{Empty, Icon, Toasts},
    undo::offer_undo,
};
use domain::{
    Permission,
    campaigns::{Campaign, EditedCampaign, Step},
    text::grouped,
};
use leptos::prelude::*;

#[component]
pub fn Sequence(campaign: RwSignal<Campaign>, take: Callback<Campaign>) -> impl IntoView {
    let query = use_query();
    let may_write = use_permission(Permission::WriteCampaigns);
    // Here and not in the form, which is removed when the answer arrives.
    let save = ServerAction::<SaveSteps>::new();
    let toasts = expect_context::<Toasts>();
    Effect::new(move |_| {
        if let Some(Ok(EditedCampaign { campaign, undo })) = save.value().get() {
            if let Some(change) = undo {
                offer_undo(toasts, change, "Sequence saved");
            }
            let _ = take.try_run(campaign);
        }
    });
    let editing = Memo::new(move |_| may_write.get() && query.with(|query| query.get("edit").is_some()));
    move || {
        if editing.get() {
            view! { <StepsForm campaign=campaign.get_untracked() save/> }.into_any()
        } else {
            view! { <Steps campaign may_write/> }.into_any()
        }
    }
}

#[component]
fn Steps(campaign: RwSignal<Campaign>, may_write: Signal<bool>) -> impl IntoView {
    let steps = Memo::new(move |_| campaign.with(|campaign| campaign.steps.clone()));
    let edit = campaign.with_untracked(|campaign| format!("{}&edit=1", Tab::Sequence.href(campaign.id)));
    view! {
        <section class="card" aria-labelledby="h-sequence">
            <header>
                <h2 id="h-sequence">"Sequence"</h2>
                <span class="muted small">"done by hand, in this order"</span>
                <div class="end"><Show when=move || may_write.get()><a class="btn sm" href=edit.clone()><Icon name="note"/>"Edit"</a></Show></div>
            </header>
            <Show
                when=move || steps.with(|steps| !steps.is_empty())
                fallback=|| view! { <Empty icon="sequences" title="No steps" text="Add steps to plan what is done with each lead, and when."/> }
            >
                <div class="flow"><ol>
                    <For each=move || steps.get() key=|step| step.id let(step)><OneStep campaign step/></For>
                </ol></div>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn OneStep(campaign: RwSignal<Campaign>, step: Step) -> impl IntoView {
    let id = step.id;
    // The current step, so that its row stays while its text changes.
    let step = Memo::new(move |_| {
        campaign.with(|campaign| campaign.steps.iter().find(|known| known.id == id).cloned()).unwrap_or_else(|| step.clone())
    });
    let reached = move || campaign.with(|campaign| campaign.counts.reached(step.with(|step| step.position)));
    view! {
        <li class="stack g-0 center-items max-whole">
            <span class="wire" hidden=move || step.with(|step| step.position) == 1></span>
            <span class="delay"><Icon name="clock" small=true/>{move || delay(step.with(|step| step.delay_days))}</span>
            <span class="wire"></span>
            <div class="step" data-id=id.to_string()>
                <span class="glyph">{move || view! { <Icon name=step_icon(step.with(|step| step.kind))/> }}</span>
                <span class="shrinks">
                    <b class="trunc block" dir="auto">{move || step.with(|step| step.title.clone())}</b>
                    <span class="sub">
                        {move || step.with(|step| step.kind.label())}
                        {move || (!step.with(|step| step.active)).then_some(", inactive")}
                    </span>
                </span>
                <span class="here"><b>{move || grouped(reached())}</b><span class="sub">"done"</span></span>
                {move || step.with(|step| (!step.content.is_empty()).then(|| view! {
                    <p class="marks as-typed" dir="auto">{step.content.clone()}</p>
                }))}
            </div>
        </li>
    }
    .into_any()
}
