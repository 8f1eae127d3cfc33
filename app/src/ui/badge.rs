//! Badges of a lead: shape, then word, then colour. Like all small parts of a page they take a plain value and are rebuilt when it
//! changes, which costs far less than a signal with subscribers in each.

use super::{icon, static_markup::StaticMarkup};
use domain::leads::{Stage, Status};
use leptos::prelude::*;
use maud::{Markup, html};

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
pub fn StageBadge(stage: Stage) -> impl IntoView {
    StaticMarkup::from(stage_badge(stage))
}

pub fn stage_badge(stage: Stage) -> Markup {
    html! { span class={ "stage " (stage_class(stage)) } { (icon(stage_icon(stage), false)) (stage.label()) } }
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

/// Outreach status; without its pill shape (`bare`) in tables.
#[component]
pub fn StatusPill(status: Status, #[prop(optional)] bare: bool) -> impl IntoView {
    StaticMarkup::from(status_pill(status, bare))
}

pub fn status_pill(status: Status, bare: bool) -> Markup {
    let (sign, tone) = status_look(status);
    html! { span class=(if bare { "status" } else { "pill" }) data-tone=(tone) { (icon(sign, false)) (status.label()) } }
}
