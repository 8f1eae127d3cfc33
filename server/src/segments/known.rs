//! The rules of all segments, kept in memory for the writes that evaluate them.

use super::sql;
use crate::{
    store::{self, Conn, Query, Remembered, Tx, Value},
    zones,
};
use domain::{
    LeadId, Moment, Result, SegmentId, Timestamp, Zone,
    rule::{Matcher, Rule, SegmentRules},
};
use sqlx::types::Json;
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

pub(super) struct Known {
    pub(super) segments: Vec<KnownSegment>,
    /// The workspace's.
    pub(super) zone: Arc<Zone>,
}

pub(super) struct KnownSegment {
    pub(super) id: SegmentId,
    /// With the rules of the segments that it names.
    pub(super) rule: Rule,
    /// All writes evaluate the rule as of this moment. When time changes who is in it, a new moment and a count follow.
    pub(super) as_of: Moment,
    /// Of a rule that the lead alone answers.
    pub(super) matcher: Option<Matcher>,
}

impl Known {
    pub(super) fn any(&self, concerned: fn(&Rule) -> bool) -> bool {
        self.segments.iter().any(|segment| concerned(&segment.rule))
    }
}

impl KnownSegment {
    /// The leads among `leads` that are in it now.
    pub(super) async fn among(&self, conn: &mut Conn, leads: &[LeadId]) -> Result<HashSet<LeadId>> {
        let postgres = conn.is_postgres();
        let query = Query::with_rule_of_few(sql::MATCHING.of(postgres), vec![Value::json(&leads)?], &self.rule, postgres, &self.as_of);
        Ok(conn.all::<(Uuid,)>(query).await?.into_iter().map(|(id,)| LeadId(id)).collect())
    }
}

/// The segments of this transaction's generation.
pub(super) async fn known(tx: &mut Tx) -> Result<Arc<Known>> {
    let generation = match tx.remembered::<Known>().await? {
        Remembered::Value(known) => return Ok(known),
        Remembered::Nothing(generation) => generation,
    };
    let rows = tx.all::<(Uuid, Json<Rule>, i64)>(store::sql(sql::RULES)).await?;
    let zone = zone(tx.conn()).await?;
    let own: SegmentRules = rows.iter().map(|(id, rule, _)| (SegmentId(*id), String::new(), rule.0.clone())).collect();
    let compiled = |(id, Json(rule), as_of): (Uuid, Json<Rule>, i64)| {
        let rule = own.expand_saved(&rule);
        let as_of = Moment { now: Timestamp(as_of), zone: zone.clone() };
        let matcher = rule.asks_lead_alone().then(|| Matcher::new(&rule, &as_of));
        KnownSegment { id: SegmentId(id), rule, as_of, matcher }
    };
    let segments = rows.into_iter().map(compiled).collect();
    let known = Arc::new(Known { segments, zone });
    tx.remember(generation, known.clone());
    Ok(known)
}

/// The workspace's time zone, as of the same snapshot as the segments.
pub(super) async fn zone(conn: &mut Conn) -> Result<Arc<Zone>> {
    let (name,) = conn.one::<(String,)>(store::sql(sql::ZONE)).await?;
    Ok(zones::zone(&name))
}
