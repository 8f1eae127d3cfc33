//! The way back of a set of leads that was written at once: of each lead, what it was and what the set made of it.
//! A set is an import or a bulk action; its id says which.

use super::{
    commit::{Told, Write, commit},
    rows::lock_many,
    sql::{self, WRITES},
};
use crate::store::{self, Tx, Value};
use domain::{
    LeadId, Result,
    leads::{Lead, LeadEdit, LeadPatch},
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

/// Of one lead; what is kept depends on what the set does.
pub struct Image<T> {
    pub lead: LeadId,
    pub before: Option<T>,
    pub after: Option<T>,
}

pub async fn keep<T: Serialize>(tx: &mut Tx, set: Uuid, images: &[Image<T>]) -> Result<()> {
    let json = |value: &Option<T>| value.as_ref().map_or(Ok(Value::Json(None)), Value::json);
    let queries = WRITES
        .images
        .queries(images, |query, image| Ok(query.bind(set).bind(image.lead).bind_all([json(&image.before)?, json(&image.after)?])))?;
    tx.run_all(queries).await.map(drop)
}

/// The next images of a set, in the order of the leads' ids; they are forgotten with this transaction.
pub async fn take<T: DeserializeOwned + Send + Unpin + 'static>(tx: &mut Tx, set: Uuid, limit: i64) -> Result<Vec<Image<T>>> {
    let rows = tx.all::<(Uuid, Option<Json<T>>, Option<Json<T>>)>(store::sql(sql::IMAGES).bind(set).bind(limit)).await?;
    let image = |(lead, before, after): (Uuid, Option<Json<T>>, Option<Json<T>>)| Image {
        lead: LeadId(lead),
        before: before.map(|json| json.0),
        after: after.map(|json| json.0),
    };
    let images: Vec<Image<T>> = rows.into_iter().map(image).collect();
    if let Some(last) = images.last() {
        tx.run(store::sql(sql::IMAGES_DONE).bind(set).bind(last.lead)).await?;
    }
    Ok(images)
}

/// Gives leads their old values back, but for fields that people edited since. Answers how many went back.
/// `activity` is what is said of each lead, instead of what an edit would say.
pub async fn restore(tx: &mut Tx, images: Vec<Image<LeadPatch>>, activity: Option<&str>) -> Result<i64> {
    let ids: Vec<LeadId> = images.iter().map(|image| image.lead).collect();
    // Deleted since: it stays deleted.
    let mut leads: HashMap<LeadId, Lead> = lock_many(tx, &ids).await?.into_iter().map(|lead| (lead.id, lead)).collect();
    let now = tx.now();
    let mut pairs = Vec::with_capacity(images.len());
    for Image { lead, before, after } in images {
        let (Some(lead), Some(before), Some(after)) = (leads.remove(&lead), before, after) else { continue };
        if let Some(mut back) = LeadEdit::set(LeadPatch::back(&lead, &before, &after)).apply(&lead, now)? {
            if let Some(activity) = activity.filter(|_| back.last_activity_at != lead.last_activity_at) {
                activity.clone_into(&mut back.last_activity);
            }
            pairs.push((lead, back));
        }
    }
    Ok(commit(tx, Write::Update(pairs), Told::Set).await?.written.len() as i64)
}
