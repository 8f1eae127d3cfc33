//! Recomputes a campaign's folded keys (`name_fold`, `search`) that another version wrote.

use super::{
    row::{CampaignRow, RefRow},
    sql, write,
};
use crate::store::{self, Tx};
use domain::{CampaignId, Result, campaigns::Campaign, error::CampaignRef, text::fold};

#[derive(sqlx::FromRow)]
struct FoldRow {
    #[sqlx(flatten)]
    campaign: CampaignRow,
    name_fold: String,
    search: String,
}

/// All campaigns, locked until the transaction ends; each with `true` when its folded keys are those of this version.
pub async fn to_refold(tx: &mut Tx) -> Result<Vec<(Campaign, bool)>> {
    let read = |row: FoldRow| {
        let campaign = Campaign::try_from(row.campaign)?;
        let folded = fold(&campaign.name) == row.name_fold && campaign.search_text() == row.search;
        Ok((campaign, folded))
    };
    tx.all::<FoldRow>(store::sql(sql::TO_REFOLD)).await?.into_iter().map(read).collect()
}

/// The id of the campaign with this name.
pub async fn with_name(tx: &mut Tx, name: &str) -> Result<Option<CampaignId>> {
    Ok(tx.optional::<RefRow>(store::sql(sql::BY_NAME).bind(fold(name))).await?.map(|row| CampaignRef::from(row).id))
}

/// Writes the campaign and its folded keys, without a change.
pub async fn refold(tx: &mut Tx, campaign: &Campaign) -> Result<()> {
    write::update(tx, campaign).await
}
