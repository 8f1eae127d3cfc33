//! Random writes and random disconnects: every tab ends with the state of the database.

use super::tab::*;
use crate::common::{
    TestDb,
    leads::{edit, member, settled},
    server::TestServer,
};
use domain::{
    LeadId, Role,
    leads::{Stage, Status},
};
use server::http::App;

/// Random writes on its own leads.
pub async fn work(app: App, seed: u64, steps: usize) {
    work_on(app, seed, steps, Vec::new()).await;
}

/// The same, and on these.
async fn work_on(app: App, seed: u64, steps: usize, mut known: Vec<LeadId>) {
    const NAMES: [&str; 4] = ["Maren Holt", "Ole Åström", "Zoë Karr", "Ines Vale"];
    let mut dice = fastrand::Rng::with_seed(seed);
    for _ in 0..steps {
        if known.len() < 3 || dice.u64(..4) == 0 {
            let name = dice.choice(NAMES).unwrap();
            known.push(create(&app, name, dice.i32(0..100)).await.id);
            continue;
        }
        let at = dice.usize(..known.len());
        let id = known[at];
        let leads = &app.services.leads;
        match dice.u64(..10) {
            0 => {
                let change = leads.delete(&member(), id).await.unwrap();
                if dice.u64(..2) == 0 {
                    // On Postgres the change may get its `seq` a moment later.
                    app.services.changes.undo(&member(), change).await.unwrap();
                } else {
                    known.swap_remove(at);
                }
            }
            1 => {
                let stage = *dice.choice(Stage::ALL).unwrap();
                leads.update(&member(), id, edit(|set| set.stage = Some(stage))).await.unwrap();
            }
            2 => {
                let engaged = dice.u64(..2) == 0;
                leads.update(&member(), id, edit(|set| set.engaged = Some(engaged))).await.unwrap();
            }
            4 => {
                let value = (dice.u64(..3) > 0).then(|| dice.i64(0..100_000));
                leads.update(&member(), id, edit(|set| set.value = Some(value))).await.unwrap();
            }
            5..=7 => {
                let status = *dice.choice(Status::ALL).unwrap();
                leads.update(&member(), id, edit(|set| set.status = Some(status))).await.unwrap();
            }
            3 => {
                leads.add_note(&member(), id, "Called").await.unwrap();
            }
            _ => set_score(&app, id, dice.i32(0..100)).await,
        }
    }
}

/// Tabs on all servers disconnect at random while all servers write.
async fn tabs_follow(servers: &[TestServer], drop_one_in: u64) {
    let app = &servers[0].server.app;
    let secret = servers[0].secret(Role::Viewer).await;
    work(app.clone(), 99, 30).await;
    let mut enrolled = Vec::new();
    for n in 0..24 {
        enrolled.push(create(app, "Enrolled", n * 4).await);
    }
    // One is in both for each that is in either alone.
    let campaigns = [campaign(app, "Spring", &enrolled[..16]).await, campaign(app, "Autumn", &enrolled[8..]).await];
    let mut queries = queries();
    queries.extend(lists_and_boards(rules_of(campaigns)));
    for server in servers {
        told_everything(&server.live_url(), &secret, &app.store).await;
    }
    let mut tabs = Vec::new();
    for (at, query) in queries.iter().cloned().cycle().take(2 * queries.len()).enumerate() {
        tabs.push(Tab::open(&servers[at % servers.len()], &secret, query).await);
    }
    let worker = |at: usize| {
        let own = enrolled.iter().skip(at).step_by(4).map(|lead| lead.id).collect();
        tokio::spawn(work_on(servers[at % servers.len()].server.app.clone(), at as u64, 120, own))
    };
    let workers: Vec<_> = (0..4).map(worker).collect();
    let done = tokio_util::sync::CancellationToken::new();
    let following: Vec<_> = tabs
        .into_iter()
        .enumerate()
        .map(|(at, mut tab)| {
            let (store, done) = (servers[at % servers.len()].server.app.store.clone(), done.clone());
            tokio::spawn(async move {
                let mut dice = fastrand::Rng::with_seed(1_000 + at as u64);
                let mut drops = 0;
                while !done.is_cancelled() {
                    // `Head` arrives every second, so this returns.
                    tab.step(&store).await;
                    if drop_one_in > 0 && dice.u64(..drop_one_in) == 0 {
                        tab.drop_connection();
                        drops += 1;
                    }
                    if tab.view.seen % 16 == 0 && tab.client.is_none() {
                        // Stay disconnected for a while.
                        tokio::task::yield_now().await;
                    }
                }
                (tab, store, drops)
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    settled(&app.store).await;
    // One more change moves every head, so that every tab receives a message.
    create(app, "Last", 1).await;
    done.cancel();
    settled(&app.store).await;
    let mut dropped = 0;
    for tab in following {
        let (mut tab, store, drops) = tab.await.unwrap();
        dropped += drops;
        tab.must_equal(&store).await;
        assert_eq!(tab.resets, 0, "the log was enough");
    }
    assert!(drop_one_in == 0 || dropped > 12, "{dropped}");
    for server in servers {
        let counts = server.server.app.hub.metrics();
        assert!(counts.counted <= counts.queries, "each was counted once: {counts:?}");
    }
}

both_dbs!(random_changes_over_a_snapshot_are_the_database, sockets_that_drop_at_random_miss_nothing);

async fn random_changes_over_a_snapshot_are_the_database(db: &TestDb) {
    let servers = [TestServer::start(db).await];
    tabs_follow(&servers, 0).await;
    let [server] = servers;
    server.stop().await;
}

async fn sockets_that_drop_at_random_miss_nothing(db: &TestDb) {
    let servers = [TestServer::start(db).await];
    tabs_follow(&servers, 9).await;
    let [server] = servers;
    server.stop().await;
}

/// Two servers on one Postgres, each with its own sockets and writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_postgres_show_the_same() {
    let db = TestDb::postgres().await;
    let servers = [TestServer::start(&db).await, TestServer::start(&db).await];
    tabs_follow(&servers, 9).await;
    for server in servers {
        server.stop().await;
    }
}
