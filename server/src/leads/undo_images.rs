//! Undo images of a bulk write: each lead's values before and after.
//! The set is an import or a bulk action, identified by its id.

use super::{
    commit::{LogMode, Write, commit},
    rows::lock_many,
    sql::{self, WRITES},
};
use crate::store::{self, Tx, Value};
use domain::{
    LeadId, Result, Timestamp,
    leads::{Lead, LeadEdit, LeadPatch},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::types::Json;
use std::collections::HashMap;
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

/// Returns and deletes the next images of a set, ordered by lead id.
pub async fn take<T: DeserializeOwned + Send + Unpin + 'static>(tx: &mut Tx, set: Uuid, limit: i64) -> Result<Vec<Image<T>>> {
    let rows = tx.all::<(Uuid, Option<Json<T>>, Option<Json<T>>)>(store::sql(sql::IMAGES).bind(set).bind(limit)).await?;
    let image = |(lead, before, after): (Uuid, Option<Json<T>>, Option<Json<T>>)| Image {
        lead: LeadId(lead),
        before: before.map(|json| json.0),
        after: after.map(|json| json.0),
    };
    let undo_images: Vec<Image<T>> = rows.into_iter().map(image).collect();
    if let Some(last) = undo_images.last() {
        tx.run(store::sql(sql::IMAGES_DONE).bind(set).bind(last.lead)).await?;
    }
    Ok(undo_images)
}

/// Fields of a lead, and its last activity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeadFields {
    #[serde(flatten)]
    fields: LeadPatch,
    /// `None` in images of older versions.
    #[serde(rename = "lastActivity", default, skip_serializing_if = "Option::is_none")]
    activity: Option<(String, Timestamp)>,
}

impl LeadFields {
    /// The given fields of this lead.
    pub fn of(lead: &Lead, fields: LeadPatch) -> Self {
        Self { fields, activity: Some(activity(lead)) }
    }
}

fn activity(lead: &Lead) -> (String, Timestamp) {
    (lead.last_activity.clone(), lead.last_activity_at)
}

/// Restores the old values of leads, except for fields that people edited since. Returns the number of restored leads.
/// An undo is no activity with a lead: its last activity becomes the one from before, unless there is a later one.
pub async fn restore(tx: &mut Tx, undo_images: Vec<Image<LeadFields>>) -> Result<i64> {
    let ids: Vec<LeadId> = undo_images.iter().map(|image| image.lead).collect();
    // Leads that were deleted since stay deleted.
    let mut leads: HashMap<LeadId, Lead> = lock_many(tx, &ids).await?.into_iter().map(|lead| (lead.id, lead)).collect();
    let now = tx.now();
    let mut pairs = Vec::with_capacity(undo_images.len());
    for Image { lead, before, after } in undo_images {
        let (Some(lead), Some(before), Some(after)) = (leads.remove(&lead), before, after) else { continue };
        if let Some(mut back) = LeadEdit::set(LeadPatch::back(&lead, &before.fields, &after.fields)).apply(&lead, now)? {
            let last = Some(activity(&lead));
            let was = before.activity.filter(|_| after.activity == last).or(last);
            if let Some((activity, at)) = was {
                (back.last_activity, back.last_activity_at) = (activity, at);
            }
            pairs.push((lead, back));
        }
    }
    Ok(commit(tx, Write::Update(pairs), LogMode::Set).await?.written.len() as i64)
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
        let new = LeadFields { fields, activity: Some(("Edited".to_owned(), Timestamp(7))) };
        let read: LeadFields = serde_json::from_str(&serde_json::to_string(&new).unwrap()).unwrap();
        assert_eq!((read.fields, read.activity), (new.fields, new.activity));
    }
}
