//! Reads the values that rules test, for given leads.

use crate::{
    campaigns,
    leads::{AMONG, LeadRow},
    store::{Conn, Query, Value},
};
use domain::{
    Error, LeadId, Moment, Result,
    leads::Lead,
    rule::{EnrollmentFacts, Rule},
};
use std::collections::HashMap;

/// A lead with its enrollments, as stored.
#[derive(Default)]
pub(super) struct LeadFacts {
    /// Read on request only.
    pub(super) lead: Option<Lead>,
    pub(super) enrollments: Vec<EnrollmentFacts>,
}

/// Maximum bytes of rows in one reading.
const MOST: usize = 32 * 1024 * 1024;

/// The enrollments of `leads`, and the rows of `with_row`, which are some of them.
///
/// # Errors
/// `TooLarge` when the rows have more than 32 MiB.
pub(super) async fn lead_facts(conn: &mut Conn, leads: &[LeadId], with_row: &[LeadId]) -> Result<HashMap<LeadId, LeadFacts>> {
    let mut facts: HashMap<LeadId, LeadFacts> = leads.iter().map(|id| (*id, LeadFacts::default())).collect();
    for (id, enrollment) in campaigns::facts(conn, leads).await? {
        facts.entry(id).or_default().enrollments.push(enrollment);
    }
    if with_row.is_empty() {
        return Ok(facts);
    }
    let (postgres, values) = (conn.is_postgres(), vec![Value::json(&with_row)?, Value::from(with_row.len() as i64)]);
    let among = Query::with_rule(AMONG.of(postgres), values, &Rule::everyone(), postgres, &Moment::default());
    let mut bytes = 0;
    let rows = conn
        .until::<LeadRow>(among, |row| {
            bytes += row.size();
            bytes > MOST
        })
        .await?;
    if bytes > MOST {
        return Err(Error::TooLarge { limit: MOST as u64 });
    }
    for row in rows {
        let lead = Lead::try_from(row)?;
        if let Some(facts) = facts.get_mut(&lead.id) {
            facts.lead = Some(lead);
        }
    }
    Ok(facts)
}
