//! Reads the values of enrollments that rules test.

use super::sql;
use crate::store::{self, Conn, Value};
use domain::{CampaignId, LeadId, Result, Timestamp, rule::EnrollmentFacts};
use uuid::Uuid;

/// The enrollments of these leads in campaigns that exist.
pub async fn facts(conn: &mut Conn, leads: &[LeadId]) -> Result<Vec<(LeadId, EnrollmentFacts)>> {
    let rows = conn.all::<(Uuid, Uuid, Option<i64>)>(store::sql(sql::FACTS).bind_all([Value::json(&leads)?])).await?;
    let fact = |(lead, campaign, replied_at): (Uuid, Uuid, Option<i64>)| {
        (LeadId(lead), EnrollmentFacts { campaign_id: CampaignId(campaign), replied_at: replied_at.map(Timestamp) })
    };
    Ok(rows.into_iter().map(fact).collect())
}
