//! The dashboard: figures of leads and campaigns, and a comparison of the last days with the days before. Days are those of the workspace's time zone.

use crate::{
    CampaignId, Error, Result,
    activity::Activity,
    campaigns::CampaignStatus,
    figures::ratio,
    leads::{Connection, Stage, Status},
    words::words,
    zone::{Day, as_date},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// Length of the period in days; it is compared with the period of the same length before it.
    Range, "days", default Month {
        Week = "7", "7 days";
        Month = "30", "30 days";
        Quarter = "90", "90 days";
    }
}

impl Range {
    pub fn days(self) -> i64 {
        match self {
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
        }
    }
}

/// Everything the dashboard shows.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    pub range: Range,
    #[serde(with = "as_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub today: Day,
    /// All stages, in order.
    pub stages: Vec<StageCount>,
    /// All statuses, in order.
    pub statuses: Vec<StatusCount>,
    pub connections: Vec<ConnectionCount>,
    /// The days of the range; the last one is today.
    pub days: Days,
    /// The same number of days before it.
    pub before: Days,
    pub campaigns: Vec<CampaignCount>,
    /// The active campaigns with most leads, at most 3.
    pub top: Vec<TopCampaign>,
    /// Latest activities, newest first.
    pub recent: Vec<Activity>,
}

/// Leads in one stage, and their value.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageCount {
    pub stage: Stage,
    pub leads: i64,
    /// Expected revenue in minor units.
    pub value: i64,
}

/// Leads with one status.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCount {
    pub status: Status,
    pub leads: i64,
}

/// Leads with one connection.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionCount {
    pub connection: Connection,
    pub leads: i64,
}

/// Campaigns with one status.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignCount {
    pub status: CampaignStatus,
    pub campaigns: i64,
}

/// Consecutive days, oldest first.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    /// The first day.
    #[serde(with = "as_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub from: Day,
    /// Leads created on each day that still exist.
    pub leads: Vec<i64>,
    /// Leads that replied to a campaign, per day.
    pub replies: Vec<i64>,
}

/// Key figures of an active campaign.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopCampaign {
    pub id: CampaignId,
    pub name: String,
    pub total_leads: i64,
    pub successful_leads: i64,
    pub replied: i64,
    /// Steps completed, over all leads of the campaign.
    #[serde(default)]
    pub steps_done: i64,
    #[serde(default)]
    pub steps_total: i64,
}

impl Days {
    /// The day with this index.
    pub fn day(&self, at: usize) -> Day {
        self.from + at as Day
    }
}

impl Dashboard {
    pub fn total_leads(&self) -> i64 {
        self.stages.iter().map(|one| one.leads).sum()
    }

    /// Leads that were contacted: every status but pending.
    pub fn active_leads(&self) -> i64 {
        self.with_status(Status::is_contacted)
    }

    /// Leads that replied: from status responded on.
    pub fn replied_leads(&self) -> i64 {
        self.with_status(Status::has_replied)
    }

    /// Replied leads per contacted leads, in hundredths of a percent, rounded.
    pub fn response_rate(&self) -> i64 {
        ratio(self.replied_leads(), self.active_leads(), 10_000)
    }

    fn with_status(&self, test: fn(Status) -> bool) -> i64 {
        self.statuses.iter().filter(|one| test(one.status)).map(|one| one.leads).sum()
    }

    /// Leads created today that still exist.
    pub fn new_today(&self) -> i64 {
        self.days.leads.last().copied().unwrap_or_default()
    }

    pub fn campaigns_in(&self, status: CampaignStatus) -> i64 {
        self.campaigns.iter().find(|one| one.status == status).map_or(0, |one| one.campaigns)
    }

    pub fn connected(&self, connection: Connection) -> i64 {
        self.connections.iter().find(|one| one.connection == connection).map_or(0, |one| one.leads)
    }
}
