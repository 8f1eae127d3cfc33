//! What counts as contacting a lead; the only place that defines it. A connection request, a message or a call of ours is a contact. What the
//! lead does, a plain note and a message that is still a draft are none.

use super::{Connection, Lead, MessageStatus, Outreach, Status};
use crate::{Timestamp, campaigns::Task};

/// Activities outside of Linnet that are contacts.
const ACTIVITIES: [&str; 2] = ["connection_request_sent", "message_sent"];

impl Lead {
    /// Sets the time of the last contact, unless a person has set a later one.
    pub fn contacted(&mut self, at: Timestamp) {
        self.last_contacted_at = self.last_contacted_at.max(Some(at));
    }
}

/// An edit that says that a request was sent, or that a pending lead is contacted.
pub(super) fn is_edit(before: &Lead, after: &Lead) -> bool {
    let requested = before.connection != after.connection && after.connection == Connection::RequestSent;
    requested || (before.status, after.status) == (Status::Pending, Status::Contacted)
}

pub(crate) fn is_task(task: Task) -> bool {
    matches!(task, Task::SendRequest | Task::FollowUp)
}

impl Outreach {
    pub fn is_contact(&self) -> bool {
        match self {
            Self::Message { status, .. } => *status != MessageStatus::Draft,
            Self::Activity { what, .. } => ACTIVITIES.contains(&what.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        LeadId,
        leads::{LeadEdit, MessageKind, NewLead},
    };

    fn lead() -> Lead {
        let new = NewLead { name: "Ana".into(), email: "ana@b.example".into(), ..NewLead::default() };
        new.check().unwrap().into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1))
    }

    fn edited(lead: &Lead, json: &str, now: i64) -> Option<i64> {
        let edit = LeadEdit::set(serde_json::from_str(json).unwrap());
        edit.apply(lead, Timestamp(now)).unwrap().unwrap().last_contacted_at.map(|at| at.0)
    }

    #[test]
    fn what_we_do_is_a_contact_and_what_the_lead_does_is_none() {
        assert_eq!(lead().last_contacted_at, None);
        let requested = Task::SendRequest.apply(&lead(), None, Timestamp(2)).unwrap();
        let connected = Task::Accept.apply(&requested, None, Timestamp(3)).unwrap();
        let written = Task::FollowUp.apply(&connected, None, Timestamp(4)).unwrap();
        let at = [&requested, &connected, &written].map(|lead| lead.last_contacted_at.map(|at| at.0));
        assert_eq!(at, [Some(2), Some(2), Some(4)]);

        assert_eq!(edited(&lead(), r#"{"status":"contacted"}"#, 5), Some(5));
        assert_eq!(edited(&lead(), r#"{"connection":"request_sent"}"#, 5), Some(5));
        assert_eq!(edited(&lead(), r#"{"status":"responded","connection":"request_received","stage":"Negotiation"}"#, 5), None);
        assert_eq!(
            edited(&lead(), r#"{"status":"contacted","lastContactedAt":"1970-01-01T00:00:00.000003Z"}"#, 5),
            Some(3),
            "a person knows"
        );
        assert_eq!(edited(&written, r#"{"lastContactedAt":null}"#, 5), None);
        let later = Lead { last_contacted_at: Some(Timestamp(90)), ..connected };
        assert_eq!(Task::FollowUp.apply(&later, None, Timestamp(6)).unwrap().last_contacted_at, Some(Timestamp(90)));

        let message = |status| Outreach::Message { message_kind: MessageKind::Email, subject: None, status, campaign_id: None };
        let activity = |what: &str| Outreach::Activity { what: what.to_owned(), metadata: None, campaign_id: None };
        assert!(message(MessageStatus::Sent).is_contact() && activity("message_sent").is_contact());
        assert!(!message(MessageStatus::Draft).is_contact() && !activity("message_replied").is_contact());
    }
}
