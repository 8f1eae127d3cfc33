//! The input of a rule: a lead with the values that are stored in other tables.

use crate::{CampaignId, Timestamp, campaigns::Enrollment, leads::Lead};
use std::sync::OnceLock;

/// A lead with its enrollments, for matchers. Use one value for many rules on the same lead: its search text is folded only once.
pub struct Facts<'a> {
    pub lead: &'a Lead,
    pub(super) enrollments: &'a [EnrollmentFacts],
    search: OnceLock<String>,
}

/// The values of one enrollment that rules can test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrollmentFacts {
    pub campaign_id: CampaignId,
    pub replied_at: Option<Timestamp>,
}

impl<'a> Facts<'a> {
    /// `enrollments` are those of campaigns that exist. They may be empty for rules that do not test enrollments.
    pub fn new(lead: &'a Lead, enrollments: &'a [EnrollmentFacts]) -> Self {
        Self { lead, enrollments, search: OnceLock::new() }
    }

    /// The text that a search tests.
    pub(super) fn search_text(&self) -> &str {
        self.search.get_or_init(|| self.lead.search_text())
    }
}

impl From<&Enrollment> for EnrollmentFacts {
    fn from(enrollment: &Enrollment) -> Self {
        Self { campaign_id: enrollment.campaign_id, replied_at: enrollment.replied_at }
    }
}
