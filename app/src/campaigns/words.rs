//! Icons, tones and labels of a campaign's states.

use crate::ui::Icon;
use domain::campaigns::{CampaignAction, CampaignStatus, EnrollmentState, StepKind};
use leptos::prelude::*;

/// Tone and icon of a status.
fn look(status: CampaignStatus) -> (&'static str, &'static str) {
    match status {
        CampaignStatus::Draft => ("neutral", "wait"),
        CampaignStatus::Active => ("info", "sending"),
        CampaignStatus::Paused => ("warning", "pause"),
        CampaignStatus::Completed => ("success", "ok"),
        CampaignStatus::Cancelled => ("neutral", "skip"),
    }
}

pub fn tone(status: CampaignStatus) -> &'static str {
    look(status).0
}

#[component]
pub fn StatusOf(status: CampaignStatus, #[prop(optional)] pill: bool) -> impl IntoView {
    let (tone, icon) = look(status);
    view! { <span class=if pill { "pill" } else { "status" } data-tone=tone><Icon name=icon/>{status.label()}</span> }
}

fn state_look(state: EnrollmentState) -> (&'static str, &'static str) {
    match state {
        EnrollmentState::Pending => ("neutral", "wait"),
        EnrollmentState::Requested => ("info", "sending"),
        EnrollmentState::Connected => ("info", "link"),
        EnrollmentState::Replied => ("accent", "reply"),
        EnrollmentState::Finished => ("success", "ok"),
        EnrollmentState::Stopped => ("neutral", "stop"),
    }
}

#[component]
pub fn StateOf(state: EnrollmentState) -> impl IntoView {
    let (tone, icon) = state_look(state);
    view! { <span class="status" data-tone=tone><Icon name=icon/>{state.label()}</span> }
}

/// Icon and label of a button. “Cancel” would be read as leaving a form.
pub fn button(action: CampaignAction) -> (&'static str, &'static str) {
    match action {
        CampaignAction::Start => ("play", "Start"),
        CampaignAction::Pause => ("pause", "Pause"),
        CampaignAction::Resume => ("play", "Resume"),
        CampaignAction::Complete => ("check", "Complete"),
        CampaignAction::Cancel => ("stop", "Stop campaign"),
        CampaignAction::Reopen => ("undo", "Reopen"),
    }
}

pub fn step_icon(kind: StepKind) -> &'static str {
    match kind {
        StepKind::ConnectionRequest => "link",
        StepKind::FollowUpMessage => "reply",
        StepKind::Email => "mail",
        StepKind::Call => "phone",
    }
}

/// `At once`, `1 day later`, `3 days later`
pub fn delay(days: i64) -> String {
    match days {
        0 => "At once".to_owned(),
        1 => "1 day later".to_owned(),
        days => format!("{days} days later"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays() {
        assert_eq!([delay(0), delay(1), delay(7)], ["At once", "1 day later", "7 days later"]);
    }
}
