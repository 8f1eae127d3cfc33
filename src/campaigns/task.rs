//! Tasks that a person completes by hand, and their effect on the lead. Linnet sends nothing itself.

use super::{Enrollment, Step, StepKind};
use crate::{
    Error, Result, Timestamp,
    leads::{Connection, Lead, MESSAGE_SENT, Status, contact},
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    Task, "task", default SendRequest {
        SendRequest = "send-request", "Send connection request";
        Accept = "accept", "Accept";
        Decline = "decline", "Decline";
        FollowUp = "follow-up", "Send message";
    }
}

/// A lead after a task, with the enrollments that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDone {
    pub lead: Lead,
    pub enrollments: Vec<Enrollment>,
}

impl Task {
    /// The tasks that are possible with this connection.
    pub fn possible(connection: Connection) -> &'static [Self] {
        match connection {
            Connection::NotConnected => &[Self::SendRequest, Self::FollowUp],
            Connection::RequestSent | Connection::RequestReceived => &[Self::Accept, Self::Decline, Self::FollowUp],
            Connection::Connected => &[Self::FollowUp],
            Connection::DoNotContact => &[],
        }
    }

    /// The lead after the task. `step` is the campaign step that a follow-up completes.
    ///
    /// # Errors
    /// `Conflict`, naming the possible tasks.
    pub fn apply(self, lead: &Lead, step: Option<&Step>, now: Timestamp) -> Result<Lead> {
        let refuse = |why: &str| {
            let possible: Vec<_> = Self::possible(lead.connection).iter().map(|task| task.as_str()).collect();
            let instead = if possible.is_empty() { "nothing is".to_owned() } else { possible.join(", ") };
            Error::Conflict(format!("{self} is not possible: {} {why}; possible now: {instead}", lead.name))
        };
        if !Self::possible(lead.connection).contains(&self) {
            return Err(refuse(&format!("is {}", lead.connection.label().to_lowercase())));
        }
        // A message needs a connection; calls and e-mails do not.
        let message = step.is_none_or(|step| matches!(step.kind, StepKind::FollowUpMessage));
        if self == Self::FollowUp && message && lead.connection != Connection::Connected {
            return Err(refuse("is not connected yet"));
        }
        let mut after = lead.clone();
        after.revision += 1;
        after.updated_at = now;
        after.last_activity_at = now;
        if contact::is_task(self) {
            after.contacted(now);
        }
        // The status never moves backwards.
        let at_least = |status: Status| if status > lead.status { status } else { lead.status };
        (after.connection, after.status, after.last_activity) = match self {
            Self::SendRequest => (Connection::RequestSent, at_least(Status::Contacted), "Connection request sent".to_owned()),
            // Someone who sent us a request has responded by that; someone who accepted ours has not responded yet.
            Self::Accept if lead.connection == Connection::RequestReceived => {
                (Connection::Connected, at_least(Status::Responded), "Connection request accepted".to_owned())
            }
            Self::Accept => (Connection::Connected, at_least(Status::Contacted), "Connection request accepted".to_owned()),
            Self::Decline => (Connection::NotConnected, lead.status, "Connection request declined".to_owned()),
            Self::FollowUp => {
                let what = step.map_or_else(|| MESSAGE_SENT.to_owned(), |step| format!("{} done", step.title));
                (lead.connection, at_least(Status::Contacted), what)
            }
        };
        Ok(after)
    }

    /// The enrollment after the task. It follows the lead; a follow-up and a refusal change more than the lead shows. `step` is the step of
    /// this enrollment's campaign that a follow-up completed.
    pub fn advance(
        self,
        enrollment: Enrollment,
        steps: &[Step],
        step: Option<&Step>,
        before: &Lead,
        after: &Lead,
        now: Timestamp,
    ) -> Enrollment {
        match (self, step) {
            (Self::Decline, _) => enrollment.declined(now),
            (Self::FollowUp, Some(step)) => enrollment.follow(steps, before, after, now).done(step, steps, after.connection, now),
            _ => enrollment.follow(steps, before, after, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CampaignId, LeadId, StepId,
        campaigns::{Counts, EnrollmentState, starter_sequence},
        leads::NewLead,
    };
    use uuid::Uuid;

    fn lead() -> Lead {
        let new = NewLead { name: "Ana".into(), email: "ana@b.example".into(), ..NewLead::default() };
        new.check().unwrap().into_lead(LeadId(Uuid::from_u128(1)), Timestamp(1))
    }

    #[test]
    fn a_lead_goes_through_the_starter_sequence() {
        let mut steps = starter_sequence();
        for step in &mut steps {
            step.id = StepId(Uuid::from_u128(step.position as u128));
        }
        let new = Enrollment::new(CampaignId(Uuid::from_u128(2)), LeadId(Uuid::from_u128(1)), Timestamp(1));
        let before = lead();
        let requested = Task::SendRequest.apply(&before, None, Timestamp(2)).unwrap();
        assert_eq!((requested.connection, requested.status), (Connection::RequestSent, Status::Contacted));
        let asked = new.clone().follow(&steps, &before, &requested, Timestamp(2));
        assert_eq!((asked.step, asked.state, asked.requested_at), (1, EnrollmentState::Requested, Some(Timestamp(2))));
        assert_eq!(asked.due_at(&steps, requested.connection), Some(Timestamp(2).plus_days(3)));
        assert_eq!(asked.clone().follow(&steps, &requested, &before, Timestamp(3)).state, EnrollmentState::Pending, "taken back");

        assert!(matches!(Task::FollowUp.apply(&requested, None, Timestamp(3)), Err(Error::Conflict(_))), "nobody to write to yet");
        let friend = Task::Accept.apply(&requested, None, Timestamp(3)).unwrap();
        let connected = asked.clone().follow(&steps, &requested, &friend, Timestamp(3));
        assert_eq!((connected.step, connected.state), (1, EnrollmentState::Connected));
        let mut last = connected;
        for at in [1, 2] {
            last = last.clone().done(last.next(&steps, friend.connection).unwrap(), &steps, friend.connection, Timestamp(3 + at));
        }
        assert_eq!((last.step, last.state, last.messages), (3, EnrollmentState::Finished, 2));
        assert_eq!(last.next(&steps, friend.connection), None);
        assert_eq!(new.next(&steps, friend.connection).map(|step| step.position), Some(2), "connected already");
        assert_eq!(Counts::of([&last]).standing, [0, 0, 0, 1]);

        let stopped = asked.declined(Timestamp(9));
        assert_eq!(
            (stopped.state, stopped.requested_at, stopped.next(&steps, Connection::NotConnected)),
            (EnrollmentState::Stopped, Some(Timestamp(2)), None)
        );
    }

    /// Older records hold the position of a step instead of its id; others may name a step that was removed since.
    #[test]
    fn an_enrollment_is_placed_in_the_sequence_of_today() {
        let mut steps = starter_sequence();
        for step in &mut steps {
            step.id = StepId(Uuid::from_u128(step.position as u128));
        }
        let new = Enrollment::new(CampaignId(Uuid::from_u128(2)), LeadId(Uuid::from_u128(1)), Timestamp(1));
        let mut old = serde_json::to_value(Enrollment { step: 2, ..new.clone() }).unwrap();
        assert!(old.as_object_mut().unwrap().remove("stepId").is_none());
        let place = |enrollment: Enrollment, steps: &[Step]| {
            let placed = enrollment.placed(steps);
            (placed.step_id.map(|id| id.0.as_u128()), placed.step)
        };
        assert_eq!(place(serde_json::from_value(old).unwrap(), &steps), (Some(2), 2));
        assert_eq!(place(new.clone(), &steps), (None, 0));
        let second = new.done(&steps[1], &steps, Connection::Connected, Timestamp(2));
        let moved = [&steps[2], &steps[1]].map(Clone::clone);
        let moved: Vec<Step> = moved.into_iter().zip(1..).map(|(step, position)| Step { position, ..step }).collect();
        assert_eq!(place(second.clone(), &moved), (Some(2), 2));
        assert_eq!(second.next(&moved, Connection::Connected), None);
        assert_eq!(place(second.clone(), &steps[..1]), (Some(1), 1), "it was removed");
        assert_eq!(place(second, &[]), (None, 0));
    }

    #[test]
    fn what_is_not_possible_names_what_is() {
        let request = Task::Accept.apply(&lead(), None, Timestamp(2));
        assert!(matches!(&request, Err(Error::Conflict(text)) if text.contains("send-request")), "{request:?}");
        let never = Lead { connection: Connection::DoNotContact, ..lead() };
        assert!(Task::ALL.iter().all(|task| task.apply(&never, None, Timestamp(2)).is_err()));
        let converted = Lead { status: Status::Converted, connection: Connection::RequestReceived, ..lead() };
        assert_eq!(Task::Accept.apply(&converted, None, Timestamp(2)).unwrap().status, Status::Converted);
    }
}
