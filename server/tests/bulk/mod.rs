//! Bulk actions through the service: batches, cancel, restarts, undo.

mod actions;
mod races;
mod runs;

use crate::common::{
    TestDb,
    campaigns::{counts, find, ids, members, named, people},
    leads::{account, edit, large, member, settled, with_member},
};
use domain::{
    Actor, ActorRef, BulkId, CampaignId, Change, Error, LeadId, Record, Role,
    bulk::{Bulk, BulkAction, BulkStatus, NewBulk},
    campaigns::{CampaignAction, Counts, Task},
    change::Op as ChangeOp,
    leads::{Lead, LeadQuery, Selection, Stage, Status},
    rule::{Op, Rule, Value},
    services::{BulkService, CampaignService, LeadService},
};
use server::{
    bulk::Bulks,
    campaigns::Campaigns,
    jobs::JobKind,
    leads::Leads,
    live::Hub,
    store::{Store, log, sql},
};

struct House {
    store: Store,
    leads: Leads,
    campaigns: Campaigns,
    bulks: Bulks,
}

impl House {
    /// `at_once` is 0 and a batch has 3 leads.
    async fn new(db: &TestDb) -> Self {
        Self::of(with_member(db.open().await).await)
    }

    fn of(store: Store) -> Self {
        let hub = Hub::start(store.clone());
        let bulks = Bulks::new(store.clone(), hub.clone()).with_batch(3).with_at_once(-1);
        Self { leads: Leads::new(store.clone(), hub), campaigns: Campaigns::new(store.clone(), bulks.clone()), bulks, store }
    }

    async fn begin(&self, action: BulkAction, which: Selection) -> Bulk {
        self.bulks.begin(&member(), NewBulk { action, which }).await.unwrap()
    }

    async fn step(&self, id: BulkId) -> Bulk {
        let bulk = self.bulks.step(&member(), id).await.unwrap();
        assert_eq!(self.bulks.get(&member(), id).await.unwrap().unwrap().data, bulk);
        bulk
    }

    async fn finish(&self, id: BulkId) -> Bulk {
        loop {
            let bulk = self.step(id).await;
            if bulk.status.is_over() {
                return bulk;
            }
        }
    }

    async fn run(&self, action: BulkAction, which: Selection) -> Bulk {
        let id = self.begin(action, which).await.id;
        self.finish(id).await
    }

    /// Waits until the bulk action is over.
    async fn over(&self, id: BulkId) -> Bulk {
        let mut feed = self.store.feed();
        let waiting = async {
            loop {
                let bulk = self.bulks.get(&member(), id).await.unwrap().unwrap().data;
                if bulk.status.is_over() {
                    return bulk;
                }
                feed.recv().await.unwrap();
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await.expect("an end in time")
    }

    async fn undo(&self, id: BulkId) -> Bulk {
        assert_eq!(self.bulks.undo(&member(), id).await.unwrap().status, BulkStatus::Undoing);
        self.over(id).await
    }

    /// All leads, oldest first.
    async fn all(&self) -> Vec<Lead> {
        let query = LeadQuery { limit: 1_000, ..LeadQuery::default() };
        let mut leads = self.leads.list(&member(), &query).await.unwrap().data.leads;
        leads.sort_by_key(|lead| lead.id);
        leads
    }

    async fn changes(&self, after: i64) -> Vec<Change> {
        settled(&self.store).await;
        self.store.read(move |conn| Box::pin(log::since(conn, after, i64::MAX, 1_000))).await.unwrap()
    }

    async fn head(&self) -> i64 {
        settled(&self.store).await;
        self.store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of
    }

    async fn count(&self, text: &'static str) -> i64 {
        self.store.read(move |conn| Box::pin(conn.one::<(i64,)>(sql(text)))).await.unwrap().0
    }

    /// Asserts that the tallies of leads equal a recount.
    async fn tallies_are_right(&self) {
        let kept = "SELECT CAST(COALESCE(SUM(leads * (key + 3)), 0) AS BIGINT) FROM tally WHERE kind = 'stage'";
        let counted = "SELECT CAST(COALESCE(SUM(stage + 3), 0) AS BIGINT) FROM lead";
        assert_eq!(self.count(kept).await, self.count(counted).await);
    }
}

fn set_stage(stage: Stage) -> BulkAction {
    BulkAction::SetStage { stage }
}

fn in_stage(stage: Stage) -> Selection {
    Selection::Matching(Rule::test("stage", Op::Is, Value::Text(stage.as_str().into())))
}

fn everyone() -> Selection {
    Selection::Matching(Rule::everyone())
}

/// The fields of a lead that bulk actions change.
type Seen = (LeadId, String, Stage, Status, Vec<String>, Option<domain::UserId>);

fn seen(leads: &[Lead]) -> Vec<Seen> {
    leads.iter().map(|lead| (lead.id, lead.name.clone(), lead.stage, lead.status, lead.tags.clone(), lead.owner)).collect()
}

fn numbers(bulk: &Bulk) -> (BulkStatus, i64, i64, i64) {
    (bulk.status, bulk.total, bulk.done, bulk.changed)
}
