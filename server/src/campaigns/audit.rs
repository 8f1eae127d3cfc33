//! Compares what is stored about campaigns with a recount.

use super::{enroll::recount, row::CampaignRow, sql};
use crate::store::{self, Store};
use domain::{Result, campaigns::Campaign};
use std::time::Duration;
use uuid::Uuid;

/// Time limit of the recount.
const PATIENCE: Duration = Duration::from_mins(10);

/// Recounts the enrollments of all campaigns. Returns what differs, one sentence for each campaign.
///
/// # Errors
/// `Unavailable` when the database does not answer in time.
pub async fn audit(store: &Store) -> Result<Vec<String>> {
    store
        .with_read_timeout(PATIENCE)
        .read(|conn| {
            Box::pin(async move {
                let mut found = Vec::new();
                for (id,) in conn.all::<(Uuid,)>(store::sql(sql::IDS)).await? {
                    let Some(row) = conn.optional::<CampaignRow>(store::sql(sql::GET).bind(id)).await? else { continue };
                    let campaign = Campaign::try_from(row)?;
                    let counts = recount(conn, campaign.id, &campaign.steps).await?;
                    let (astray,) = conn.one::<(i64,)>(store::sql(sql::ASTRAY).bind(id)).await?;
                    let mut differs = Vec::new();
                    if campaign.counts.total_leads != counts.total_leads {
                        differs.push(format!("{} leads stored, {} counted", campaign.counts.total_leads, counts.total_leads));
                    } else if campaign.counts != counts {
                        differs.push("the figures of its steps differ from a recount".to_owned());
                    }
                    if astray > 0 {
                        differs.push(format!("{astray} enrollments do not fit their leads"));
                    }
                    if !differs.is_empty() {
                        found.push(format!("{} ({}): {}", campaign.name, campaign.id, differs.join("; ")));
                    }
                }
                Ok(found)
            })
        })
        .await
}
