//! A tab that shows one query, and the expected rows.

use crate::common::{
    leads::{edit, member, new_lead, settled},
    live_client::{LiveClient, View},
    server::TestServer,
};
use domain::{
    Epoch, LeadId, Snapshot,
    leads::{Lead, NewLead, StageSums},
    live::{ClientMessage, Query, Total},
    rule::{Matcher, Op, Rule, Value},
};
use server::{
    http::App,
    leads::{LEAD_COLUMNS, LeadRow},
    store::{Store, sql},
};
use std::sync::LazyLock;

static ALL: LazyLock<&'static str> = LazyLock::new(|| format!("SELECT {LEAD_COLUMNS} FROM lead").leak());

/// The matching leads, by the native engine over all rows.
pub async fn snapshot(store: &Store, rule: &Rule) -> Snapshot<Vec<Lead>> {
    let matcher = Matcher::new(rule, store.clock.now());
    let all = store.snapshot(|conn| Box::pin(async move { conn.all::<LeadRow>(sql(*ALL)).await })).await.unwrap();
    all.map(|rows| rows.into_iter().map(|row| Lead::try_from(row).unwrap()).filter(|lead| matcher.matches(lead)).collect())
}

pub fn score_from(score: i32) -> Rule {
    Rule::test("score", Op::Gte, Value::Number(f64::from(score)))
}

pub fn rules() -> Vec<Rule> {
    vec![
        Rule::everyone(),
        score_from(50),
        Rule::test("stage", Op::Is, Value::Text("Negotiation".to_owned())),
        Rule::Not(Box::new(Rule::Any(vec![Rule::search("ar"), Rule::test("engaged", Op::Is, Value::Flag(true))]))),
    ]
}

/// Each rule as a list and as a board.
pub fn queries() -> Vec<Query> {
    rules().into_iter().flat_map(|rule| [Query::Leads { rule: rule.clone() }, Query::Board { rule }]).collect()
}

pub fn list(rule: Rule) -> Query {
    Query::Leads { rule }
}

/// The total of the leads, computed independently.
pub fn total(query: &Query, leads: &[Lead]) -> Total {
    match query {
        Query::Board { .. } => {
            Total::Stages(leads.iter().fold(StageSums::default(), |sums, lead| sums.with(lead.stage, 1, lead.value.unwrap_or_default())))
        }
        _ => Total::Count(leads.len() as i64),
    }
}

/// A tab that shows one query and reads again after each `Reset`.
pub struct Tab {
    pub query: Query,
    rule: Rule,
    pub view: View,
    pub client: Option<LiveClient>,
    url: String,
    secret: String,
    epoch: Option<Epoch>,
    pub id: u32,
    pub resets: usize,
}

impl Tab {
    pub async fn open(server: &TestServer, secret: &str, query: Query) -> Self {
        let (Query::Leads { rule } | Query::Board { rule }) = query.clone() else { panic!("{query:?}") };
        let view = View::new(snapshot(&server.server.app.store, &rule).await);
        Self { query, rule, view, client: None, url: server.live_url(), secret: secret.to_owned(), epoch: None, id: 0, resets: 0 }
    }

    /// Reads one message; reconnects first if necessary.
    pub async fn step(&mut self, store: &Store) {
        if self.view.must_read {
            self.resets += 1;
            let total = self.view.total;
            self.view = View::new(snapshot(store, &self.rule).await);
            self.view.total = total;
            if let Some(client) = &mut self.client {
                client.say(&ClientMessage::Unsubscribe { id: self.id }).await;
                self.id += 1;
                client.subscribe(self.id, &self.query, self.view.seen).await;
            }
        }
        if self.client.is_none() {
            let mut client = LiveClient::connect(&self.url, &self.secret, self.epoch).await;
            self.epoch = Some(client.epoch);
            client.subscribe(self.id, &self.query, self.view.seen).await;
            self.client = Some(client);
        }
        match self.client.as_mut().unwrap().hear().await {
            Some(message) => self.view.take(self.id, &message),
            None => self.drop_connection(),
        }
    }

    /// Waits until the hub has sent all changes to others, so that this tab's next subscription is replayed from the log.
    pub async fn told_everything(&self, store: &Store) {
        settled(store).await;
        let head = store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of;
        while LiveClient::connect(&self.url, &self.secret, None).await.head < head {
            tokio::task::yield_now().await;
        }
    }

    pub fn drop_connection(&mut self) {
        self.client = None;
        self.view.disconnected();
    }

    /// Reads until all changes have arrived, then compares with the database. There must be no concurrent writes.
    pub async fn must_equal(&mut self, store: &Store) {
        settled(store).await;
        let expected = snapshot(store, &self.rule).await;
        while self.view.seen < expected.as_of || self.view.must_read || self.client.is_none() {
            self.step(store).await;
        }
        let rows: Vec<_> = self.view.rows.values().cloned().collect();
        let mut leads = expected.data;
        leads.sort_by_key(|lead| lead.id);
        assert_eq!(rows, leads);
        // The total may need another count, which arrives later.
        while self.view.total != Some(total(&self.query, &leads)) {
            self.step(store).await;
        }
    }
}

pub async fn create(app: &App, name: &str, score: i32) -> Lead {
    let new = NewLead { score, ..new_lead(name, &format!("{}@live.example", app.store.clock.id())) };
    app.services.leads.create(&member(), new).await.unwrap()
}

pub async fn set_score(app: &App, id: LeadId, score: i32) {
    app.services.leads.update(&member(), id, edit(|set| set.score = Some(score))).await.unwrap();
}
