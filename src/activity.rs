//! Activities: changes of the log as plain sentences. They are computed from changes and never stored.

mod sentence;

pub use sentence::Names;

use crate::{
    ActorRef, CampaignId, ChangeId, Error, ImportId, LeadId, Moment, Result, SegmentId, Timestamp,
    campaigns::CampaignAction,
    leads::{Note, Stage},
    text::fold,
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Longest search, in characters.
pub const SEARCH_MAX: usize = 200;

/// One entry of the activity log.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Id of the change it was made from.
    pub id: ChangeId,
    pub seq: i64,
    pub at: Timestamp,
    pub who: ActorRef,
    pub kind: ActivityKind,
    /// The sentence with its subject, in parts to concatenate as they are.
    pub words: Vec<Word>,
    /// A new note that holds a message or an activity, for lists on the server, while it stands as it was written. A large text is a
    /// reference (`text_ref`).
    #[serde(skip)]
    pub note: Option<Note>,
}

/// What kind of thing happened; decides the icon and colour in a list.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    Added,
    Edited,
    Moved(Stage),
    Noted,
    Ordered,
    Deleted,
    Restored,
    Imported,
    Exported,
    /// A campaign was started, paused …
    Turned(CampaignAction),
    Enrolled,
    Requested,
    Connected,
    Wrote,
    Replied,
    Converted,
    Stopped,
    Finished,
    /// Many leads at once.
    Many,
    /// People and keys.
    Access,
    Failed,
}

/// A part of a sentence.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    pub text: String,
    /// A name or a value, to be emphasised.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strong: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Link>,
}

/// The page that a word links to.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    Lead(LeadId),
    Campaign(CampaignId),
    Import(ImportId),
    Segment(SegmentId),
}

impl Word {
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), strong: false, to: None }
    }

    pub fn strong(text: impl Into<String>) -> Self {
        Self { text: text.into(), strong: true, to: None }
    }

    pub fn link(text: impl Into<String>, to: Link) -> Self {
        Self { text: text.into(), strong: true, to: Some(to) }
    }
}

impl Activity {
    /// The sentence as plain text.
    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect()
    }

    /// Whether the sentence contains `search`, which is already folded.
    pub fn matches(&self, search: &str) -> bool {
        search.is_empty() || fold(&self.text()).contains(search)
    }
}

words! {
    /// How far back a list of activities goes.
    Period, "period", default Week {
        Today = "today", "Today";
        Week = "week", "Week";
        Month = "month", "Month";
    }
}

impl Period {
    /// The start of its first day; its last one is today.
    pub fn since(self, at: &Moment) -> Timestamp {
        let days = match self {
            Self::Today => 1,
            Self::Week => 7,
            Self::Month => 30,
        };
        at.start(at.today() + 1 - days)
    }
}

/// Query for a page of activities: period, search, campaign, position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityQuery {
    pub period: Period,
    /// Text that the sentence contains; empty for all.
    pub search: String,
    /// Only the activities of this campaign.
    pub campaign: Option<CampaignId>,
    /// Only activities with a smaller `seq`: `next` of the previous page.
    pub before: Option<i64>,
    /// Page size, 1–200.
    pub limit: u32,
}

impl Default for ActivityQuery {
    fn default() -> Self {
        Self { period: Period::default(), search: String::new(), campaign: None, before: None, limit: 50 }
    }
}

/// One page of activities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityPage {
    /// Newest first.
    pub activities: Vec<Activity>,
    /// `before` for the next page; `None` when the beginning of the period is reached.
    pub next: Option<i64>,
    /// Set when a search stopped at its limit per request: changes older than this have not been searched yet.
    pub looked_to: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::tests::known;
    use std::sync::Arc;

    #[test]
    fn a_period_begins_with_a_day_of_the_zone() {
        let since = |zone: &str, now: &str, period: Period| {
            let at = Moment { now: now.parse().unwrap(), zone: Arc::new(known(zone).1) };
            period.since(&at).to_string()
        };
        assert_eq!(since("UTC", "2026-11-21T00:00:00Z", Period::Today), "2026-11-21T00:00:00.000Z");
        assert_eq!(since("Asia/Kolkata", "2026-11-21T18:29:59Z", Period::Today), "2026-11-20T18:30:00.000Z");
        // Six days before, clocks showed another hour, and midnight was left out.
        assert_eq!(since("America/Santiago", "2026-09-12T12:00:00Z", Period::Week), "2026-09-06T04:00:00.000Z");
        assert_eq!(since("America/Santiago", "2026-09-12T12:00:00Z", Period::Month), "2026-08-14T04:00:00.000Z");
    }
}
