//! The list of everything that depends on leads and is written with them. `leads::commit` calls it for every write, and names no follower.

use crate::{
    campaigns,
    leads::{EnrollmentChange, Followers, LogMode, Written},
    orders, segments,
    store::Tx,
};
use domain::{LeadId, Result};

impl Followers for Tx {
    async fn watch(&mut self, leads: Vec<LeadId>) -> Result<()> {
        segments::watch(self, leads).await
    }

    async fn watch_existing(&mut self, leads: Vec<LeadId>) -> Result<Vec<LeadId>> {
        segments::watch_existing(self, leads).await
    }

    async fn watch_orders(&mut self, leads: Vec<LeadId>) -> Result<()> {
        segments::watch_orders(self, leads).await
    }

    async fn recount(&mut self) -> Result<()> {
        segments::recount_enrollments(self).await
    }

    async fn follow(&mut self, written: &[Written], mode: LogMode) -> Result<Vec<EnrollmentChange>> {
        segments::follow(self, written).await?;
        let enrollments = campaigns::follow(self, written, mode).await?;
        orders::follow(self, written, mode).await?;
        Ok(enrollments)
    }
}
