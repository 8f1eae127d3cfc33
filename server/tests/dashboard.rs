//! The counters that are kept beside the leads equal a recount, whatever was written, with restarts in between.

use crate::common::{
    TestDb,
    leads::{edit, member, new_lead, newest_change, settled},
};
use bytes::Bytes;
use domain::{
    Actor, ActorRef, LeadId, Role,
    imports::{ImportOptions, OnDuplicate, Target},
    leads::{Connection, NewLead, Stage, Status},
    services::{ImportService, LeadService},
};
use server::{
    imports::Imports,
    leads::Leads,
    live::Hub,
    store::{Store, sql},
};
use std::path::Path;

/// A sequence that is the same in each run: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

type Counts = Vec<(String, i64, i64, i64)>;

/// The kept counters without zeros, and the same by a recount.
async fn compare(store: &Store) -> Counts {
    const KEPT: &str = "
        SELECT kind, key, CAST(SUM(leads) AS BIGINT), CAST(SUM(value) AS BIGINT) FROM tally
        GROUP BY kind, key HAVING SUM(leads) <> 0 OR SUM(value) <> 0 ORDER BY kind, key";
    const COUNTED: &str = "
        SELECT 'connection:' || connection AS kind, 0 AS key, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY 1
        UNION ALL SELECT 'status:' || status, 0, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY 1
        UNION ALL SELECT 'stage', stage, COUNT(*), CAST(COALESCE(SUM(value), 0) AS BIGINT) FROM lead GROUP BY stage
        UNION ALL SELECT 'created', created_at / 86400000000, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY created_at / 86400000000
        ORDER BY 1, 2";
    let read = |text: &'static str| store.read(move |conn| Box::pin(conn.all::<(String, i64, i64, i64)>(sql(text))));
    let (kept, counted) = (read(KEPT).await.unwrap(), read(COUNTED).await.unwrap());
    assert_eq!(kept, counted);
    kept
}

fn random(dice: &mut Dice, n: usize) -> NewLead {
    NewLead {
        stage: dice.pick(Stage::ALL),
        status: dice.pick(Status::ALL),
        connection: dice.pick(Connection::ALL),
        value: (dice.below(3) > 0).then(|| dice.below(1_000) as i64 * 100),
        ..new_lead(&format!("Lead {n}"), &format!("l{n}@dash.example"))
    }
}

/// Some rows new, some known: by the file or by an address that was there.
fn file(dice: &mut Dice, n: usize, rows: usize) -> String {
    let mut text = "name,email,stage,status,value\n".to_owned();
    for _ in 0..rows {
        let (person, stage, status) = (dice.below(n + rows), dice.pick(Stage::ALL), dice.pick(Status::ALL));
        text.push_str(&format!("Lead {person},l{person}@dash.example,{stage},{status},{}\n", dice.below(900)));
    }
    text
}

struct House {
    store: Store,
    leads: Leads,
    imports: Imports,
}

impl House {
    async fn open(db: &TestDb, folder: &Path) -> Self {
        let store = db.open().await;
        let hub = Hub::start(store.clone());
        let imports = Imports::new(store.clone(), hub.clone(), folder.to_owned()).with_batch_rows(37);
        Self { leads: Leads::new(store.clone(), hub), imports, store }
    }

    /// Answers once it is over.
    async fn import(&self, dice: &mut Dice, n: usize, undo: bool) {
        let mut feed = self.store.feed();
        let system = Actor::system();
        let pieces = futures::stream::iter([Ok(Bytes::from(file(dice, n, 100)))]);
        let id = self.imports.receive(&system, "more.csv", pieces).await.unwrap().id;
        let on_duplicate = dice.pick(OnDuplicate::ALL);
        let mapping = vec![Target::Name, Target::Email, Target::Stage, Target::Status, Target::Value];
        self.imports.start(&system, id, ImportOptions { mapping, on_duplicate, ..ImportOptions::default() }).await.unwrap();
        for undo in if undo { vec![false, true] } else { vec![false] } {
            if undo {
                self.imports.undo(&system, id).await.unwrap();
            }
            while !self.imports.get(&system, id).await.unwrap().unwrap().data.status.is_over() {
                drop(feed.recv().await);
            }
        }
    }
}

