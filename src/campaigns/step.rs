//! A step of a sequence, and the starter sequence of new campaigns.

use super::placeholder::check_placeholders;
use crate::{
    Error, FieldError, Result,
    id::ids,
    text::{clean, clean_line},
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fmt, str::FromStr};
use uuid::Uuid;

ids! {
    /// One step of a campaign's sequence.
    StepId,
}

/// Most steps of a campaign.
pub const STEPS_MAX: usize = 50;
/// Longest title, in characters.
const TITLE_MAX: usize = 200;
/// Longest text, in characters.
const CONTENT_MAX: usize = 10_000;
/// Largest size of a sequence, in bytes of UTF-8 over all its titles and texts. Each page of a campaign carries the whole sequence.
const SEQUENCE_MAX: usize = 100_000;
/// Longest delay, in days.
const DELAY_MAX: i64 = 365;

words! {
    /// Kind of a step. All kinds are worked by hand.
    StepKind, "kind", default FollowUpMessage {
        ConnectionRequest = "connection_request", "Connection request";
        FollowUpMessage = "follow_up_message", "Follow-up message";
        Email = "email", "E-mail";
        Call = "call", "Call";
    }
}

/// One step of a campaign's sequence.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Absent or nil for a new step; the server assigns the id.
    #[serde(default = "unnamed")]
    pub id: StepId,
    /// From 1; derived from the order in the list.
    #[serde(default)]
    pub position: i64,
    pub kind: StepKind,
    pub title: String,
    /// The text, with `{firstName}`, `{company}` and other `placeholders` in braces.
    #[serde(default)]
    pub content: String,
    /// Days after the previous step, or after the enrollment.
    #[serde(default)]
    pub delay_days: i64,
    /// An inactive step is skipped.
    #[serde(default = "on")]
    pub active: bool,
}

fn unnamed() -> StepId {
    StepId(Uuid::nil())
}

fn on() -> bool {
    true
}

/// Cleans the steps and numbers them in their order.
///
/// # Errors
/// `Invalid` on `steps` or `steps.<n>.<field>`, with `n` from 0.
pub(super) fn check_steps(mut steps: Vec<Step>) -> Result<Vec<Step>> {
    let mut errors = Vec::new();
    let mut wrong = |field: String, message: String| errors.push(FieldError::new(field, message));
    if steps.len() > STEPS_MAX {
        wrong("steps".to_owned(), format!("A campaign has at most {STEPS_MAX} steps"));
    }
    let mut seen = HashSet::new();
    for (at, step) in steps.iter_mut().enumerate() {
        step.position = at as i64 + 1;
        step.title = clean_line(&step.title);
        step.content = clean(&step.content);
        if step.title.is_empty() || step.title.chars().count() > TITLE_MAX {
            wrong(format!("steps.{at}.title"), format!("Enter a title of at most {TITLE_MAX} characters"));
        }
        if step.content.chars().count() > CONTENT_MAX {
            wrong(format!("steps.{at}.content"), format!("At most {CONTENT_MAX} characters; shorten it"));
        }
        if !(0..=DELAY_MAX).contains(&step.delay_days) {
            wrong(format!("steps.{at}.delayDays"), format!("Enter 0 to {DELAY_MAX} days"));
        }
        if !step.id.0.is_nil() && !seen.insert(step.id) {
            wrong(format!("steps.{at}.id"), "Two steps have this id; leave it out for a new step".to_owned());
        }
    }
    if errors.is_empty() { Ok(steps) } else { Err(Error::Invalid(errors)) }
}

/// Errors of the checked steps as a change from `before`: what was there already is accepted.
pub(super) fn check_change(steps: &[Step], before: &[Step]) -> Vec<FieldError> {
    let mut errors = check_placeholders(steps, before);
    errors.extend(too_large(steps, size(before)));
    errors
}

fn size(steps: &[Step]) -> usize {
    steps.iter().map(|step| step.title.len() + step.content.len()).sum()
}

/// The error, on the longest text, when the sequence is too large. One that was too large before is accepted if it does not grow.
fn too_large(steps: &[Step], before: usize) -> Option<FieldError> {
    let size = size(steps);
    if size <= SEQUENCE_MAX || size <= before {
        return None;
    }
    let (at, longest) = steps.iter().enumerate().max_by_key(|(_, step)| step.content.len())?;
    let kilo = |bytes: usize| bytes.div_ceil(1000);
    let message = format!(
        "The texts of a sequence hold at most {} kB in all, and these would hold {} kB; shorten this one, which takes {} kB",
        kilo(SEQUENCE_MAX),
        kilo(size),
        kilo(longest.content.len())
    );
    Some(FieldError::new(format!("steps.{at}.content"), message))
}

/// Assigns ids to the new steps.
pub(super) fn name_steps(steps: &mut [Step], mut new_id: impl FnMut() -> Uuid) {
    for step in steps.iter_mut().filter(|step| step.id.0.is_nil()) {
        step.id = StepId(new_id());
    }
}

/// A connection request on day 0, then two messages 3 and 7 days later.
pub fn starter_sequence() -> Vec<Step> {
    let step = |position, kind, title: &str, delay_days, content: &str| Step {
        id: unnamed(),
        position,
        kind,
        title: title.to_owned(),
        content: content.to_owned(),
        delay_days,
        active: true,
    };
    vec![
        step(
            1,
            StepKind::ConnectionRequest,
            "Connection Request",
            0,
            "Hi {firstName}, I follow what {company} does and would be glad to connect.",
        ),
        step(
            2,
            StepKind::FollowUpMessage,
            "Follow-up 1",
            3,
            "Thank you for connecting, {firstName}. How does {company} reach new customers today? I have an idea that may help.",
        ),
        step(
            3,
            StepKind::FollowUpMessage,
            "Follow-up 2",
            7,
            "Hi {firstName}, may I show you in fifteen minutes what companies like {company} have done? I am glad to work around your week.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(texts: usize, length: usize) -> Vec<Step> {
        (0..texts).map(|_| Step { content: "<".repeat(length), ..starter_sequence()[1].clone() }).collect()
    }

    #[test]
    fn a_sequence_is_bounded_as_a_whole() {
        assert_eq!(check_change(&sequence(9, 10_000), &[]), []);
        let errors = check_change(&sequence(11, 10_000), &[]);
        assert_eq!((errors.len(), errors[0].field.as_str()), (1, "steps.10.content"));
        assert!(errors[0].message.contains("100 kB"), "{}", errors[0].message);
        // A sequence from before the limit existed can be shortened step by step.
        let old = sequence(20, 10_000);
        assert_eq!(check_change(&old[1..], &old), []);
        assert_eq!(check_change(&sequence(20, 10_000), &old), []);
        assert_eq!(check_change(&sequence(21, 10_000), &old).len(), 1);
    }
}
