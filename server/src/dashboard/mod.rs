//! The dashboard. Reads a few hundred rows of tallies; never counts leads.

mod sql;

pub use sql::STATEMENTS;

use crate::{
    activity,
    store::{Conn, Store, sql as text},
};
use async_trait::async_trait;
use domain::{
    Actor, CampaignId, Permission, Result, Snapshot, Timestamp,
    campaigns::{CampaignStatus, Counts},
    dashboard::{CampaignCount, ConnectionCount, Dashboard, Days, Range, StageCount, StatusCount, TopCampaign},
    leads::{Connection, Stage, Status},
    services::DashboardService,
    time::DAY,
};
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

/// Number of recent activities.
const RECENT: u32 = 10;

#[derive(Clone)]
pub struct Dashboards {
    store: Store,
}

impl Dashboards {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl DashboardService for Dashboards {
    async fn read(&self, actor: &Actor, range: Range) -> Result<Snapshot<Dashboard>> {
        actor.require(Permission::Read)?;
        let now = self.store.clock.now();
        self.store.snapshot(move |conn| Box::pin(read(conn, range, now))).await
    }
}

/// The whole dashboard; `conn` is one snapshot of the database.
pub async fn read(conn: &mut Conn, range: Range, now: Timestamp) -> Result<Dashboard> {
    let today = now.0.div_euclid(DAY);
    let first = today + 1 - 2 * range.days();
    let tallies = Tallies::read(conn, first, today).await?;
    let days = |from: i64| Days {
        from: Timestamp(from * DAY),
        leads: (from..from + range.days()).map(|day| tallies.leads("created", day)).collect(),
        replies: (from..from + range.days()).map(|day| tallies.replies.get(&day).copied().unwrap_or_default()).collect(),
    };
    let (before, days) = (days(first), days(first + range.days()));
    let campaigns: HashMap<String, i64> = conn.all::<(String, i64)>(text(sql::CAMPAIGNS)).await?.into_iter().collect();
    let top = conn.all::<TopRow>(text(sql::TOP)).await?.into_iter().map(TopCampaign::from).collect();
    Ok(Dashboard {
        range,
        today: Timestamp(today * DAY),
        stages: Stage::ALL.iter().map(|stage| tallies.stage(*stage)).collect(),
        statuses: Status::ALL
            .iter()
            .map(|status| StatusCount { status: *status, leads: tallies.leads(&format!("status:{status}"), 0) })
            .collect(),
        connections: Connection::ALL
            .iter()
            .map(|connection| ConnectionCount { connection: *connection, leads: tallies.leads(&format!("connection:{connection}"), 0) })
            .collect(),
        days,
        before,
        campaigns: CampaignStatus::ALL
            .iter()
            .map(|status| CampaignCount { status: *status, campaigns: campaigns.get(status.as_str()).copied().unwrap_or_default() })
            .collect(),
        top,
        recent: activity::latest(conn, RECENT).await?,
    })
}

/// Tallies by kind and key, and replies per day.
struct Tallies {
    counters: HashMap<(String, i64), (i64, i64)>,
    replies: HashMap<i64, i64>,
}

impl Tallies {
    async fn read(conn: &mut Conn, first: i64, last: i64) -> Result<Self> {
        let rows = conn.all::<(String, i64, i64, i64)>(text(sql::COUNTERS).bind(first).bind(last)).await?;
        let replies = conn.all::<(i64, i64)>(text(sql::REPLIES).bind(first * DAY).bind((last + 1) * DAY)).await?;
        Ok(Self {
            counters: rows.into_iter().map(|(kind, key, leads, value)| ((kind, key), (leads, value))).collect(),
            replies: replies.into_iter().collect(),
        })
    }

    fn leads(&self, kind: &str, key: i64) -> i64 {
        self.counters.get(&(kind.to_owned(), key)).map_or(0, |sums| sums.0)
    }

    fn stage(&self, stage: Stage) -> StageCount {
        let (leads, value) = self.counters.get(&("stage".to_owned(), stage.rank())).copied().unwrap_or_default();
        StageCount { stage, leads, value }
    }
}

#[derive(sqlx::FromRow)]
struct TopRow {
    id: Uuid,
    name: String,
    total_leads: i64,
    successful_leads: i64,
    replied: i64,
    standing: Json<Vec<i64>>,
    step_count: i64,
}

impl From<TopRow> for TopCampaign {
    fn from(row: TopRow) -> Self {
        let counts = Counts { total_leads: row.total_leads, standing: row.standing.0, ..Counts::default() };
        let (steps_done, steps_total) = counts.progress(row.step_count);
        Self {
            id: CampaignId(row.id),
            name: row.name,
            total_leads: row.total_leads,
            successful_leads: row.successful_leads,
            replied: row.replied,
            steps_done,
            steps_total,
        }
    }
}
