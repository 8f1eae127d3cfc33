//! Prints random cases as one line of JSON, and the native answers below it: `rule-cases <rules> <leads>`.

use domain::{
    Zone,
    rule::{EnrollmentFacts, OrderFacts, generate},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use rules::{Cases, Person, answers};

fn main() {
    let mut counts = std::env::args().skip(1).map(|count| count.parse::<usize>().expect("a number"));
    let [rules, leads] = [(); 2].map(|()| counts.next().expect("two numbers: of rules and of leads"));
    let segments = generate::segments();
    let people = (generate::leads(), generate::enrollments(), generate::orders()).prop_map(|(lead, enrollments, orders)| Person {
        lead,
        enrollments: enrollments.into_iter().map(|EnrollmentFacts { campaign_id, replied_at }| (campaign_id, replied_at)).collect(),
        orders: orders.into_iter().map(|OrderFacts { ordered_at, amount, products }| (ordered_at, amount, products)).collect(),
    });
    let of_segment = |id| Some((id, segments.name(id)?.to_owned(), segments.rule(id)?.clone()));
    let cases = Cases {
        now: generate::NOW,
        // Changes on the day of `NOW`, by an hour and by half of one.
        zones: vec![
            Zone::utc(),
            Zone::new("Europe/Berlin", 3_600, [(1_774_746_000, 7_200), (1_792_890_000, 3_600)]),
            Zone::new("Half/Hours", -12_600, [(1_774_746_000, -10_800)]),
        ],
        segments: segments.ids().filter_map(of_segment).collect(),
        people: samples(&people, leads),
        rules: samples(&generate::rules(), rules),
    };
    let cases = serde_json::to_string(&cases).expect("cases as JSON");
    println!("{cases}");
    print!("{}", answers(&cases));
}

fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a sample").current()).collect()
}
