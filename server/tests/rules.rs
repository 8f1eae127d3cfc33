//! One rule, three engines, one answer: the native matcher, SQLite and Postgres.

use crate::common::TestDb;
use crate::common::leads::*;
use domain::{
    CampaignId, LeadId, Moment,
    leads::{Lead, Stage},
    rule::{EnrollmentFacts, Facts, Matcher, Op, OrderFacts, OrderFilter, Rule, Source, Value, generate},
};
use server::{
    store::{Query, Store, sql},
    zones,
};
use std::collections::BTreeSet;
use uuid::Uuid;

const IDS: &str = "SELECT id FROM lead WHERE {rule}";
/// The same for leads that are looked up by their ids.
const AMONG: &str = "SELECT id FROM lead WHERE id IN (SELECT id FROM lead) AND {rule}";
/// Rules per read, so that most of the time is spent in the databases.
const BATCH: usize = 250;

async fn ask(store: &Store, at: &Moment, rules: Vec<Rule>) -> Vec<BTreeSet<LeadId>> {
    let at = at.clone();
    ask_by(store, rules, move |rule, postgres| Query::with_rule(IDS, Vec::new(), rule, postgres, &at)).await
}

async fn ask_few(store: &Store, at: &Moment, rules: Vec<Rule>) -> Vec<BTreeSet<LeadId>> {
    let at = at.clone();
    ask_by(store, rules, move |rule, postgres| Query::with_rule_of_few(AMONG, Vec::new(), rule, postgres, &at)).await
}

async fn ask_by(store: &Store, rules: Vec<Rule>, query: impl Fn(&Rule, bool) -> Query + Send + 'static) -> Vec<BTreeSet<LeadId>> {
    store
        .read(move |conn| {
            Box::pin(async move {
                let mut answers = Vec::with_capacity(rules.len());
                for rule in &rules {
                    let query = query(rule, conn.is_postgres());
                    answers.push(conn.all::<(Uuid,)>(query).await?.into_iter().map(|(id,)| LeadId(id)).collect());
                }
                Ok(answers)
            })
        })
        .await
        .unwrap()
}

fn native(rule: &Rule, at: &Moment, leads: &[Facts<'_>], ids: &[LeadId]) -> BTreeSet<LeadId> {
    let matcher = Matcher::new(rule, at);
    leads.iter().zip(ids).filter(|(facts, _)| matcher.matches(facts)).map(|(_, id)| *id).collect()
}

const CAMPAIGN: &str = "
INSERT INTO campaign (id, edited, name, name_fold, search, description, status, steps, created_by, created_at, updated_at)
VALUES ($1, 1, $2, $2, $2, '', 'active', '[]', '', 0, 0)";
const ENROLLMENT: &str = "
INSERT INTO enrollment (campaign_id, lead_id, state, old_step, step_at, messages, enrolled_at, replied_at, gone)
VALUES ($1, $2, 'pending', 0, 0, 0, 0, $3, $4)";

/// Random enrollments of leads, in the store as they are; beside them some that do not count, of a deleted campaign and of a lead that was
/// gone from it.
async fn random_enrollments(store: &Store, leads: &[Lead]) -> Vec<Vec<EnrollmentFacts>> {
    let enrollments = samples(generate::enrollments(), leads.len());
    let mut rows = Vec::new();
    for (at, (lead, counted)) in leads.iter().zip(&enrollments).enumerate() {
        rows.extend(counted.iter().map(|one| (one.campaign_id, lead.id, one.replied_at, false)));
        let gone = generate::campaigns().into_iter().find(|id| counted.iter().all(|one| one.campaign_id != *id));
        rows.extend(gone.filter(|_| at % 3 == 0).map(|id| (id, lead.id, Some(generate::NOW), true)));
        rows.extend((at % 4 == 0).then_some((CampaignId(Uuid::from_u128(99)), lead.id, Some(generate::NOW), false)));
    }
    let system = domain::Actor::system();
    let write = store.write(&system, move |tx| {
        Box::pin(async move {
            for id in generate::campaigns() {
                tx.run_one(sql(CAMPAIGN).bind(id).bind(id.to_string())).await?;
            }
            for (campaign, lead, replied_at, gone) in rows {
                tx.run_one(sql(ENROLLMENT).bind(campaign).bind(lead).bind(replied_at).bind(gone)).await?;
            }
            Ok(())
        })
    });
    write.await.unwrap();
    enrollments
}

const ORDER: &str = "
INSERT INTO orders (id, customer, lead_id, amount, lines, ordered_at, created_at, updated_at, search)
VALUES ($1, '', $2, $3, '[]', $4, 0, 0, '')";
const PRODUCT: &str = "INSERT INTO order_product (order_id, product) VALUES ($1, $2)";

/// Random orders of leads, in the store as they are; beside them some that wait, which do not count.
async fn random_orders(store: &Store, leads: &[Lead]) -> Vec<Vec<OrderFacts>> {
    let orders = samples(generate::orders(), leads.len());
    let of = |(lead, orders): (&Lead, &Vec<OrderFacts>)| orders.iter().map(|order| (Some(lead.id), order.clone())).collect::<Vec<_>>();
    let mut rows: Vec<_> = leads.iter().zip(&orders).flat_map(of).collect();
    let waiting: Vec<_> = rows.iter().step_by(5).map(|(_, order)| (None, order.clone())).collect();
    rows.extend(waiting);
    let system = domain::Actor::system();
    let write = store.write(&system, move |tx| {
        Box::pin(async move {
            for (lead, order) in rows {
                let id = tx.new_id();
                tx.run_one(sql(ORDER).bind(id).bind(lead).bind(order.amount).bind(order.ordered_at)).await?;
                for product in order.products {
                    tx.run_one(sql(PRODUCT).bind(id).bind(product)).await?;
                }
            }
            Ok(())
        })
    });
    write.await.unwrap();
    orders
}

both_dbs!(random_rules_agree_with_the_native_engine, buyers_are_told_apart);

/// `LINNET_TEST_RULES` and `LINNET_TEST_RULE_LEADS` ask for more rules, and for more leads.
fn wanted(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |number| number.parse().unwrap())
}

