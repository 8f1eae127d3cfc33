//! The lead service on a fresh database, and helpers.

use super::TestDb;
use domain::{
    Actor, ActorRef, Change, ChangeId, LeadId, Record, Result, Role, UserId,
    leads::{Lead, LeadEdit, LeadPatch, NewLead},
    services::ChangeService,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use server::{
    changes::Changes,
    leads::{Leads, LogMode, Write, commit},
    live::Hub,
    store::{Store, Tx, log, sql},
};
use uuid::Uuid;

pub async fn service(db: &TestDb) -> (Store, Leads) {
    let store = db.open().await;
    let hub = Hub::start(store.clone());
    (with_member(store.clone()).await, Leads::new(store, hub))
}

pub fn member() -> Actor {
    Actor { who: ActorRef::User { id: UserId(Uuid::from_u128(7)), name: "Mia Member".into() }, role: Role::Member, ..Actor::system() }
}

pub fn new_lead(name: &str, email: &str) -> NewLead {
    NewLead { name: name.to_owned(), email: email.to_owned(), ..NewLead::default() }
}

/// A lead of 220 kB.
pub fn large(email: &str) -> NewLead {
    let custom = (0..60).map(|at| (format!("Field {at}"), format!("{at} {}", "c".repeat(2_000)))).collect();
    NewLead { notes: Some("n".repeat(99_000)), custom, ..new_lead("Ana", email) }
}

pub fn edit(set: impl FnOnce(&mut LeadPatch)) -> LeadEdit {
    let mut patch = LeadPatch::default();
    set(&mut patch);
    LeadEdit::set(patch)
}

/// An account that owns leads and cannot sign in.
pub async fn account(store: &Store, name: &str) -> UserId {
    let id = UserId(store.clock.id());
    account_of(store, &member_of(id, name)).await;
    id
}

/// Adds the actor's account, unless it is there.
pub async fn account_of(store: &Store, actor: &Actor) {
    let (id, name, role) = (actor.user_id().unwrap(), actor.who.name().to_owned(), actor.role.as_str());
    let insert = "INSERT INTO account (id, revision, email, name, role, password, created_at) VALUES ($1, 1, $2, $3, $4, '', 0) \
                  ON CONFLICT (id) DO NOTHING";
    let system = Actor::system();
    let write = store.write(&system, move |tx| {
        Box::pin(async move { tx.run(sql(insert).bind(id).bind(format!("{}@c.example", id.0)).bind(name).bind(role)).await })
    });
    write.await.unwrap();
}

/// The store, with an account of `member`, so that jobs run for them.
pub async fn with_member(store: Store) -> Store {
    account_of(&store, &member()).await;
    store
}

/// The member with this account.
pub fn member_of(id: UserId, name: &str) -> Actor {
    Actor { who: ActorRef::User { id, name: name.to_owned() }, ..member() }
}

/// The changes of a lead, newest first.
pub async fn changes_of(store: &Store, id: LeadId) -> Vec<Change> {
    store.read(move |conn| Box::pin(log::of_lead(conn, id, 1_000))).await.unwrap().changes
}

pub async fn newest_change(store: &Store, id: LeadId) -> ChangeId {
    changes_of(store, id).await[0].id
}

/// Undoes a change. Returns the record after it.
pub async fn undo(store: &Store, actor: &Actor, change: ChangeId) -> Result<Option<Record>> {
    Changes::new(store.clone()).undo(actor, change).await
}

/// `undo` of a change of a lead.
pub async fn undo_lead(store: &Store, actor: &Actor, change: ChangeId) -> Result<Option<Lead>> {
    Ok(undo(store, actor, change).await?.map(|record| record.as_lead().expect("a lead").clone()))
}

/// Waits until every committed change has its `seq`, which Postgres assigns a moment later.
pub async fn settled(store: &Store) {
    while !store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().pending.is_empty() {
        tokio::task::yield_now().await;
    }
}

/// `count` values of a strategy, deterministic.
pub fn samples<S: Strategy>(strategy: S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Inserts leads without changes of their own, as an import does.
pub async fn insert(tx: &mut Tx, leads: Vec<Lead>) -> Result<()> {
    let count = leads.len();
    assert_eq!(commit(tx, Write::Insert(leads), LogMode::Set).await?.written.len(), count);
    Ok(())
}

/// Inserts `count` copies of `lead` directly.
pub async fn copies(store: &Store, lead: Lead, count: i64) {
    let copy = |n| Lead { id: LeadId(Uuid::from_u128(n as u128)), email: format!("copy{n}@c.example"), ..lead.clone() };
    let rows = (0..count).map(copy).collect();
    let system = Actor::system();
    let write = store.write(&system, move |tx| Box::pin(async move { insert(tx, rows).await }));
    write.await.unwrap();
}

/// Inserts random leads directly. Their values are small enough to be summed up, like those of checked leads.
pub async fn random_leads(store: &Store, count: usize) -> Vec<Lead> {
    let mut leads = samples(domain::rule::generate::leads(), count);
    for lead in &mut leads {
        lead.value = lead.value.map(|value| value % 1_000_000_000_000_000);
    }
    let rows = leads.clone();
    let system = Actor::system();
    let write = store.write(&system, move |tx| Box::pin(async move { insert(tx, rows).await }));
    write.await.unwrap();
    leads
}
