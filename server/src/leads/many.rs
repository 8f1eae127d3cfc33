//! Thousands of leads in few statements. The domain says what each lead is afterwards; here it is only written.

use super::{
    row::{LeadRow, bind_lead},
    sql,
};
use crate::store::{self, Bulk, Query, Sql, Tx, Value};
use domain::{
    LeadId, Result,
    leads::{Lead, LeadPatch},
    rule::tags_fold,
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

/// The statements that write many rows.
pub struct Writes {
    replace: Bulk,
    restore: Bulk,
    moves: Bulk,
    pub(super) images: Bulk,
}

pub static WRITES: LazyLock<Writes> = LazyLock::new(|| {
    let lead = format!("{}, {}", sql::LEAD_COLUMNS, sql::FOLD_COLUMNS);
    Writes {
        replace: Bulk::replacing("lead", &lead, "id"),
        restore: Bulk::new("lead", &lead, "ON CONFLICT DO NOTHING RETURNING id"),
        moves: Bulk::new("stage_move", "id, lead_id, from_stage, to_stage, at, who", ""),
        // The first image stays when a set changes the same lead again.
        images: Bulk::new(
            "lead_image",
            "set_id, lead_id, before, after",
            "ON CONFLICT (set_id, lead_id) DO UPDATE SET after = excluded.after",
        ),
    }
});

impl Writes {
    /// For the test that prepares every statement.
    pub fn samples(&self) -> Vec<Query> {
        [&self.replace, &self.restore, &self.moves, &self.images].map(Bulk::samples).concat()
    }
}

/// The leads as they are now, held until the transaction ends, in the order of their ids. Those that are gone are left out.
pub async fn lock_many(tx: &mut Tx, ids: &[LeadId]) -> Result<Vec<Lead>> {
    let rows = tx.all::<LeadRow>(store::sql(sql::LOCK_MANY).bind_all([Value::json(&ids)?])).await?;
    rows.into_iter().map(Lead::try_from).collect()
}

/// Writes leads anew, with the moves between stages that this means.
pub async fn put_many(tx: &mut Tx, pairs: &[(Lead, Lead)]) -> Result<()> {
    // Most sets change one column, and few values: a statement for each value leaves the other columns' indexes alone.
    let mut narrow: BTreeMap<String, (Narrow, Vec<LeadId>)> = BTreeMap::new();
    let mut whole = Vec::new();
    for (before, after) in pairs {
        tx.count_lead(Some(before.into()), Some(after.into()));
        match Narrow::between(before, after)? {
            Some((key, set)) => narrow.entry(key).or_insert_with(|| (set, Vec::new())).1.push(after.id),
            None => whole.push(after),
        }
    }
    for (set, ids) in narrow.into_values() {
        tx.run(set.query(&ids)?).await?;
    }
    run_all(tx, WRITES.replace.queries(&whole, |query, lead| bind_lead(query, lead))?).await?;
    let moved: Vec<_> = pairs.iter().filter(|(before, after)| before.stage != after.stage).map(|pair| (tx.new_id(), pair)).collect();
    let (now, who) = (tx.now(), tx.actor().who.name().to_owned());
    let moves = WRITES.moves.queries(&moved, |query, (id, (before, after))| {
        Ok(query.bind(*id).bind(after.id).bind(before.stage.rank()).bind(after.stage.rank()).bind(now).bind(who.as_str()))
    })?;
    run_all(tx, moves).await?;
    Ok(())
}

/// Their notes and stage history stay.
pub async fn delete_many(tx: &mut Tx, leads: &[Lead]) -> Result<()> {
    let ids: Vec<LeadId> = leads.iter().map(|lead| lead.id).collect();
    tx.run(store::sql(sql::DELETE_MANY).bind_all([Value::json(&ids)?])).await?;
    for lead in leads {
        tx.count_lead(Some(lead.into()), None);
    }
    Ok(())
}

/// Brings deleted leads back, but for those whose e-mail someone else has by now. Answers which came.
pub async fn restore_many(tx: &mut Tx, leads: &[Lead]) -> Result<Vec<LeadId>> {
    let mut came = HashSet::with_capacity(leads.len());
    for query in WRITES.restore.queries(leads, bind_lead)? {
        came.extend(tx.all::<(uuid::Uuid,)>(query).await?.into_iter().map(|(id,)| LeadId(id)));
    }
    let came: Vec<&Lead> = leads.iter().filter(|lead| came.contains(&lead.id)).collect();
    for lead in &came {
        tx.count_lead(None, Some((*lead).into()));
    }
    Ok(came.into_iter().map(|lead| lead.id).collect())
}

/// How many rows they touched.
pub async fn run_all(tx: &mut Tx, queries: Vec<Query>) -> Result<i64> {
    let mut rows = 0;
    for query in queries {
        rows += tx.run(query).await?;
    }
    Ok(rows as i64)
}

/// The same value in the same column of several leads.
struct Narrow {
    statement: Sql,
    /// `$2` and on.
    values: Vec<Value>,
}

impl Narrow {
    /// With a text that tells it apart; `None` for an edit of several fields, or of another.
    fn between(before: &Lead, after: &Lead) -> Result<Option<(String, Self)>> {
        let patch = LeadPatch::between(before, after);
        let only = |set: LeadPatch| set == patch;
        let active = before.last_activity_at != after.last_activity_at;
        let (statement, key, values) = match &patch {
            LeadPatch { stage: Some(stage), .. } if only(LeadPatch { stage: Some(*stage), ..LeadPatch::default() }) => {
                (sql::SET_STAGE, stage.rank().to_string(), vec![after.last_activity.as_str().into(), stage.rank().into()])
            }
            LeadPatch { status: Some(status), .. } if only(LeadPatch { status: Some(*status), ..LeadPatch::default() }) => {
                (sql::SET_STATUS, status.as_str().to_owned(), vec![after.last_activity.as_str().into(), status.as_str().into()])
            }
            // Neither of these two is activity with the lead: their statements leave the last one as it is.
            LeadPatch { owner: Some(owner), .. } if !active && only(LeadPatch { owner: Some(*owner), ..LeadPatch::default() }) => {
                (sql::SET_OWNER, owner.map(|id| id.to_string()).unwrap_or_default(), vec![(*owner).into()])
            }
            LeadPatch { tags: Some(tags), .. } if !active && only(LeadPatch { tags: Some(tags.clone()), ..LeadPatch::default() }) => {
                (sql::SET_TAGS, tags.join("\n"), vec![Value::json(tags)?, tags_fold(tags).into()])
            }
            _ => return Ok(None),
        };
        let key = format!("{}\0{}\0{key}", statement.sqlite, after.last_activity);
        let values = std::iter::once(after.updated_at.into()).chain(values).collect();
        Ok(Some((key, Self { statement, values })))
    }

    fn query(self, ids: &[LeadId]) -> Result<Query> {
        Ok(store::sql(self.statement).bind_all([Value::json(&ids)?]).bind_all(self.values))
    }
}