async fn random_rules_agree_with_the_native_engine(db: &TestDb) {
    let store = db.open().await;
    let leads = random_leads(&store, wanted("LINNET_TEST_RULE_LEADS", 200)).await;
    let enrollments = random_enrollments(&store, &leads).await;
    let orders = random_orders(&store, &leads).await;
    let told = leads.iter().zip(&enrollments).zip(&orders);
    let facts: Vec<_> = told.map(|((lead, enrollments), orders)| Facts::new(lead, enrollments).with_orders(orders)).collect();
    let ids: Vec<_> = leads.iter().map(|lead| lead.id).collect();
    let asked = samples(generate::rules(), wanted("LINNET_TEST_RULES", 10_000));
    let of_segments = asked.iter().filter(|rule| rule.asks_of(Source::Segments)).count();
    assert!(of_segments > 200, "only {of_segments} rules name segments");
    let rules: Vec<Rule> = asked.iter().map(|rule| generate::segments().expand(rule).unwrap()).collect();
    let (mut telling, mut of_enrollments, mut of_orders) = (0, 0, 0);
    for (batch, zone) in rules.chunks(BATCH).zip(generate::ZONES.iter().cycle()) {
        let at = Moment { now: generate::NOW, zone: zones::zone(zone) };
        assert_eq!(at.zone.name(), *zone);
        let few = ask_few(&store, &at, batch.to_vec()).await;
        for ((rule, answer), few) in batch.iter().zip(ask(&store, &at, batch.to_vec()).await).zip(few) {
            let expected = native(rule, &at, &facts, &ids);
            let tells = !expected.is_empty() && expected.len() < leads.len();
            telling += usize::from(tells);
            of_enrollments += usize::from(tells && rule.asks_of(Source::Enrollments));
            of_orders += usize::from(tells && rule.asks_of(Source::Orders));
            assert_eq!(few, expected, "of few, {zone}: {}", serde_json::to_string(rule).unwrap());
            assert_eq!(answer, expected, "{zone}: {}", serde_json::to_string(rule).unwrap());
        }
    }
    assert!(telling > 2_000, "only {telling} rules told the leads apart");
    assert!(of_enrollments > 200, "only {of_enrollments} of them by their campaigns");
    assert!(of_orders > 400, "only {of_orders} of them by their orders");
    store.close().await;
}

