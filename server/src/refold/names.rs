//! Campaigns and saved views: folded names, and the search text of campaigns.

use super::clash;
use crate::{campaigns, store::Tx, views};
use domain::{
    Record, Result,
    campaigns::Campaign,
    text::{fold, numbered},
    views::View,
};

pub(super) async fn campaigns(tx: &mut Tx) -> Result<()> {
    for (before, folded) in campaigns::to_refold(tx).await? {
        if folded {
            continue;
        }
        match campaigns::with_name(tx, &before.name).await?.filter(|other| *other != before.id) {
            Some(other) => {
                let mut number = 2_u32;
                let mut name = numbered(&before.name, number, domain::campaigns::NAME_MAX);
                while campaigns::with_name(tx, &name).await?.is_some() {
                    number += 1;
                    name = numbered(&before.name, number, domain::campaigns::NAME_MAX);
                }
                clash::note(tx, "campaign", before.id.0, other.0, &name, &before.name).await?;
                let after = Campaign { name, revision: before.revision + 1, edited: before.revision + 1, ..before.clone() };
                campaigns::refold(tx, &after).await?;
                tx.updated(Record::Campaign(Box::new(before)), Record::Campaign(Box::new(after)));
            }
            None => campaigns::refold(tx, &before).await?,
        }
    }
    Ok(())
}

pub(super) async fn views(tx: &mut Tx) -> Result<()> {
    for (before, key) in views::to_refold(tx).await? {
        if key == fold(&before.name) {
            continue;
        }
        match views::with_name(tx, before.owner, &before.name).await?.filter(|other| *other != before.id) {
            Some(other) => {
                let mut number = 2_u32;
                let mut name = numbered(&before.name, number, domain::views::NAME_MAX);
                while views::with_name(tx, before.owner, &name).await?.is_some() {
                    number += 1;
                    name = numbered(&before.name, number, domain::views::NAME_MAX);
                }
                clash::note(tx, "saved_view", before.id.0, other.0, &name, &before.name).await?;
                let after = View { name, revision: before.revision + 1, ..before.clone() };
                views::refold(tx, &after).await?;
                tx.updated(Record::View(Box::new(before)), Record::View(Box::new(after)));
            }
            None => views::refold(tx, &before).await?,
        }
    }
    Ok(())
}
