//! Undo images of a bulk write: each lead's values before and after.
//! The set is an import or a bulk action, identified by its id.

use super::{
    commit::{EnrollmentChange, LogMode, Write, commit},
    rows::{BATCH_BYTES, lock_batch},
    sql::{self, WRITES},
};
use crate::store::{self, Tx, Value};
use domain::{
    Error, LeadId, Result, Timestamp,
    campaigns::Enrollment,
    error::LeadRef,
    leads::{Lead, LeadEdit, LeadPatch},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use sqlx::types::Json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// The undo image of one lead; the stored values depend on the set.
pub struct Image<T> {
    pub lead: LeadId,
    pub before: Option<T>,
    pub after: Option<T>,
}

pub async fn keep<T: Serialize>(tx: &mut Tx, set: Uuid, undo_images: &[Image<T>]) -> Result<()> {
    let json = |value: &Option<T>| value.as_ref().map_or(Ok(Value::Json(None)), Value::json);
    let queries = WRITES
        .undo_images
        .queries(undo_images, |query, image| Ok(query.bind(set).bind(image.lead).bind_all([json(&image.before)?, json(&image.after)?])))?;
    tx.run_all(queries).await.map(drop)
}

/// The next images of a set, ordered by lead id.
pub struct Images<T> {
    pub images: Vec<Image<T>>,
    /// No more follow.
    pub last: bool,
}

/// Before all leads.
pub const START: LeadId = LeadId(Uuid::nil());

/// Returns and deletes the next images of a set, of leads after `after`: at most `limit`, fewer when they are large.
pub async fn take<T: DeserializeOwned>(tx: &mut Tx, set: Uuid, after: LeadId, limit: i64) -> Result<Images<T>> {
    let taken = next(tx, set, after, limit).await?;
    forget(tx, set, after, &taken.images).await?;
    Ok(taken)
}

type ImageRow = (Uuid, Option<Json<Box<RawValue>>>, Option<Json<Box<RawValue>>>);

/// The images of leads after `after`, which stay.
pub async fn next<T: DeserializeOwned>(tx: &mut Tx, set: Uuid, after: LeadId, limit: i64) -> Result<Images<T>> {
    let mut bytes = 0;
    let rows = tx.conn().until::<ImageRow>(store::sql(sql::IMAGES).bind(set).bind(limit).bind(after), |(_, before, after)| {
        bytes += [before, after].into_iter().flatten().map(|values| values.get().len()).sum::<usize>();
        bytes >= BATCH_BYTES
    });
    let rows = rows.await?;
    let last = bytes < BATCH_BYTES && (rows.len() as i64) < limit;
    let values = |json: Option<Json<Box<RawValue>>>| json.map(|json| serde_json::from_str(json.get())).transpose();
    let image = |(lead, before, after): ImageRow| Ok(Image { lead: LeadId(lead), before: values(before)?, after: values(after)? });
    let images = rows.into_iter().map(image).collect::<serde_json::Result<_>>().map_err(|error| {
        tracing::error!(%error, %set, "an undo image cannot be read");
        Error::Internal
    })?;
    Ok(Images { images, last })
}

/// Deletes the images after `after`, up to the last of these.
async fn forget<T>(tx: &mut Tx, set: Uuid, after: LeadId, images: &[Image<T>]) -> Result<()> {
    match images.last() {
        Some(last) => tx.run(store::sql(sql::IMAGES_DONE).bind(set).bind(last.lead).bind(after)).await.map(drop),
        None => Ok(()),
    }
}

/// Fields of a lead, the times that follow from them, and its enrollments that changed with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeadFields {
    #[serde(flatten)]
    fields: LeadPatch,
    /// `None` in images of older versions.
    #[serde(rename = "lastActivity", default, skip_serializing_if = "Option::is_none")]
    activity: Option<(String, Timestamp)>,
    /// `None` in images of older versions.
    #[serde(rename = "stageAt", default, skip_serializing_if = "Option::is_none")]
    stage_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) enrollments: Vec<Enrollment>,
}

impl LeadFields {
    /// The given fields of this lead.
    pub fn of(lead: &Lead, fields: LeadPatch) -> Self {
        Self { fields, activity: Some(activity(lead)), stage_at: Some(lead.stage_at), enrollments: Vec::new() }
    }
}

fn activity(lead: &Lead) -> (String, Timestamp) {
    (lead.last_activity.clone(), lead.last_activity_at)
}

/// Adds the enrollments that changed with the leads.
pub fn add_enrollments(undo_images: &mut [Image<LeadFields>], changed: Vec<EnrollmentChange>) {
    let mut of: HashMap<LeadId, Vec<EnrollmentChange>> = HashMap::new();
    for change in changed {
        of.entry(change.0.lead_id).or_default().push(change);
    }
    for image in undo_images {
        if let (Some(changed), Some(before), Some(after)) = (of.remove(&image.lead), &mut image.before, &mut image.after) {
            (before.enrollments, after.enrollments) = changed.into_iter().unzip();
        }
    }
}

/// Result of restoring the next leads of a set.
pub struct Restored {
    /// The leads whose images were taken.
    pub leads: Vec<LeadId>,
    /// Leads that changed.
    pub changed: i64,
    /// Leads in which a person edited one of the fields since, which therefore stays.
    pub edited_since: Vec<LeadRef>,
    /// No more follow.
    pub last: bool,
}

