//! One rule, three engines, one answer: the native matcher, SQLite and Postgres.

use crate::common::TestDb;
use crate::common::leads::*;
use domain::{
    CampaignId, LeadId,
    leads::{Lead, Stage},
    rule::{EnrollmentFacts, Facts, Matcher, Op, Rule, Source, Value, generate},
};
use server::store::{Query, Store, sql};
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

both_dbs!(ten_thousand_random_rules_agree_with_the_native_engine, buyers_are_told_apart);

async fn ten_thousand_random_rules_agree_with_the_native_engine(db: &TestDb) {
    let store = db.open().await;
    let leads = random_leads(&store, 200).await;
    let enrollments = random_enrollments(&store, &leads).await;
    let facts: Vec<_> = leads.iter().zip(&enrollments).map(|(lead, enrollments)| Facts::new(lead, enrollments)).collect();
    let ids: Vec<_> = leads.iter().map(|lead| lead.id).collect();
    let rules = samples(generate::rules(), 10_000);
    let (mut telling, mut of_enrollments) = (0, 0);
    for batch in rules.chunks(BATCH) {
        for (rule, answer) in batch.iter().zip(ask(&store, batch.to_vec()).await) {
            let expected = native(rule, &facts, &ids);
            let tells = !expected.is_empty() && expected.len() < leads.len();
            telling += usize::from(tells);
            of_enrollments += usize::from(tells && rule.asks_of(Source::Enrollments));
            assert_eq!(answer, expected, "{}", serde_json::to_string(rule).unwrap());
        }
    }
    assert!(telling > 2_000, "only {telling} rules told the leads apart");
    assert!(of_enrollments > 200, "only {of_enrollments} of them by their campaigns");
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
        assert_eq!(native(&rule, &facts, &leads.each_ref().map(|lead| lead.id)), expected, "{rule:?}");
        assert_eq!(ask(&store, vec![rule.clone()]).await, [expected], "{rule:?}");
    }
    store.close().await;
}
