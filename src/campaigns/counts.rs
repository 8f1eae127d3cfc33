//! A campaign's counters: sums over its enrollments, updated in the same transaction as the enrollment.
//!
//! Stored sums instead of an aggregate at each read: a list of campaigns needs no scan of a million enrollments, it can be sorted by the
//! counters, and the counters come in the same order of the log as the enrollments. `Counts::of` is the recount that they must equal.

use super::Enrollment;
use crate::figures::ratio;
use serde::{Deserialize, Serialize};

/// Counters of one campaign. All are numbers of leads, except `messages_sent`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    pub total_leads: i64,
    /// Connection requests sent.
    pub requests_sent: i64,
    /// Leads that became connected while in the campaign.
    pub connected: i64,
    /// Messages and calls done by hand.
    pub messages_sent: i64,
    /// Leads that were sent a request, written to or called, or that replied, while in the campaign.
    pub contacted: i64,
    pub replied: i64,
    /// Leads that converted while in the campaign.
    pub successful_leads: i64,
    /// Leads that completed every step.
    pub finished: i64,
    /// `standing[n]` = enrolled leads that have completed `n` steps. Without trailing zeros.
    pub standing: Vec<i64>,
}

impl Counts {
    /// The counters of these enrollments, counted anew.
    pub fn of<'e>(enrollments: impl IntoIterator<Item = &'e Enrollment>) -> Self {
        let mut counts = Self::default();
        for enrollment in enrollments {
            counts.add(enrollment, 1);
        }
        counts
    }

    /// The counts after an enrollment was created (`before` is `None`), changed, or deleted (`after` is `None`).
    #[must_use]
    pub fn moved(mut self, before: Option<&Enrollment>, after: Option<&Enrollment>) -> Self {
        for (enrollment, sign) in [(before, -1), (after, 1)] {
            if let Some(enrollment) = enrollment {
                self.add(enrollment, sign);
            }
        }
        self
    }

    /// The counts after `count` leads were enrolled that have completed no step.
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

    /// Adds `count` leads that have completed `step` steps.
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

    /// Number of leads whose next step is this one (`position` from 1).
    pub fn waiting(&self, position: i64) -> i64 {
        let before = usize::try_from(position - 1).unwrap_or_default();
        self.standing.get(before).copied().unwrap_or_default()
    }

    /// Number of leads that have completed this step (`position` from 1).
    pub fn reached(&self, position: i64) -> i64 {
        self.standing.iter().skip(usize::try_from(position).unwrap_or_default()).sum()
    }

    /// Replied per contacted leads, in hundredths of a percent, rounded. The SQL computes it in the same way.
    pub fn response_rate(&self) -> i64 {
        ratio(self.replied, self.contacted, 10_000)
    }

    /// Completed steps and total steps, summed over all leads, for a sequence of `steps` steps.
    pub fn progress(&self, steps: i64) -> (i64, i64) {
        let done = self.standing.iter().zip(0_i64..).map(|(leads, step)| leads * step.min(steps)).sum();
        (done, self.total_leads * steps)
    }
}
