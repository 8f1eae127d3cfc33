//! Time-dependent behaviour, with a test clock instead of waiting.

use crate::common::{
    TestDb,
    clock::TestClock,
    leads::{edit, member, new_lead, settled},
};
use clap::Parser;
use domain::{
    Actor, Role,
    accounts::{Device, Invite, NewKey, NewUser},
    services::AccountService,
};
use server::{
    config::DataLocation,
    core::{Core, Ingestion},
    store::{Store, log},
};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const PASSWORD: &str = "correct horse battery";

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    location: DataLocation,
}

async fn open(db: &TestDb, folder: &TempDir, retention: u32, clock: &Arc<TestClock>) -> Core {
    let location = Cli::parse_from(["linnet", "--database", &db.url, "--data", folder.path().to_str().unwrap()]).location;
    Core::open(&location, Ingestion::default(), retention, clock.clone()).await.unwrap()
}

async fn changes(store: &Store) -> usize {
    settled(store).await;
    store.read(|conn| Box::pin(log::since(conn, 0, i64::MAX, 1_000))).await.unwrap().len()
}

both_dbs!(
    a_session_ends_when_nobody_uses_it,
    a_key_and_a_link_end_at_their_time,
    old_changes_are_forgotten_every_day,
    a_clock_that_is_ahead_costs_no_more_than_that_while
);

async fn a_session_ends_when_nobody_uses_it(db: &TestDb) {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::stopped());
    let core = open(db, &folder, 0, &clock).await;
    let new = NewUser { email: "ana@c.example".into(), name: "Ana".into(), password: PASSWORD.into(), role: Role::Member };
    core.accounts.add_user(&Actor::system(), new).await.unwrap();
    let used = core.accounts.sign_in("ana@c.example", PASSWORD, "", Device::Unknown).await.unwrap().secret;
    let left = core.accounts.sign_in("ana@c.example", PASSWORD, "", Device::Unknown).await.unwrap().secret;
    clock.pass(20 * DAY);
    assert!(core.accounts.actor(&used).await.unwrap().is_some());
    core.accounts.uses.flush().await;
    clock.pass(20 * DAY);
    assert!(core.accounts.actor(&used).await.unwrap().is_some(), "used 20 days ago");
    assert!(core.accounts.actor(&left).await.unwrap().is_none(), "used 40 days ago");
    core.close().await;
}

async fn a_key_and_a_link_end_at_their_time(db: &TestDb) {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::stopped());
    let core = open(db, &folder, 0, &clock).await;
    let key = core.accounts.add_key(&Actor::system(), NewKey { name: "sync".into(), role: Role::Viewer, days: Some(3) }).await.unwrap();
    let invite = Invite { email: "ben@c.example".into(), name: "Ben".into(), role: Role::Member };
    let link = core.accounts.invite(&Actor::system(), invite).await.unwrap();
    clock.pass(2 * DAY);
    assert!(core.accounts.actor(&key.secret).await.unwrap().is_some());
    assert!(core.accounts.linked(&link.secret).await.unwrap().is_some());
    clock.pass(6 * DAY);
    assert!(core.accounts.actor(&key.secret).await.unwrap().is_none());
    assert!(core.accounts.linked(&link.secret).await.unwrap().is_none());
    core.close().await;
}

/// So many days pass, each with its run.
/// Background work that sleeps by the clock: four kinds of jobs, the sweep of exports, segments, and the pruning.
const BACKGROUND: usize = 7;

async fn days(clock: &TestClock, count: usize) {
    for _ in 0..count {
        clock.pass(DAY);
        // Each waits for its next turn, and the pruning is over.
        clock.sleepers(BACKGROUND).await;
    }
}

async fn old_changes_are_forgotten_every_day(db: &TestDb) {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::stopped());
    let core = open(db, &folder, 30, &clock).await;
    let lead = core.services.leads.create(&member(), new_lead("Ana", "ana@c.example")).await.unwrap();
    core.resume().await.unwrap();
    clock.sleepers(BACKGROUND).await;
    assert_eq!(changes(&core.store).await, 1, "of today");
    days(&clock, 20).await;
    core.services.leads.update(&member(), lead.id, edit(|patch| patch.name = Some("Anna".into()))).await.unwrap();
    assert_eq!(changes(&core.store).await, 2, "of 20 days ago, and of today, which has its number");
    // Nobody writes meanwhile.
    days(&clock, 11).await;
    assert_eq!(changes(&core.store).await, 1, "the first is 31 days old");
    core.close().await;
}

async fn a_clock_that_is_ahead_costs_no_more_than_that_while(db: &TestDb) {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::stopped());
    let core = open(db, &folder, 100, &clock).await;
    let lead = core.services.leads.create(&member(), new_lead("Ana", "ana@c.example")).await.unwrap();
    core.resume().await.unwrap();
    clock.sleepers(BACKGROUND).await;
    let edited = async |name: String| {
        core.services.leads.update(&member(), lead.id, edit(|patch| patch.name = Some(name))).await.unwrap();
        changes(&core.store).await
    };
    for day in [20, 40, 60, 80] {
        days(&clock, 20).await;
        edited(format!("Ana {day}")).await;
    }
    assert_eq!(changes(&core.store).await, 5);
    // For three days the clock is a year ahead, and people write.
    clock.pass(365 * DAY);
    clock.sleepers(BACKGROUND).await;
    edited("Ana, a year ahead".to_owned()).await;
    days(&clock, 2).await;
    assert_eq!(edited("Ana, still ahead".to_owned()).await, 7, "6 days of retention passed, not a year");
    // After as many days as are missing, what is old is forgotten.
    days(&clock, 8).await;
    assert_eq!(changes(&core.store).await, 6, "the first is 100 days old");
    core.close().await;
}
