//! A tab that shows one query, and the expected rows.

use crate::common::{
    leads::{account_of, edit, member, new_lead, settled},
    live_client::{LiveClient, View},
    server::TestServer,
};
use domain::{
    CampaignId, Epoch, LeadId, SegmentId, Snapshot, Timestamp,
    campaigns::{CampaignStatus, NewCampaign, Selection},
    leads::{Lead, NewLead, StageSums},
    live::{ClientMessage, Query, Total},
    rule::{EnrollmentFacts, Facts, Matcher, Op, OrderFacts, Rule, SegmentRules, Value},
};
use server::{
    http::App,
    leads::{LEAD_COLUMNS, LeadRow},
    store::{self, Store, sql},
};
use sqlx::types::Json;
use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};
use uuid::Uuid;

static ALL: LazyLock<&'static str> = LazyLock::new(|| format!("SELECT {LEAD_COLUMNS} FROM lead").leak());

const ENROLLMENTS: &str =
    "SELECT lead_id, campaign_id, replied_at FROM enrollment JOIN campaign ON campaign.id = campaign_id WHERE NOT enrollment.gone";
const ORDERS: &str = "SELECT lead_id, ordered_at, amount FROM orders WHERE lead_id IS NOT NULL";
const SEGMENTS: &str = "SELECT id, name, rule FROM segment";
const IDS: &str = "SELECT id FROM lead WHERE {rule}";

/// The matching leads, by the native engine over all rows. The database must find the same.
pub async fn snapshot(store: &Store, rule: &Rule) -> Snapshot<Vec<Lead>> {
    let (at, asked) = (store.moment(), rule.clone());
    let all = store.snapshot(move |conn| {
        Box::pin(async move {
            let segments = conn.all::<(Uuid, String, Json<Rule>)>(sql(SEGMENTS)).await?;
            let segments: SegmentRules = segments.into_iter().map(|(id, name, Json(rule))| (SegmentId(id), name, rule)).collect();
            let asked = segments.expand(&asked)?;
            let matcher = Matcher::new(&asked, &at);
            let leads = conn.all::<LeadRow>(sql(*ALL)).await?;
            let enrollments = conn.all::<(Uuid, Uuid, Option<i64>)>(sql(ENROLLMENTS)).await?;
            let found = store::Query::with_rule(IDS, Vec::new(), &asked, conn.is_postgres(), &at);
            let orders = conn.all::<(Uuid, i64, i64)>(sql(ORDERS)).await?;
            Ok((leads, enrollments, orders, conn.all::<(Uuid,)>(found).await?, matcher))
        })
    });
    let all = all.await.unwrap();
    all.map(|(rows, enrolled, bought, found, matcher)| {
        let mut enrollments: HashMap<Uuid, Vec<EnrollmentFacts>> = HashMap::new();
        for (lead, campaign, replied_at) in enrolled {
            let one = EnrollmentFacts { campaign_id: CampaignId(campaign), replied_at: replied_at.map(Timestamp) };
            enrollments.entry(lead).or_default().push(one);
        }
        let mut orders: HashMap<Uuid, Vec<OrderFacts>> = HashMap::new();
        for (lead, ordered_at, amount) in bought {
            orders.entry(lead).or_default().push(OrderFacts { ordered_at: Timestamp(ordered_at), amount, products: Vec::new() });
        }
        let matches = |lead: &Lead| {
            let facts = Facts::new(lead, enrollments.get(&lead.id.0).map_or(&[], Vec::as_slice));
            matcher.matches(&facts.with_orders(orders.get(&lead.id.0).map_or(&[], Vec::as_slice)))
        };
        let leads: Vec<_> = rows.into_iter().map(|row| Lead::try_from(row).unwrap()).filter(matches).collect();
        let found: BTreeSet<_> = found.into_iter().map(|(id,)| LeadId(id)).collect();
        assert_eq!(leads.iter().map(|lead| lead.id).collect::<BTreeSet<_>>(), found);
        leads
    })
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
    lists_and_boards(rules())
}

pub fn lists_and_boards(rules: Vec<Rule>) -> Vec<Query> {
    rules.into_iter().flat_map(|rule| [Query::Leads { rule: rule.clone() }, Query::Board { rule }]).collect()
}

/// Who is in the campaign and has replied, in whichever.
pub fn replied_in(campaign: CampaignId) -> Rule {
    Rule::All(vec![in_campaign(campaign), Rule::test("replied_at", Op::IsSet, Value::None)])
}

pub fn in_campaign(campaign: CampaignId) -> Rule {
    Rule::test("campaign", Op::Is, Value::Text(campaign.to_string()))
}

/// Rules that ask for these campaigns.
pub fn rules_of([first, second]: [CampaignId; 2]) -> Vec<Rule> {
    vec![
        replied_in(first),
        Rule::All(vec![Rule::Not(Box::new(in_campaign(first))), score_from(30)]),
        Rule::Any(vec![replied_in(second), Rule::test("campaign", Op::IsEmpty, Value::None)]),
    ]
}

/// An active campaign with these leads.
pub async fn campaign(app: &App, name: &str, leads: &[Lead]) -> CampaignId {
    let new = NewCampaign { name: name.to_owned(), status: CampaignStatus::Active, ..NewCampaign::default() };
    let id = app.services.campaigns.create(&member(), new).await.unwrap().id;
    let which = Selection::Leads(leads.iter().map(|lead| lead.id).collect());
    account_of(&app.store, &member()).await;
    app.services.campaigns.enroll(&member(), id, which).await.unwrap();
    id
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

/// Waits until the hub has sent all changes, so that they are the past for those who come now.
pub async fn told_everything(url: &str, secret: &str, store: &Store) {
    settled(store).await;
    let head = store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of;
    while LiveClient::connect(url, secret, None).await.head < head {
        tokio::task::yield_now().await;
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
        told_everything(&self.url, &self.secret, store).await;
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
        // Deltas of a list carry what it shows.
        let rows: Vec<_> = self.view.rows.values().cloned().map(Lead::in_list).collect();
        let mut leads: Vec<_> = expected.data.into_iter().map(Lead::in_list).collect();
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
