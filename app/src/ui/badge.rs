//! Where a lead stands: shape, then word, then colour.

use super::Icon;
use domain::leads::{Stage, Status};
use leptos::prelude::*;

pub fn stage_icon(stage: Stage) -> &'static str {
    match stage {
        Stage::NewLead => "st-new",
        Stage::InitialContact => "st-contacted",
        Stage::MeetingScheduled => "st-replied",
        Stage::ProposalSent => "st-qualified",
        Stage::Negotiation => "st-proposal",
        Stage::ClosedWon => "st-won",
        Stage::ClosedLost => "st-lost",
    }
}

/// Sets the stage's colour for everything inside.
pub fn stage_class(stage: Stage) -> &'static str {
    match stage {
        Stage::NewLead => "stage-new",
        Stage::InitialContact => "stage-contacted",
        Stage::MeetingScheduled => "stage-replied",
        Stage::ProposalSent => "stage-qualified",
        Stage::Negotiation => "stage-proposal",
        Stage::ClosedWon => "stage-won",
        Stage::ClosedLost => "stage-lost",
    }
}

#[component]
pub fn StageBadge(#[prop(into)] stage: Signal<Stage>) -> impl IntoView {
    view! {
        <span class=move || format!("stage {}", stage_class(stage.get()))>
            <Icon name=Signal::derive(move || stage_icon(stage.get()))/>
            {move || stage.get().label()}
        </span>
    }
}

fn status_look(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Pending => ("wait", "neutral"),
        Status::Contacted => ("mail", "info"),
        Status::Responded => ("reply", "info"),
        Status::Qualified => ("target", "accent"),
        Status::Nurturing => ("clock", "warning"),
        Status::Converted => ("ok", "success"),
    }
}

/// How far outreach has come; bare in tables.
#[component]
pub fn StatusPill(#[prop(into)] status: Signal<Status>, #[prop(optional)] bare: bool) -> impl IntoView {
    let class = if bare { "status" } else { "pill" };
    view! {
        <span class=class data-tone=move || status_look(status.get()).1>
            <Icon name=Signal::derive(move || status_look(status.get()).0)/>
            {move || status.get().label()}
        </span>
    }
}
