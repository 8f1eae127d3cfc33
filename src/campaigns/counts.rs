//! A campaign's counters: sums over its enrolments, moved with each of them in the same transaction.
//!
//! Kept sums instead of an aggregate at each reading: a list of campaigns costs no scan of a million enrolments, it can be ordered by
//! them, and the change that carries an enrolment carries its campaign's counts too, in the log's order. `of` is the recount they must equal.

use super::Enrolment;
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
    pub fn of<'e>(enrolments: impl IntoIterator<Item = &'e Enrolment>) -> Self {
        let mut counts = Self::default();
        for enrolment in enrolments {
            counts.add(enrolment, 1);
        }
        counts
    }

    /// The counts after an enrolment came (`None` before), changed, or went (`None` after).
    #[must_use]
    pub fn moved(mut self, before: Option<&Enrolment>, after: Option<&Enrolment>) -> Self {
        for (enrolment, sign) in [(before, -1), (after, 1)] {
            if let Some(enrolment) = enrolment {
                self.add(enrolment, sign);
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

    fn add(&mut self, enrolment: &Enrolment, sign: i64) {
        let has = |fact: Option<_>| if fact.is_some() { sign } else { 0 };
        self.total_leads += sign;
        self.requests_sent += has(enrolment.requested_at);
        self.connected += has(enrolment.connected_at);
        self.messages_sent += sign * enrolment.messages;
        self.contacted += if enrolment.is_contacted() { sign } else { 0 };
        self.replied += has(enrolment.replied_at);
        self.successful_leads += has(enrolment.succeeded_at);
        self.finished += has(enrolment.finished_at);
        self.stand(enrolment.step, sign);
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
