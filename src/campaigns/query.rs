//! Query for a page of campaigns: search, filter, sort order, cursor.

use super::{Campaign, CampaignStatus, CampaignSummary};
use crate::{
    CampaignId, Error, Result,
    page::{Cursor, Sort},
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// The columns by which a list can be sorted.
    CampaignColumn, "sort", default CreatedAt {
        Name = "name", "Name";
        Status = "status", "Status";
        TotalLeads = "totalLeads", "Leads";
        SuccessfulLeads = "successfulLeads", "Successful";
        ResponseRate = "responseRate", "Response rate";
        CreatedAt = "createdAt", "Created";
    }
}

pub type CampaignSort = Sort<CampaignColumn>;

/// Query for a page of campaigns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignQuery {
    /// Text in name or description; empty for all.
    pub search: String,
    pub status: Option<CampaignStatus>,
    pub sort: CampaignSort,
    /// Only rows after this cursor.
    pub cursor: Option<Cursor<CampaignId>>,
    /// Rows to skip, for page numbers.
    pub offset: u32,
    /// Page size, 1–1,000.
    pub limit: u32,
}

impl Default for CampaignQuery {
    fn default() -> Self {
        Self { search: String::new(), status: None, sort: CampaignSort::default(), cursor: None, offset: 0, limit: 50 }
    }
}

/// One page of whole campaigns. It may end early, because it is limited in bytes too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignPage {
    pub campaigns: Vec<Campaign>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<Cursor<CampaignId>>,
    /// Number of campaigns that match.
    pub total: i64,
}

/// One page of campaigns without their texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryPage {
    pub campaigns: Vec<CampaignSummary>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<Cursor<CampaignId>>,
    /// Number of campaigns that match.
    pub total: i64,
}
