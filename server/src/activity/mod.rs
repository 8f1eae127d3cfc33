//! Activities: the change log as sentences, newest first.

mod sql;

pub use sql::STATEMENTS;

use crate::{
    fields,
    store::{Conn, Store, Value, log, sql as text},
};
use async_trait::async_trait;
use domain::{
    Actor, CampaignId, Change, Error, LeadId, NoteId, Permission, Record, Result, Snapshot, Timestamp, UserId,
    activity::{Activity, ActivityKind, ActivityPage, ActivityQuery, Names, SEARCH_MAX},
    live::News,
    services::ActivityService,
    text::{clean, fold},
};
use std::collections::HashSet;
use uuid::Uuid;

/// Maximum rows per page.
const LIMIT: u32 = 200;
/// Rows of a page that is read without a permit.
const FEW: u32 = 100;
/// Maximum changes scanned for one page. A page that ends here returns `looked_to`, the time up to which it searched.
const LOOKED: usize = 2_000;
/// Maximum bytes of changes scanned for one page: 16 MiB.
const LOOKED_BYTES: usize = 16 * 1024 * 1024;
/// With more new changes than this, reading the page again is cheaper.
const NEWS: i64 = 200;

#[derive(Clone)]
pub struct Activities {
    store: Store,
}

impl Activities {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl ActivityService for Activities {
    async fn list(&self, actor: &Actor, query: &ActivityQuery) -> Result<Snapshot<ActivityPage>> {
        actor.require(Permission::Read)?;
        if !(1..=LIMIT).contains(&query.limit) {
            return Err(Error::invalid("limit", format!("Ask for 1 to {LIMIT} rows")));
        }
        let search = clean(&query.search);
        if search.chars().count() > SEARCH_MAX {
            return Err(Error::invalid("search", format!("Search for at most {SEARCH_MAX} characters")));
        }
        let look = Look {
            since: query.period.since(&self.store.moment()),
            search: fold(&search),
            campaign: query.campaign,
            limit: query.limit as usize,
            access: actor.may(Permission::Administer),
        };
        let before = query.before.unwrap_or(i64::MAX);
        let _permit = if look.search.is_empty() && query.limit <= FEW { None } else { Some(self.store.read_permit(actor).await?) };
        self.store
            .snapshot(move |conn| {
                Box::pin(async move {
                    let mut page = look.back(conn, before).await?;
                    forget_changed_notes(conn, &mut page.activities).await?;
                    Ok(page)
                })
            })
            .await
    }
}

struct Look {
    since: Timestamp,
    /// Folded.
    search: String,
    campaign: Option<CampaignId>,
    limit: usize,
    /// Includes changes of users and keys, which only administrators may read: roles and names of keys.
    access: bool,
}

impl Look {
    /// Scans the log backwards from `before`, in parts.
    async fn back(self, conn: &mut Conn, mut before: i64) -> Result<ActivityPage> {
        let mut page = ActivityPage { activities: Vec::new(), next: None, looked_to: None };
        let (mut looked, mut bytes) = (0, 0);
        loop {
            let part = if self.search.is_empty() { (self.limit * 2).max(32) } else { LOOKED / 16 };
            let log::LogPage { changes, last, bytes: read } = log::before(conn, self.campaign, before, part as i64).await?;
            looked += changes.len();
            bytes += read;
            let names = names(conn, &changes).await?;
            for change in &changes {
                if change.at < self.since {
                    return Ok(page);
                }
                if page.activities.len() == self.limit {
                    page.next = Some(before);
                    return Ok(page);
                }
                before = change.seq.unwrap_or(before);
                page.activities.extend(
                    Activity::of(change, &names).filter(|activity| may_read(activity, self.access) && activity.matches(&self.search)),
                );
            }
            if last {
                return Ok(page);
            }
            if looked >= LOOKED || bytes >= LOOKED_BYTES {
                page.next = Some(before);
                page.looked_to = changes.last().map(|change| change.at);
                return Ok(page);
            }
        }
    }
}

/// What was deleted or edited is not read from the log.
async fn forget_changed_notes(conn: &mut Conn, activities: &mut [Activity]) -> Result<()> {
    let ids: Vec<NoteId> = activities.iter().filter_map(|activity| Some(activity.note.as_ref()?.id)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows = conn.all::<(Uuid,)>(text(sql::UNCHANGED_NOTES).bind_all([Value::json(&ids)?])).await?;
    let unchanged: HashSet<NoteId> = rows.into_iter().map(|(id,)| NoteId(id)).collect();
    for activity in activities {
        activity.note = activity.note.take().filter(|note| unchanged.contains(&note.id));
    }
    Ok(())
}

/// The newest activities, newest first.
pub async fn latest(conn: &mut Conn, limit: u32) -> Result<Vec<Activity>> {
    let look = Look { since: Timestamp(i64::MIN), search: String::new(), campaign: None, limit: limit as usize, access: false };
    Ok(look.back(conn, i64::MAX).await?.activities)
}

fn may_read(activity: &Activity, access: bool) -> bool {
    access || activity.kind != ActivityKind::Access
}

/// Activities after change `after`, for subscribers. `News::Again` when there are more than `NEWS`.
pub async fn since(conn: &mut Conn, campaign: Option<CampaignId>, access: bool, after: i64) -> Result<News> {
    let log::LogPage { changes, last, .. } = log::after(conn, campaign, after, NEWS + 1).await?;
    if !last {
        return Ok(News::Again);
    }
    let names = names(conn, &changes).await?;
    let activities = changes.iter().filter_map(|change| Activity::of(change, &names)).filter(|activity| may_read(activity, access));
    Ok(News::Activities(activities.collect()))
}

/// Names of the leads, campaigns and users that the changes refer to by id, and of custom fields.
pub async fn names(conn: &mut Conn, changes: &[Change]) -> Result<Names> {
    let (mut leads, mut campaigns, mut owners, mut custom) = (HashSet::new(), HashSet::new(), false, false);
    for change in changes {
        match (&change.before, &change.after) {
            (Some(Record::Lead(before)), Some(Record::Lead(after))) => {
                owners |= before.owner != after.owner;
                custom |= before.custom != after.custom;
            }
            (before, after) => {
                for record in [before, after].into_iter().flatten() {
                    match record {
                        // Leads and campaigns have their own name; the sentence of a set is stored whole.
                        Record::Lead(_) | Record::Campaign(_) | Record::Set(_) => {}
                        _ => {
                            leads.extend(record.lead_id());
                            campaigns.extend(record.campaign_id());
                        }
                    }
                }
            }
        }
    }
    let mut names = Names::default();
    if owners {
        names.users = conn.all::<(Uuid, String)>(text(sql::USERS)).await?.into_iter().map(|(id, name)| (UserId(id), name)).collect();
    }
    if custom {
        names.fields = fields::read(conn).await?;
    }
    if !leads.is_empty() {
        let rows = conn.all::<(Uuid, String)>(text(sql::LEADS).bind_all([Value::json(&leads)?])).await?;
        names.leads = rows.into_iter().map(|(id, name)| (LeadId(id), name)).collect();
    }
    if !campaigns.is_empty() {
        let rows = conn.all::<(Uuid, String)>(text(sql::CAMPAIGNS).bind_all([Value::json(&campaigns)?])).await?;
        names.campaigns = rows.into_iter().map(|(id, name)| (CampaignId(id), name)).collect();
    }
    Ok(names)
}
