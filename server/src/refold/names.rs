//! Campaigns and saved views: folded names, and the search text of campaigns.

use super::clash;
use crate::{campaigns, segments, store::Tx, views};
use domain::{
    Record, Result,
    campaigns::Campaign,
    segments::Segment,
    text::{fold, numbered},
    views::View,
};
use uuid::Uuid;

pub(super) async fn campaigns(tx: &mut Tx) -> Result<()> {
    for (campaign, folded) in campaigns::to_refold(tx).await? {
        if !folded {
            renew(tx, campaign).await?;
        }
    }
    Ok(())
}

pub(super) async fn views(tx: &mut Tx) -> Result<()> {
    for (view, key) in views::to_refold(tx).await? {
        if key != fold(&view.name) {
            renew(tx, view).await?;
        }
    }
    Ok(())
}

pub(super) async fn segments(tx: &mut Tx) -> Result<()> {
    for (segment, key) in segments::to_refold(tx).await? {
        if key != fold(&segment.name) {
            renew(tx, segment).await?;
        }
    }
    Ok(())
}

/// A record with a name that no other may have.
trait Named: Sized {
    /// The word for it in `clash`.
    const KIND: &'static str;
    /// Longest name, in characters.
    const NAME_MAX: usize;

    fn id(&self) -> Uuid;

    fn name(&self) -> &str;

    /// The record that has this name.
    async fn holder(&self, tx: &mut Tx, name: &str) -> Result<Option<Uuid>>;

    fn renamed(&self, name: String) -> Self;

    /// Writes it with its folded keys, without a change.
    async fn refold(&self, tx: &mut Tx) -> Result<()>;

    fn record(self) -> Record;
}

/// Writes the folded keys. Where another record has the name by now, this one gets a number.
async fn renew<T: Named>(tx: &mut Tx, before: T) -> Result<()> {
    let Some(other) = before.holder(tx, before.name()).await?.filter(|other| *other != before.id()) else { return before.refold(tx).await };
    let mut number = 2_u32;
    let mut name = numbered(before.name(), number, T::NAME_MAX);
    while before.holder(tx, &name).await?.is_some() {
        number += 1;
        name = numbered(before.name(), number, T::NAME_MAX);
    }
    clash::note(tx, T::KIND, before.id(), other, &name, before.name()).await?;
    let after = before.renamed(name);
    after.refold(tx).await?;
    tx.updated(before.record(), after.record());
    Ok(())
}

impl Named for Campaign {
    const KIND: &'static str = "campaign";
    const NAME_MAX: usize = domain::campaigns::NAME_MAX;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn holder(&self, tx: &mut Tx, name: &str) -> Result<Option<Uuid>> {
        Ok(campaigns::with_name(tx, name).await?.map(|id| id.0))
    }

    fn renamed(&self, name: String) -> Self {
        Self { name, revision: self.revision + 1, edited: self.revision + 1, ..self.clone() }
    }

    async fn refold(&self, tx: &mut Tx) -> Result<()> {
        campaigns::refold(tx, self).await
    }

    fn record(self) -> Record {
        Record::Campaign(Box::new(self))
    }
}

impl Named for View {
    const KIND: &'static str = "saved_view";
    const NAME_MAX: usize = domain::views::NAME_MAX;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn holder(&self, tx: &mut Tx, name: &str) -> Result<Option<Uuid>> {
        Ok(views::with_name(tx, self.owner, name).await?.map(|id| id.0))
    }

    fn renamed(&self, name: String) -> Self {
        Self { name, revision: self.revision + 1, ..self.clone() }
    }

    async fn refold(&self, tx: &mut Tx) -> Result<()> {
        views::refold(tx, self).await
    }

    fn record(self) -> Record {
        Record::View(Box::new(self))
    }
}

impl Named for Segment {
    const KIND: &'static str = "segment";
    const NAME_MAX: usize = domain::segments::NAME_MAX;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn holder(&self, tx: &mut Tx, name: &str) -> Result<Option<Uuid>> {
        Ok(segments::with_name(tx, name).await?.map(|id| id.0))
    }

    fn renamed(&self, name: String) -> Self {
        Self { name, revision: self.revision + 1, ..self.clone() }
    }

    async fn refold(&self, tx: &mut Tx) -> Result<()> {
        segments::refold(tx, self).await
    }

    fn record(self) -> Record {
        Record::Segment(Box::new(self))
    }
}
