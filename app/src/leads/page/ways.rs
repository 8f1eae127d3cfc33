//! A lead's campaigns as far as they are shown: the first page, and what “Show more” added.

use crate::leads::api::lead_campaigns;
use domain::{
    CampaignId, LeadId,
    campaigns::{LeadCampaign, LeadCampaignPage},
};
use leptos::{prelude::*, task::spawn_local};

/// Clones share their signals.
#[derive(Clone)]
pub struct LeadWays {
    pub id: LeadId,
    /// The campaign before the first one shown, when the address names it.
    pub after: Option<CampaignId>,
    pub list: ArcRwSignal<Vec<LeadCampaign>>,
    /// Where the next page starts.
    pub next: ArcRwSignal<Option<CampaignId>>,
    pub total: ArcRwSignal<i64>,
    /// Number of reads begun, so that an older answer does not replace a newer one.
    reads: ArcStoredValue<u32>,
}

impl LeadWays {
    pub fn new(id: LeadId, page: LeadCampaignPage, after: Option<CampaignId>) -> Self {
        let LeadCampaignPage { campaigns, next, total } = page;
        Self {
            id,
            after,
            list: ArcRwSignal::new(campaigns),
            next: ArcRwSignal::new(next),
            total: ArcRwSignal::new(total),
            reads: ArcStoredValue::new(0),
        }
    }

    /// Loads the next page below the campaigns shown.
    pub fn show_more(&self) {
        let (list, next, total) = (self.list.get_untracked(), self.next.get_untracked(), self.total.get_untracked());
        let shown = list.len() + 1;
        self.fill(LeadCampaignPage { campaigns: list, next, total }, shown);
    }

    /// Shows a first page that was read again. The pages below it are read again, too.
    pub fn take(&self, first: LeadCampaignPage) {
        let shown = self.list.with_untracked(Vec::len);
        self.fill(first, shown);
    }

    /// Shows the page, after reading the pages below it until there are `shown` campaigns.
    fn fill(&self, mut page: LeadCampaignPage, shown: usize) {
        self.reads.update_value(|reads| *reads += 1);
        let (this, read) = (self.clone(), self.reads.get_value());
        spawn_local(async move {
            while let Some(after) = page.next.filter(|_| page.campaigns.len() < shown) {
                // A failed read changes nothing: the campaigns stay, and the connection dot shows why.
                let Ok(below) = lead_campaigns(this.id, Some(after)).await else { return };
                page.campaigns.extend(below.campaigns);
                (page.next, page.total) = (below.next, below.total);
            }
            if this.reads.get_value() == read {
                this.list.set(page.campaigns);
                this.next.set(page.next);
                this.total.set(page.total);
            }
        });
    }
}
