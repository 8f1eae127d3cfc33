//! A campaign's counters: sums over its enrollments, moved with each of them in the same transaction.
//!
//! Kept sums instead of an aggregate at each reading: a list of campaigns costs no scan of a million enrollments, it can be ordered by
//! them, and the change that carries an enrollment carries its campaign's counts too, in the log's order. `of` is the recount they must equal.

use super::Enrollment;
use crate::figures::ratio;
use serde::{Deserialize, Serialize};

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    pub total_leads: i64,
    /// Connection requests sent.
    pub requests_sent: i64,
    /// Connections made while in the campaign.
    pub connected: i64,
    /// Messages and calls done by hand.
    pub messages_sent: i64,
    /// Asked, written to, called, or replied while in the campaign.
    pub contacted: i64,
    pub replied: i64,
    /// Converted while in the campaign.
    pub successful_leads: i64,
    /// Done with every step.
    pub finished: i64,
    /// How many stand after so many steps: the first have not begun. Without zeros at the end.
    pub standing: Vec<i64>,
}

impl Counts {
    pub fn of<'e>(enrollments: impl IntoIterator<Item = &'e Enrollment>) -> Self {
        let mut counts = Self::default();
        for enrollment in enrollments {
            counts.add(enrollment, 1);
        }
        counts
    }

    /// The counts after an enrollment came (`None` before), changed, or went (`None` after).
    #[must_use]
    pub fn moved(mut self, before: Option<&Enrollment>, after: Option<&Enrollment>) -> Self {
        for (enrollment, sign) in [(before, -1), (after, 1)] {
            if let Some(enrollment) = enrollment {
                self.add(enrollment, sign);
            }
        }
        self
    }

    /// The counts after `count` leads came in that have done nothing yet.
    #[must_use]
    pub fn joined(mut self, count: i64) -> Self {
        self.total_leads += count;
        self.stand(0, count);
        self
    }

    fn add(&mut self, enrollment: &Enrollment, sign: i64) {
        let has = |fact: Option<_>| if fact.is_some() { sign } else { 0 };
        self.total_leads += sign;
        self.requests_sent += has(enrollment.requested_at);
        self.connected += has(enrollment.connected_at);
        self.messages_sent += sign * enrollment.messages;
        self.contacted += if enrollment.is_contacted() { sign } else { 0 };
        self.replied += has(enrollment.replied_at);
        self.successful_leads += has(enrollment.succeeded_at);
        self.finished += has(enrollment.finished_at);
        self.stand(enrollment.step, sign);
    }

    /// `count` more stand after `step`.
    pub fn stand(&mut self, step: i64, count: i64) {
        let step = usize::try_from(step).unwrap_or_default();
        if self.standing.len() <= step {
            self.standing.resize(step + 1, 0);
        }
        self.standing[step] += count;
        while self.standing.last() == Some(&0) {
            self.standing.pop();
        }
    }

    /// How many come to this step next, by its position from 1.
    pub fn waiting(&self, position: i64) -> i64 {
        let before = usize::try_from(position - 1).unwrap_or_default();
        self.standing.get(before).copied().unwrap_or_default()
    }

    /// How many have done this step, by its position from 1.
    pub fn reached(&self, position: i64) -> i64 {
        self.standing.iter().skip(usize::try_from(position).unwrap_or_default()).sum()
    }

    /// Hundredths of a percent: leads that replied, of those contacted, rounded. The databases divide the same way.
    pub fn response_rate(&self) -> i64 {
        ratio(self.replied, self.contacted, 10_000)
    }

    /// Steps that leads have done, and steps there are for all of them together, in a sequence of `steps`.
    pub fn progress(&self, steps: usize) -> (i64, i64) {
        let of_each = steps as i64;
        let done = self.standing.iter().zip(0_i64..).map(|(leads, step)| leads * step.min(of_each)).sum();
        (done, self.total_leads * of_each)
    }
}
