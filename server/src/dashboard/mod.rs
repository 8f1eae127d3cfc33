//! The dashboard. Reads a few hundred rows of tallies; never counts leads.

mod sql;

pub use sql::STATEMENTS;

use crate::{
    activity,
    leads::QUARTER,
    store::{Conn, Store, Value, sql as text},
};
use async_trait::async_trait;
use domain::{
    Actor, CampaignId, Moment, Permission, Result, Snapshot,
    campaigns::{CampaignStatus, Counts},
    dashboard::{CampaignCount, ConnectionCount, Dashboard, Days, Range, StageCount, StatusCount, TopCampaign},
    leads::{Connection, Stage, Status},
    services::DashboardService,
    zone::Day,
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
        let at = self.store.moment();
        self.store.snapshot(move |conn| Box::pin(read(conn, range, at))).await
    }
}

/// The whole dashboard; `conn` is one snapshot of the database.
pub async fn read(conn: &mut Conn, range: Range, at: Moment) -> Result<Dashboard> {
    let today = at.today();
    let first = today + 1 - 2 * range.days();
    let tallies = Tallies::read(conn, first, &at).await?;
    let days = |from: Day| Days {
        from,
        leads: (from..from + range.days()).map(|day| tallies.created.get(&day).copied().unwrap_or_default()).collect(),
        replies: (from..from + range.days()).map(|day| tallies.replies.get(&day).copied().unwrap_or_default()).collect(),
    };
    let (before, days) = (days(first), days(first + range.days()));
    let campaigns: HashMap<String, i64> = conn.all::<(String, i64)>(text(sql::CAMPAIGNS)).await?.into_iter().collect();
    let top = conn.all::<TopRow>(text(sql::TOP)).await?.into_iter().map(TopCampaign::from).collect();
    Ok(Dashboard {
        range,
        today,
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

/// Tallies by kind and key, and new leads and replies per day.
struct Tallies {
    counters: HashMap<(String, i64), (i64, i64)>,
    created: HashMap<Day, i64>,
    replies: HashMap<Day, i64>,
}

impl Tallies {
    /// Of the days from `first` to today.
    async fn read(conn: &mut Conn, first: Day, at: &Moment) -> Result<Self> {
        let rows = conn.all::<(String, i64, i64, i64)>(text(sql::COUNTERS)).await?;
        let spans: Vec<_> = (first..=at.today()).map(|day| (day, at.start(day).0, at.start(day + 1).0)).collect();
        let quarters: Vec<_> = spans.iter().map(|(day, start, end)| (day, start.div_euclid(QUARTER), end.div_euclid(QUARTER))).collect();
        let created = conn.all::<(i64, i64)>(text(sql::CREATED).bind_all([Value::json(&quarters)?])).await?;
        let replies = conn.all::<(i64, i64)>(text(sql::REPLIES).bind_all([Value::json(&spans)?])).await?;
        Ok(Self {
            created: created.into_iter().collect(),
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