/// On SQLite, rules over orders read indexes alone: those of a time, of a product, and of one lead.
#[tokio::test]
async fn orders_are_found_by_their_indexes() {
    let db = TestDb::sqlite().await;
    let store = db.open().await;
    let last = |days| OrderFilter { within_days: Some(days), ..OrderFilter::default() };
    let tea = || OrderFilter { product: Some("Tea".into()), ..last(30.0) };
    let number = |field: &str, op, number, which| Rule::of_orders(field, op, Value::Number(number), which);
    for rule in [
        number("orders", Op::Gte, 2.0, last(30.0)),
        number("orders", Op::Is, 0.0, last(180.0)),
        number("order_total", Op::Gte, 5_000.0, last(90.0)),
        number("orders", Op::Gte, 2.0, tea()),
        Rule::test("last_order_at", Op::OlderThanDays, Value::Number(30.0)),
        Rule::Any(vec![number("orders", Op::Gte, 9.0, OrderFilter::default()), number("order_total", Op::Lt, 10.0, tea())]),
    ] {
        let steps = async |query: Query| -> Vec<String> {
            let plan = store.read(move |conn| Box::pin(conn.all::<(i64, i64, i64, String)>(query))).await.unwrap();
            plan.into_iter().map(|(.., step)| step).filter(|step| step.contains("order")).collect()
        };
        let many = steps(Query::with_rule(
            "EXPLAIN QUERY PLAN SELECT COUNT(*) FROM lead WHERE {rule}",
            Vec::new(),
            &rule,
            false,
            &generate::now(),
        ));
        let few = "EXPLAIN QUERY PLAN SELECT id FROM lead WHERE id IN (SELECT unhex(value) FROM json_each($1)) AND {rule}";
        let few = steps(Query::with_rule_of_few(few, vec!["[]".to_owned().into()], &rule, false, &generate::now())).await;
        for step in many.await.iter().chain(&few) {
            assert!(step.contains("INDEX") || step.contains("PRIMARY KEY"), "{rule:?}: {step}");
        }
        assert!(few.iter().any(|step| step.starts_with("SEARCH orders USING COVERING INDEX orders_lead (lead_id=?")), "{rule:?}: {few:?}");
    }
    store.close().await;
}

// Buyers as in the public CDNOW data: frequency, amount, recency.
async fn buyers_are_told_apart(db: &TestDb) {
    let store = db.open().await;
    let buyer = |n: u128, spend: i64, visits: i64, days: Option<i64>| -> Lead {
        let mut lead = generate::plain_lead();
        lead.id = LeadId(Uuid::from_u128(n));
        lead.email = format!("buyer{n}@b.example");
        (lead.total_spend, lead.visits) = (spend, visits);
        lead.last_active_at = days.map(|days| generate::NOW.plus_days(-days));
        lead.stage = if n.is_multiple_of(2) { Stage::ClosedWon } else { Stage::NewLead };
        lead
    };
    let leads = [
        buyer(1, 1_177, 1, Some(543)),
        buyer(2, 8_900, 2, Some(534)),
        buyer(3, 15_699, 6, Some(30)),
        buyer(4, 1_000_000, 60, Some(2)),
        buyer(5, 0, 0, None),
    ];
    let rows = leads.clone();
    store
        .write(&domain::Actor::system(), move |tx| Box::pin(async move { crate::common::leads::insert(tx, rows.to_vec()).await }))
        .await
        .unwrap();
    let number = |field: &str, op, value| Rule::test(field, op, Value::Number(value));
    let big = number("total_spends", Op::Gt, 100.0);
    let often = number("visit_count", Op::Gte, 6.0);
    let asleep = number("last_visit_date", Op::OlderThanDays, 90.0);
    let cases = [
        (big.clone(), vec![3, 4]),
        (number("totalSpend", Op::Is, 156.99), vec![3]),
        (Rule::All(vec![big.clone(), number("inactive_days", Op::Lt, 30.0)]), vec![4]),
        (asleep.clone(), vec![1, 2]),
        (Rule::Not(Box::new(asleep.clone())), vec![3, 4, 5]),
        (Rule::Any(vec![asleep, often.clone()]), vec![1, 2, 3, 4]),
        (Rule::test("last_active_at", Op::IsEmpty, Value::None), vec![5]),
        (Rule::All(vec![often, Rule::test("current_stage", Op::Is, Value::Text("Closed Won".into()))]), vec![4]),
        (Rule::Any(Vec::new()), vec![]),
    ];
    for (rule, expected) in cases {
        let rule = rule.check().unwrap();
        let expected: BTreeSet<_> = expected.into_iter().map(|n| LeadId(Uuid::from_u128(n))).collect();
        let facts: Vec<_> = leads.iter().map(|lead| Facts::new(lead, &[])).collect();
        assert_eq!(native(&rule, &generate::now(), &facts, &leads.each_ref().map(|lead| lead.id)), expected, "{rule:?}");
        assert_eq!(ask(&store, &generate::now(), vec![rule.clone()]).await, [expected], "{rule:?}");
    }
    store.close().await;
}
