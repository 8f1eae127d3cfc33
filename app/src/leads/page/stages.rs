//! Stage stepper of one lead: shows its stage; a press on another moves it there.

use crate::{
    leads::{
        edit::{Editing, may_write},
        save::MoveStage,
        store::{Row, field},
    },
    ui::{Problem, StageBadge, TimeSince, stage_class},
};
use domain::leads::{LeadPatch, Stage, label};
use leptos::{ev, prelude::*};
use server_fn::ServerFn;

#[component]
pub fn StageStepper(row: Row) -> impl IntoView {
    let editing = expect_context::<Editing>();
    // A person's role does not change while the page is open.
    let may = may_write().get_untracked();
    let stage = field(&row, |lead| lead.stage);
    let since = field(&row, |lead| lead.stage_at);
    let pending = row.pending.clone();
    let id = row.id.to_string();
    // With scripts a press is an optimistic edit; without, this action holds the form's error.
    let moving = ServerAction::<MoveStage>::new();
    let step = move |to: Stage| {
        let row = row.clone();
        // On “Closed Lost” only its own step is filled: the lead did not pass the stages before.
        let done = move || match stage.get() {
            Stage::ClosedLost => to == Stage::ClosedLost,
            now => to.rank() <= now.rank(),
        };
        let press = move |event: ev::MouseEvent| {
            event.prevent_default();
            editing.edit(row.clone(), LeadPatch { stage: Some(to), ..LeadPatch::default() });
        };
        view! {
            <li data-state=move || done().then_some("done") aria-current=move || (stage.get() == to).then_some("step")>
                {if may {
                    view! { <button name="stage" value=to.as_str() title=to.label() on:click=press><span class="sr">{to.label()}</span></button> }.into_any()
                } else {
                    view! { <span title=to.label()><span class="sr">{to.label()}</span></span> }.into_any()
                }}
            </li>
        }
    };
    view! {
        <div class=move || format!("stack g-s0 {}", stage_class(stage.get()))>
            <div class="row between">
                <span data-edit=move || pending.get().then_some("pending")>{move || view! { <StageBadge stage=stage.get()/> }}</span>
                <span class="muted small">{move || view! { <TimeSince at=since.get()/> }}</span>
            </div>
            {move || moving.value().get().and_then(Result::err).map(|error| view! { <Problem error/> })}
            <form method="post" action=MoveStage::url()>
                <input type="hidden" name="id" value=id/>
                <ol class="stages" aria-label=label::STAGE>{Stage::ALL.iter().copied().map(step).collect_view()}</ol>
            </form>
        </div>
    }
    .into_any()
}