/// Restores the old values of the next leads of a set, except for fields that people edited since: at most `limit` leads, fewer when they
/// are large.
pub async fn restore(tx: &mut Tx, set: Uuid, limit: i64) -> Result<Restored> {
    let Images { mut images, mut last } = next::<LeadFields>(tx, set, START, limit).await?;
    let mut ids: Vec<LeadId> = images.iter().map(|image| image.lead).collect();
    // Leads that were deleted since stay deleted.
    let (leads, end) = lock_batch(tx, &ids).await?;
    if let Some(end) = end {
        images.retain(|image| image.lead <= end);
        ids.retain(|id| *id <= end);
        last = false;
    }
    forget(tx, set, START, &images).await?;
    let mut leads: HashMap<LeadId, Lead> = leads.into_iter().map(|lead| (lead.id, lead)).collect();
    let now = tx.now();
    let (mut undone, mut edited_since) = (Vec::with_capacity(images.len()), Vec::new());
    for Image { lead, before, after } in images {
        let (Some(lead), Some(before), Some(after)) = (leads.remove(&lead), before, after) else { continue };
        let edit = LeadEdit::set(LeadPatch::back(&lead, &before.fields, &after.fields));
        let who = LeadRef { id: lead.id, name: lead.name.clone(), email: lead.email.clone() };
        let (was, is) = (before.fields.clone(), after.fields.clone());
        let unchanged = lead.clone();
        let back = undo(lead, edit, before, after, now)?;
        if keeps_edits(&was, &is, back.as_ref().map_or(&unchanged, |(_, back, _)| back)) {
            edited_since.push(who);
        }
        undone.extend(back);
    }
    let changed = commit(tx, Write::Undo(undone), LogMode::Set).await?.written.len() as i64;
    Ok(Restored { leads: ids, changed, edited_since, last })
}

/// Whether `lead`, after an undo of the change from `was` to `is`, holds another value than before in one of the fields. Tags are put back
/// one by one, whatever else was done to them.
fn keeps_edits(was: &LeadPatch, is: &LeadPatch, lead: &Lead) -> bool {
    let (none, custom) = (BTreeMap::new(), was.custom.as_ref().zip(is.custom.as_ref()));
    let (was_custom, is_custom) = custom.unwrap_or((&none, &none));
    let moved = was_custom.keys().chain(is_custom.keys()).filter(|key| was_custom.get(*key) != is_custom.get(*key));
    moved.into_iter().any(|key| lead.custom.get(key) != was_custom.get(key))
        || was.differing(lead).iter().any(|field| !matches!(*field, "tags" | "custom"))
}

/// The lead before and after `edit`, which undoes the change from `before` to `after`, and the enrollments to restore. `None` when nothing
/// changes. Times that are as the change left them become those from before: an undo is no activity with a lead.
pub(super) fn undo(
    lead: Lead,
    edit: LeadEdit,
    before: LeadFields,
    after: LeadFields,
    now: Timestamp,
) -> Result<Option<(Lead, Lead, Vec<EnrollmentChange>)>> {
    // An undo is no contact.
    let contacted = edit.set.last_contacted_at.unwrap_or(lead.last_contacted_at);
    let Some(mut undone) = edit.apply(&lead, now)? else { return Ok(None) };
    undone.last_contacted_at = contacted;
    let last = Some(activity(&lead));
    let activity = before.activity.filter(|_| after.activity == last).or(last);
    if let Some((activity, at)) = activity {
        (undone.last_activity, undone.last_activity_at) = (activity, at);
    }
    if let Some(at) = before.stage_at.filter(|_| undone.stage != lead.stage && after.stage_at == Some(lead.stage_at)) {
        undone.stage_at = at;
    }
    // Where a person edited the consent since, for example, the enrollments follow the lead as it is.
    let LeadPatch { status, connection, consent, .. } = before.fields;
    let decisive = LeadPatch { status, connection, consent, ..LeadPatch::default() };
    let restores = decisive.differing(&undone).is_empty();
    let enrollments = before.enrollments.into_iter().zip(after.enrollments).filter(|_| restores).collect();
    Ok(Some((lead, undone, enrollments)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::leads::Connection;

    #[test]
    fn images_of_older_versions_can_be_read() {
        let (title, connection) = (Some("CTO".to_owned()), Some(Connection::Connected));
        let fields = LeadPatch { name: Some("Ana".to_owned()), company: Some(String::new()), title, connection, ..LeadPatch::default() };
        let old = r#"{"name":"Ana","company":"","position":"CTO","connectionStatus":"connected"}"#;
        let read: LeadFields = serde_json::from_str(old).unwrap();
        assert_eq!((&read.fields, &read.activity), (&fields, &None));
        let new = LeadFields {
            fields,
            activity: Some(("Edited".to_owned(), Timestamp(7))),
            stage_at: Some(Timestamp(5)),
            enrollments: Vec::new(),
        };
        let read: LeadFields = serde_json::from_str(&serde_json::to_string(&new).unwrap()).unwrap();
        assert_eq!((read.fields, read.activity, read.stage_at), (new.fields, new.activity, new.stage_at));
    }
}
