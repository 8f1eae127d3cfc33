//! The list of everything that depends on leads and is written with them. `leads::commit` calls it for every write, and names no follower.

use crate::{
    campaigns,
    leads::{EnrollmentChange, Followers, LogMode, Written},
    store::Tx,
};
use domain::Result;

impl Followers for Tx {
    async fn follow(&mut self, written: &[Written], mode: LogMode) -> Result<Vec<EnrollmentChange>> {
        campaigns::follow(self, written, mode).await
    }
}
