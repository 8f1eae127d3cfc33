//! Answers of the rule engine in a form that can be compared: the same code is called natively and in a browser.

use domain::{
    CampaignId, Moment, SegmentId, Timestamp, Zone,
    leads::Lead,
    rule::{EnrollmentFacts, Facts, Matcher, OrderFacts, Rule, SegmentRules, explain},
};
use serde::{Deserialize, Serialize};
use std::{fmt::Write, sync::Arc};
use wasm_bindgen::prelude::wasm_bindgen;

/// Leads for which each rule is explained: an explanation costs as much as many answers.
const EXPLAINED: usize = 5;

#[derive(Debug, Serialize, Deserialize)]
pub struct Cases {
    pub now: Timestamp,
    /// Each rule is evaluated in the next one of them.
    pub zones: Vec<Zone>,
    pub segments: Vec<(SegmentId, String, Rule)>,
    pub people: Vec<Person>,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Person {
    pub lead: Lead,
    /// Campaign and time of the reply.
    pub enrollments: Vec<(CampaignId, Option<Timestamp>)>,
    /// Time, amount and folded products.
    pub orders: Vec<(Timestamp, i64, Vec<String>)>,
}

impl Person {
    fn related(&self) -> (Vec<EnrollmentFacts>, Vec<OrderFacts>) {
        let enrollment = |&(campaign_id, replied_at): &(CampaignId, Option<Timestamp>)| EnrollmentFacts { campaign_id, replied_at };
        let order = |(ordered_at, amount, products): &(Timestamp, i64, Vec<String>)| OrderFacts {
            ordered_at: *ordered_at,
            amount: *amount,
            products: products.clone(),
        };
        (self.enrollments.iter().map(enrollment).collect(), self.orders.iter().map(order).collect())
    }
}

/// A line for each rule of `cases`, which are the JSON of `Cases`: how many leads match, a hash of the answers for all leads, and a hash of
/// the explanations for some.
///
/// # Panics
///
/// When the JSON is wrong, and when an explanation does not have the result that `matches` has.
#[wasm_bindgen]
pub fn answers(cases: &str) -> String {
    let cases: Cases = serde_json::from_str(cases).expect("cases as JSON");
    let segments: SegmentRules = cases.segments.into_iter().collect();
    let zones: Vec<Arc<Zone>> = cases.zones.into_iter().map(Arc::new).collect();
    let related: Vec<_> = cases.people.iter().map(Person::related).collect();
    let told = cases.people.iter().zip(&related);
    let facts: Vec<_> = told.map(|(person, (enrollments, orders))| Facts::new(&person.lead, enrollments).with_orders(orders)).collect();
    let step = facts.len().div_ceil(EXPLAINED).max(1);
    let mut lines = String::new();
    for (at, rule) in cases.rules.iter().enumerate() {
        let moment = Moment { now: cases.now, zone: zones[at % zones.len()].clone() };
        let matcher = Matcher::new(&segments.expand(rule).expect("a rule within the limits"), &moment);
        let found: Vec<bool> = facts.iter().map(|facts| matcher.matches(facts)).collect();
        let mut explained = String::new();
        for (facts, found) in facts.iter().zip(&found).skip(at % step).step_by(step) {
            let why = explain(rule, &segments, facts, &moment);
            assert_eq!(why.passed, *found, "{rule:?}");
            explained.push_str(&serde_json::to_string(&why).expect("an explanation as JSON"));
        }
        let count = found.iter().filter(|found| **found).count();
        let _ = writeln!(lines, "{count} {:016x} {:016x}", hash(found.into_iter().map(u8::from)), hash(explained.bytes()));
    }
    lines
}

/// FNV-1a.
fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
