//! One rule, three engines, one answer: the native matcher, SQLite and Postgres.

use crate::common::leads::*;
use domain::{
    LeadId,
    leads::{Lead, Stage},
    rule::{Facts, Matcher, Op, Rule, Value, generate},
};
use server::store::{Query, Store};
use std::collections::BTreeSet;
use uuid::Uuid;

const IDS: &str = "SELECT id FROM lead WHERE {rule}";
/// Rules per read, so that most of the time is spent in the databases.
const BATCH: usize = 250;

async fn ask(store: &Store, rules: Vec<Rule>) -> Vec<BTreeSet<LeadId>> {
    store
        .read(move |conn| {
            Box::pin(async move {
                let mut answers = Vec::with_capacity(rules.len());
                for rule in &rules {
                    let query = Query::with_rule(IDS, Vec::new(), rule, conn.is_postgres(), generate::NOW);
                    answers.push(conn.all::<(Uuid,)>(query).await?.into_iter().map(|(id,)| LeadId(id)).collect());
                }
                Ok(answers)
            })
        })
        .await
        .unwrap()
}

fn native(rule: &Rule, leads: &[Facts<'_>], ids: &[LeadId]) -> BTreeSet<LeadId> {
    let matcher = Matcher::new(rule, generate::NOW);
    leads.iter().zip(ids).filter(|(facts, _)| matcher.matches_facts(facts)).map(|(_, id)| *id).collect()
}

both_dbs! {
    async fn ten_thousand_random_rules_agree_with_the_native_engine(db: &TestDb) {
        let store = db.open().await;
        let leads = random_leads(&store, 200).await;
        let facts: Vec<_> = leads.iter().map(Facts::new).collect();
        let ids: Vec<_> = leads.iter().map(|lead| lead.id).collect();
        let rules = samples(generate::rules(), 10_000);
        let mut telling = 0;
        for batch in rules.chunks(BATCH) {
            for (rule, answer) in batch.iter().zip(ask(&store, batch.to_vec()).await) {
                let expected = native(rule, &facts, &ids);
                telling += usize::from(!expected.is_empty() && expected.len() < leads.len());
                assert_eq!(answer, expected, "{}", serde_json::to_string(rule).unwrap());
            }
        }
        assert!(telling > 2_000, "only {telling} rules told the leads apart");
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
        let leads = [buyer(1, 1_177, 1, Some(543)), buyer(2, 8_900, 2, Some(534)), buyer(3, 15_699, 6, Some(30)), buyer(4, 1_000_000, 60, Some(2)), buyer(5, 0, 0, None)];
        let rows = leads.clone();
        store
            .write(&domain::Actor::system(), move |tx| {
                Box::pin(async move {
                    crate::common::leads::insert(tx, rows.to_vec()).await
                })
            })
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
            let facts: Vec<_> = leads.iter().map(Facts::new).collect();
            assert_eq!(native(&rule, &facts, &leads.each_ref().map(|lead| lead.id)), expected, "{rule:?}");
            assert_eq!(ask(&store, vec![rule.clone()]).await, [expected], "{rule:?}");
        }
        store.close().await;
    }
}
