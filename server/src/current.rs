//! The settings of the workspace, the custom fields and the rules of the segments as this process knows them: loaded at the start, and set
//! by the hub when they change.

use crate::zones;
use domain::{Change, ChangeId, Record, Snapshot, Workspace, Zone, fields::Fields, rule::SegmentRules};
use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicI64, Ordering},
};

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Current(Arc<Shared>);

#[derive(Default)]
struct Shared {
    known: RwLock<Known>,
    /// Which changes the custom fields contain.
    fields: Mutex<Contained>,
    as_of: AtomicI64,
}

/// The settings, the workspace's time zone, the definitions of custom fields, and the rules of the segments.
#[derive(Clone, Default)]
pub struct Known {
    pub workspace: Arc<Workspace>,
    pub zone: Arc<Zone>,
    pub fields: Arc<Fields>,
    /// As far as the log was followed; a read from the database takes them from there.
    pub segments: Arc<SegmentRules>,
}

/// The changes up to `as_of`, and these.
#[derive(Default)]
struct Contained {
    as_of: i64,
    pending: Vec<ChangeId>,
}

impl Current {
    pub fn get(&self) -> Known {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn zone(&self) -> Arc<Zone> {
        self.get().zone
    }

    /// Takes the settings unless newer ones are known. Returns whether the time zone changed.
    pub fn set(&self, workspace: &Workspace) -> bool {
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        // The default is taken over by what was read, whatever its revision.
        if known.workspace.revision > workspace.revision {
            return false;
        }
        let moved = known.workspace.time_zone != workspace.time_zone;
        (known.zone, known.workspace) = (zones::zone(&workspace.time_zone), Arc::new(workspace.clone()));
        moved
    }

    pub fn fields(&self) -> Arc<Fields> {
        self.get().fields
    }

    /// Takes all definitions of custom fields. Returns `false`, and takes none, when a change is known that they do not contain.
    pub fn set_fields(&self, read: Snapshot<Fields>) -> bool {
        let mut contained = self.0.fields.lock().unwrap_or_else(PoisonError::into_inner);
        if read.as_of < contained.as_of {
            return false;
        }
        *contained = Contained { as_of: read.as_of, pending: read.pending };
        self.0.known.write().unwrap_or_else(PoisonError::into_inner).fields = Arc::new(read.data);
        true
    }

    pub fn segments(&self) -> Arc<SegmentRules> {
        self.get().segments
    }

    /// Takes the rules of all segments. Changes that they contain already may follow: after the last of them, all is as it is.
    pub fn set_segments(&self, segments: SegmentRules) {
        self.0.known.write().unwrap_or_else(PoisonError::into_inner).segments = Arc::new(segments);
    }

    fn take_segment(&self, change: &Change) {
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        match (&change.before, &change.after) {
            (_, Some(Record::Segment(segment))) => Arc::make_mut(&mut known.segments).set(segment.id, &segment.name, &segment.rule),
            (Some(Record::Segment(gone)), None) => Arc::make_mut(&mut known.segments).remove(gone.id),
            _ => {}
        }
    }

    /// Takes what the change `seq` of the log says of the settings, of a custom field, unless it is contained, or of a segment.
    pub fn take(&self, change: &Change, seq: i64) {
        let edit = |fields: &Fields| match (&change.before, &change.after) {
            (_, Some(Record::Field(field))) => Some(fields.with(field)),
            (Some(Record::Field(gone)), None) => Some(fields.without(gone.id)),
            _ => None,
        };
        if let Some(Record::Workspace(workspace)) = &change.after {
            self.set(workspace);
        }
        if matches!(change.record(), Some(Record::Segment(_))) {
            self.take_segment(change);
        }
        let mut contained = self.0.fields.lock().unwrap_or_else(PoisonError::into_inner);
        if seq <= contained.as_of || contained.pending.contains(&change.id) {
            return;
        }
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(fields) = edit(&known.fields) {
            (known.fields, contained.as_of) = (Arc::new(fields), seq);
        }
    }

    /// The changes up to `seq` are taken.
    pub fn seen(&self, seq: i64) {
        self.0.as_of.store(seq, Ordering::Release);
    }

    /// The settings, as of a change of the log that they contain.
    pub fn as_of(&self) -> (i64, Known) {
        // In this order: what changes in between is contained, too.
        let as_of = self.0.as_of.load(Ordering::Acquire);
        (as_of, self.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ActorRef, FieldId, Op, Timestamp, fields::NewField};
    use uuid::Uuid;

    fn change(id: u128, before: Option<&str>, after: Option<&str>) -> Change {
        let field = |label: &str| {
            let new = NewField { label: label.to_owned(), ..NewField::default() };
            Record::Field(Box::new(new.into_field(FieldId(Uuid::nil()), 1, Timestamp(1)).unwrap()))
        };
        let (before, after) = (before.map(field), after.map(field));
        let (at, who) = (Timestamp(1), ActorRef::System);
        Change { id: ChangeId(Uuid::from_u128(id)), seq: None, at, who, origin: None, on_behalf_of: None, op: Op::Update, before, after }
    }

    #[test]
    fn what_the_read_contains_is_not_taken_again() {
        let current = Current::default();
        let labels = || current.fields().iter().map(|field| field.label.clone()).collect::<Vec<_>>();
        let read = |as_of, pending| Snapshot { as_of, pending, data: Fields::default() };
        // The field is deleted by the changes 9 and, without a number yet, 11.
        let [edited, deleted] = [change(1, Some("Plan"), Some("Tier")), change(2, Some("Tier"), None)];
        assert!(current.set_fields(read(9, vec![edited.id, deleted.id])));
        current.take(&change(3, None, Some("Plan")), 9);
        current.take(&edited, 10);
        assert_eq!(labels(), [""; 0], "the follower of the log is behind");
        current.take(&deleted, 11);
        current.take(&change(4, None, Some("Plan")), 12);
        assert_eq!(labels(), ["Plan"], "defined anew");
        assert!(!current.set_fields(read(11, Vec::new())), "an older read");
        assert_eq!(labels(), ["Plan"]);
        assert!(current.set_fields(read(12, Vec::new())));
        assert_eq!(labels(), [""; 0]);
    }
}
