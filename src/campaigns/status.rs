//! Status of a campaign, and the table of its transitions.

use crate::{Error, Result, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    CampaignStatus, "status", default Draft {
        Draft = "draft", "Draft";
        Active = "active", "Active";
        Paused = "paused", "Paused";
        Completed = "completed", "Completed";
        Cancelled = "cancelled", "Stopped";
    }
}

words! {
    CampaignAction, "action", default Start {
        Start = "start", "Start";
        Pause = "pause", "Pause";
        Resume = "resume", "Resume";
        Complete = "complete", "Complete";
        Cancel = "cancel", "Stop";
        Reopen = "reopen", "Reopen";
    }
}

use CampaignAction::{Cancel, Complete, Pause, Reopen, Resume, Start};
use CampaignStatus::{Active, Cancelled, Completed, Draft, Paused};

/// All transitions: status before, action, status after.
const TRANSITIONS: &[(CampaignStatus, CampaignAction, CampaignStatus)] = &[
    (Draft, Start, Active),
    (Draft, Cancel, Cancelled),
    (Active, Pause, Paused),
    (Active, Complete, Completed),
    (Active, Cancel, Cancelled),
    (Paused, Resume, Active),
    (Paused, Complete, Completed),
    (Paused, Cancel, Cancelled),
    (Completed, Reopen, Paused),
    (Cancelled, Reopen, Paused),
];

impl CampaignStatus {
    /// It has ended: nothing changes unless it is reopened.
    pub fn is_over(self) -> bool {
        matches!(self, Completed | Cancelled)
    }

    /// It runs or can resume, so that enrollments follow their leads. Drafts and ended campaigns stay unchanged.
    pub fn is_live(self) -> bool {
        matches!(self, Active | Paused)
    }

    /// The possible actions.
    pub fn actions(self) -> impl Iterator<Item = CampaignAction> {
        TRANSITIONS.iter().filter(move |(from, ..)| *from == self).map(|(_, action, _)| *action)
    }

    /// # Errors
    /// `Conflict`, naming the possible actions.
    pub fn after(self, action: CampaignAction) -> Result<Self> {
        let to = TRANSITIONS.iter().find(|(from, does, _)| (*from, *does) == (self, action)).map(|(.., to)| *to);
        to.ok_or_else(|| self.refuse(action.label()))
    }

    /// Whether an edit may set `to`.
    ///
    /// # Errors
    /// `Conflict`, naming the possible actions.
    pub fn transition(self, to: Self) -> Result<Self> {
        let found = TRANSITIONS.iter().any(|(from, _, end)| (*from, *end) == (self, to));
        if found || self == to { Ok(to) } else { Err(self.refuse(to.label())) }
    }

    fn refuse(self, what: &str) -> Error {
        let allowed: Vec<_> = self.actions().map(CampaignAction::label).collect();
        Error::Conflict(format!(
            "“{what}” is not possible now: the campaign is {}. Possible: {}",
            self.label().to_lowercase(),
            allowed.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_can_only_be_reopened_and_every_refusal_says_what_is_possible() {
        for status in CampaignStatus::ALL {
            for action in CampaignAction::ALL {
                match status.after(*action) {
                    Ok(to) => assert_eq!((status.transition(to), *status == to), (Ok(to), false)),
                    Err(Error::Conflict(text)) => {
                        assert!(status.actions().all(|one| one != *action && text.contains(one.label())), "{text}");
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(CampaignStatus::ALL.iter().filter(|status| status.is_over()).count(), 2);
        assert_eq!(Draft.after(Start), Ok(Active));
        assert!(Draft.transition(Completed).is_err());
        assert!(Completed.transition(Active).is_err());
        assert_eq!(Completed.actions().chain(Cancelled.actions()).collect::<Vec<_>>(), [Reopen, Reopen]);
        assert_eq!([Completed.after(Reopen), Cancelled.after(Reopen)], [Ok(Paused), Ok(Paused)]);
    }
}