both_dbs! {
    async fn kept_counters_equal_a_recount_after_any_changes_and_restarts(db: &TestDb) {
        let changes: usize = std::env::var("LINNET_TEST_CHANGES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_500);
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::open(db, folder.path()).await;
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let me = Actor { who: ActorRef::System, role: Role::Manager, ..member() };
        let (mut ids, mut gone, mut made): (Vec<LeadId>, Vec<LeadId>, usize) = (Vec::new(), Vec::new(), 0);
        for at in 0..changes {
            let pick = |dice: &mut Dice, ids: &[LeadId]| (!ids.is_empty()).then(|| dice.below(ids.len()));
            match dice.below(100) {
                0 => {
                    let undo = dice.below(2) == 0;
                    house.import(&mut dice, made, undo).await;
                }
                1..30 => {
                    made += 1;
                    // Its address may have come with a file.
                    if let Ok(lead) = house.leads.create(&me, random(&mut dice, made)).await {
                        ids.push(lead.id);
                    }
                }
                30..75 => if let Some(at) = pick(&mut dice, &ids) {
                    let to = random(&mut dice, made);
                    let fields = dice.below(8);
                    let set = edit(|patch| {
                        patch.stage = (fields & 1 > 0).then_some(to.stage);
                        patch.status = (fields & 2 > 0).then_some(to.status);
                        patch.value = (fields & 4 > 0).then_some(to.value);
                    });
                    house.leads.update(&me, ids[at], set).await.unwrap();
                },
                75..85 => if let Some(at) = pick(&mut dice, &ids) {
                    let id = ids.swap_remove(at);
                    house.leads.delete(&me, id).await.unwrap();
                    gone.push(id);
                },
                85..98 => if let Some(id) = gone.pop() {
                    settled(&house.store).await;
                    let change = newest_change(&house.store, id).await;
                    if house.leads.undo(&me, change).await.is_ok() {
                        ids.push(id);
                    }
                },
                // A refused write leaves no counts either.
                _ => assert!(house.leads.create(&me, new_lead("Nobody", "nowhere")).await.is_err()),
            }
            if at % (changes / 5).max(1) == 0 {
                compare(&house.store).await;
                house.imports.shutdown().await;
                house.store.close().await;
                house = House::open(db, folder.path()).await;
            }
        }
        let counts = compare(&house.store).await;
        assert!(counts.iter().filter(|(kind, ..)| kind == "stage").count() > 4, "{counts:?}");
        house.imports.shutdown().await;
        house.store.close().await;
    }

    async fn writes_at_once_count_once(db: &TestDb) {
        let folder = tempfile::tempdir().unwrap();
        let house = House::open(db, folder.path()).await;
        let me = member();
        let writes = (0..120).map(|n| {
            let (leads, me) = (house.leads.clone(), me.clone());
            tokio::spawn(async move {
                // Every third takes an address that is taken, or will be.
                let lead = leads.create(&me, new_lead("Lead", &format!("l{}@dash.example", n - n % 3 / 2))).await?;
                leads.update(&me, lead.id, edit(|patch| patch.stage = Some(Stage::ALL[n % 7]))).await
            })
        });
        let done = futures::future::join_all(writes).await.into_iter().filter(|done| done.as_ref().unwrap().is_ok()).count();
        let counts = compare(&house.store).await;
        assert_eq!((done, counts.iter().filter(|(kind, ..)| kind == "stage").map(|(_, _, leads, _)| leads).sum()), (80, 80));
        house.store.close().await;
    }
}
