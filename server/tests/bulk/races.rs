//! Deletions and their undo side by side, on Postgres: one transaction is held where it could miss the other.

use super::*;
use domain::{ChangeId, services::ChangeService};
use server::{campaigns::audit, changes::Changes, store::Value as Json};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

both_dbs!(a_lost_enrollment_is_named_and_can_be_enrolled_again);

/// Keeps everybody from writing to a table.
struct Hold(PgConnection);

impl Hold {
    async fn table(db: &TestDb, lock: &'static str) -> Self {
        let mut conn = PgConnection::connect(&db.url).await.unwrap();
        for text in ["BEGIN", lock] {
            sqlx::query(text).execute(&mut conn).await.unwrap();
        }
        Self(conn)
    }

    /// Until this many transactions wait for a lock.
    async fn waiting(&mut self, count: i64) {
        let text = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while sqlx::query_as::<_, (i64,)>(text).fetch_one(&mut self.0).await.unwrap().0 < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
            // What is seen of other sessions stays the same within a transaction.
            sqlx::query("SELECT pg_stat_clear_snapshot()").execute(&mut self.0).await.unwrap();
        }
    }
}

/// Runs `held` up to the lock, then `other` up to its end or to a lock, then both to their ends.
async fn race(mut hold: Hold, held: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (waits, done) = (CancellationToken::new(), CancellationToken::new());
    let second = async {
        waits.cancelled().await;
        other.await;
        done.cancel();
    };
    let release = async {
        hold.waiting(1).await;
        waits.cancel();
        tokio::select! {
            () = done.cancelled() => {}
            () = hold.waiting(2) => {}
        }
        hold.0.close().await.unwrap();
    };
    tokio::join!(held, second, release);
}

/// No insert into `campaign`: what restores a campaign has settled and counted its enrollments.
const CAMPAIGN: &str = "LOCK TABLE campaign IN SHARE MODE";
/// What deletes or restores leads has done all the rest.
const TALLY: &str = "LOCK TABLE tally IN SHARE MODE";

/// Two nodes on one database, and a campaign with three leads. A node undoes its own actions: it has their leases.
struct Two {
    db: TestDb,
    one: House,
    other: House,
    leads: Vec<Lead>,
    campaign: CampaignId,
    enrolled: BulkId,
}

impl Two {
    async fn new() -> Self {
        let db = TestDb::postgres().await;
        let (one, other) = (House::new(&db).await, House::new(&db).await);
        let leads = people(&one.leads, 3).await;
        let campaign = one.campaigns.create(&member(), named("Spring")).await.unwrap().id;
        let enrolled = other.run(BulkAction::Enroll { campaign_id: campaign }, ids(&leads)).await.id;
        Self { db, one, other, leads, campaign, enrolled }
    }

    async fn delete_campaign(&self) -> ChangeId {
        self.one.campaigns.delete(&member(), self.campaign).await.unwrap()
    }

    async fn restore_campaign(&self, deleted: ChangeId) {
        Changes::new(self.one.store.clone()).undo(&member(), deleted).await.unwrap();
    }

    /// How many leads the campaign counts, after a recount.
    async fn total(&self) -> i64 {
        assert_eq!(audit(&self.one.store).await.unwrap(), Vec::<String>::new());
        counts(&self.one.store, &self.one.campaigns, self.campaign).await.total_leads
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_is_restored_while_its_leads_are_deleted() {
    let two = Two::new().await;
    let deleted = two.delete_campaign().await;
    race(Hold::table(&two.db, CAMPAIGN).await, two.restore_campaign(deleted), async {
        two.other.run(BulkAction::Delete {}, ids(&two.leads)).await;
    })
    .await;
    assert_eq!(two.total().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_is_restored_while_its_leads_are() {
    let two = Two::new().await;
    let deleted = two.delete_campaign().await;
    let gone = two.other.run(BulkAction::Delete {}, ids(&two.leads)).await.id;
    race(Hold::table(&two.db, CAMPAIGN).await, two.restore_campaign(deleted), async {
        two.other.undo(gone).await;
    })
    .await;
    assert_eq!(two.total().await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_is_restored_while_its_enrollments_are_undone() {
    let two = Two::new().await;
    let deleted = two.delete_campaign().await;
    race(Hold::table(&two.db, CAMPAIGN).await, two.restore_campaign(deleted), async {
        two.other.undo(two.enrolled).await;
    })
    .await;
    assert_eq!(two.total().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leads_are_restored_while_they_are_put_back_into_a_campaign() {
    let two = Two::new().await;
    let out = two.other.run(BulkAction::Unenroll { campaign_id: two.campaign }, ids(&two.leads)).await.id;
    let gone = two.one.run(BulkAction::Delete {}, ids(&two.leads)).await.id;
    let restored = async {
        two.one.undo(gone).await;
    };
    race(Hold::table(&two.db, TALLY).await, restored, async {
        two.other.undo(out).await;
    })
    .await;
    assert_eq!(two.total().await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leads_are_deleted_while_their_campaign_is_restored() {
    let two = Two::new().await;
    let deleted = two.delete_campaign().await;
    let gone = async {
        two.other.run(BulkAction::Delete {}, ids(&two.leads)).await;
    };
    race(Hold::table(&two.db, TALLY).await, gone, two.restore_campaign(deleted)).await;
    assert_eq!(two.total().await, 0);
}

async fn a_lost_enrollment_is_named_and_can_be_enrolled_again(db: &TestDb) {
    let house = House::new(db).await;
    let leads = people(&house.leads, 2).await;
    let campaign = house.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    house.campaigns.enroll(&member(), campaign, ids(&leads)).await.unwrap();
    assert_eq!(audit(&house.store).await.unwrap(), Vec::<String>::new());

    let lost = leads[0].id;
    house
        .store
        .write(&member(), move |tx| {
            Box::pin(async move { tx.run(sql("UPDATE enrollment SET gone = TRUE WHERE lead_id = $1").bind(lost)).await })
        })
        .await
        .unwrap();
    let named = format!("Spring ({campaign}): 2 leads stored, 1 counted; 1 enrollments do not fit their leads");
    assert_eq!(audit(&house.store).await.unwrap(), [named]);

    house
        .store
        .write(&member(), move |tx| {
            Box::pin(async move {
                let text = "UPDATE campaign_counts SET total_leads = 1, standing = $2 WHERE campaign_id = $1";
                tx.run(sql(text).bind(campaign).bind_all([Json::json(&[1])?])).await
            })
        })
        .await
        .unwrap();
    let named = format!("Spring ({campaign}): 1 enrollments do not fit their leads");
    assert_eq!(audit(&house.store).await.unwrap(), [named]);
    let again = house.campaigns.enroll(&member(), campaign, ids(&leads)).await.unwrap();
    assert_eq!((again.count, again.left_out), (1, 0));
    assert_eq!(audit(&house.store).await.unwrap(), Vec::<String>::new());
    assert_eq!(counts(&house.store, &house.campaigns, campaign).await.total_leads, 2);
}
