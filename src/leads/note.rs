//! Notes on a lead, and the permissions to edit and delete them.

use super::{LEAD_MAX, NOTES_MAX, Outreach};
use crate::{
    Actor, ActorRef, CampaignId, ChangeId, Error, LeadId, Op, Permission, Recorded, Result, Timestamp,
    activity::{ActivityKind, Names, Word},
    id::ids,
    record::Concerned,
    text::clean,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

ids!(NoteId);

/// A note on a lead.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: NoteId,
    pub lead_id: LeadId,
    pub body: String,
    /// Name of the author when it was written.
    pub author: String,
    /// The author. `None` for old notes whose creation the log no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<ActorRef>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// The message or activity whose text it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outreach: Option<Outreach>,
}

/// A new note, and its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedNote {
    pub note: Note,
    pub change: ChangeId,
}

/// A note that holds a message, with parts of its lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadMessage {
    pub note: Note,
    pub lead_name: String,
    pub company: Option<String>,
}

/// An edited note, and the change for undo; `None` when the text was the same.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedNote {
    #[serde(flatten)]
    pub note: Note,
    pub undo: Option<ChangeId>,
}

impl Recorded for Note {
    fn id(&self) -> Uuid {
        self.id.0
    }

    fn lead_id(&self) -> Option<LeadId> {
        Some(self.lead_id)
    }

    fn campaign_id(&self) -> Option<CampaignId> {
        self.outreach.as_ref().and_then(Outreach::campaign_id)
    }

    fn said(&self, op: Op, names: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        let (kind, verb) = match op {
            Op::Delete => (ActivityKind::Deleted, "deleted a note on"),
            Op::Restore => (ActivityKind::Restored, "restored a note on"),
            Op::Update => (ActivityKind::Noted, "edited a note on"),
            Op::Create | Op::Bulk => (ActivityKind::Noted, self.outreach.as_ref().map_or("wrote a note on", Outreach::verb)),
        };
        Some((kind, verb, names.lead(self.lead_id)))
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

impl Note {
    /// Cleans and checks the text of a note.
    ///
    /// # Errors
    /// `Invalid` on `body` when it is empty or too long.
    pub fn check_body(body: &str) -> Result<String> {
        let body = clean(body);
        if body.is_empty() {
            return Err(Error::invalid("body", "Write the note first"));
        }
        if body.chars().count() > NOTES_MAX || body.len() > LEAD_MAX {
            return Err(Error::invalid("body", format!("A note has at most {NOTES_MAX} characters and {} kB; split it", LEAD_MAX / 1000)));
        }
        Ok(body)
    }

    /// A note can be edited only by its author.
    pub fn may_be_edited_by(&self, actor: &Actor) -> bool {
        actor.may(Permission::WriteLeads) && self.written_by.as_ref().is_some_and(|author| author.is(&actor.who))
    }

    /// A note can be deleted by its author, and by roles with `DeleteOthersNotes`.
    pub fn may_be_deleted_by(&self, actor: &Actor) -> bool {
        actor.may(Permission::DeleteOthersNotes) || self.may_be_edited_by(actor)
    }

    /// # Errors
    /// `Forbidden`, naming who may.
    pub fn require_edit(&self, actor: &Actor) -> Result<()> {
        if self.may_be_edited_by(actor) {
            return Ok(());
        }
        Err(Error::Forbidden(format!("Only {}, who wrote this note, can edit it. Add a note of your own instead", self.author)))
    }

    /// # Errors
    /// `Forbidden`, naming who may.
    pub fn require_delete(&self, actor: &Actor) -> Result<()> {
        if self.may_be_deleted_by(actor) {
            return Ok(());
        }
        Err(Error::Forbidden(format!("Only {}, who wrote this note, and managers can delete it", self.author)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Role, UserId};
    use uuid::Uuid;

    #[test]
    fn a_note_of_the_old_log_is_readable_and_nobodys() {
        let nil = Uuid::nil();
        let old = format!(r#"{{"id":"{nil}","lead_id":"{nil}","body":"x","author":"Mia","created_at":"2026-11-21T09:30:00.000Z"}}"#);
        let note: Note = serde_json::from_str(&old).unwrap();
        let mia = Actor { who: ActorRef::User { id: UserId(nil), name: "Mia".into() }, role: Role::Member, ..Actor::system() };
        assert!(!note.may_be_edited_by(&mia) && !note.may_be_deleted_by(&mia));
        let manager = Actor { role: Role::Manager, ..mia.clone() };
        assert!(!note.may_be_edited_by(&manager) && note.may_be_deleted_by(&manager));
        let mine = Note { written_by: Some(mia.who.clone()), ..note };
        assert!(mine.may_be_edited_by(&mia) && mine.may_be_deleted_by(&mia));
        let viewer = Actor { role: Role::Viewer, ..mia };
        assert!(!mine.may_be_edited_by(&viewer) && !mine.may_be_deleted_by(&viewer), "no longer");
    }
}
