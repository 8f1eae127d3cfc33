//! The figures that the real purchases of `tests/data` give, each told once: `cdnow_sample_truth.json`.

use domain::{
    Moment,
    rule::{Op, Rule, Value},
};
use serde_json::Value as Json;
use server::{
    leads::COUNT,
    orders, segments,
    store::{Query, Store, sql},
};

/// Every customer and order is counted once, every sum equals a recount, and the segments are those of the truth, as of its day.
pub async fn must_be_true(store: &Store) {
    let truth: Json = serde_json::from_str(include_str!("../data/cdnow_sample_truth.json")).unwrap();
    let cents = |value: &Json| (value.as_f64().unwrap() * 100.0).round() as i64;
    let sums = sql("SELECT COUNT(*), CAST(SUM(total_spend) AS BIGINT), CAST(SUM(visits) AS BIGINT) FROM lead");
    let sums = store.read(move |conn| Box::pin(conn.one::<(i64, i64, i64)>(sums))).await.unwrap();
    let [customers, orders] = ["customers", "orders"].map(|name| truth[name].as_i64().unwrap());
    assert_eq!(sums, (customers, cents(&truth["revenue"]), orders));
    let top = sql("SELECT customer_id, total_spend, visits FROM lead ORDER BY total_spend DESC LIMIT 5");
    let top = store.read(move |conn| Box::pin(conn.all::<(String, i64, i64)>(top))).await.unwrap();
    for ((customer, spend, visits), row) in top.iter().zip(truth["top5_by_total_spend"].as_array().unwrap()) {
        assert_eq!((Some(customer.as_str()), *spend, Some(*visits)), (row[0].as_str(), cents(&row[1]), row[2].as_i64()));
    }
    assert_eq!(orders::audit(store).await.unwrap(), [""; 0]);
    assert_eq!(segments::audit(store).await.unwrap(), [""; 0]);
    segments_must_be_true(store, &truth).await;
}

async fn segments_must_be_true(store: &Store, truth: &Json) {
    let now = Moment::utc(truth["now"].as_str().unwrap().parse().unwrap());
    let test = |field: &str, op, value: f64| Rule::test(field, op, Value::Number(value));
    let (spend, visits, days) = ("total_spend", "visits", "days_since_last_active");
    for (name, rule) in [
        ("total_spend > 100", test(spend, Op::Gt, 100.0)),
        ("total_spend > 100 AND days_since_last_active > 90", Rule::All(vec![test(spend, Op::Gt, 100.0), test(days, Op::Gt, 90.0)])),
        ("visits >= 5", test(visits, Op::Gte, 5.0)),
        ("visits = 1 OR total_spend < 20", Rule::Any(vec![test(visits, Op::Is, 1.0), test(spend, Op::Lt, 20.0)])),
        (
            "(total_spend > 200 AND visits >= 4) OR (days_since_last_active <= 30)",
            Rule::Any(vec![Rule::All(vec![test(spend, Op::Gt, 200.0), test(visits, Op::Gte, 4.0)]), test(days, Op::Lte, 30.0)]),
        ),
        ("NOT (visits >= 2)", Rule::Not(Box::new(test(visits, Op::Gte, 2.0)))),
    ] {
        let query = Query::with_rule(COUNT, Vec::new(), &rule, store.is_postgres(), &now);
        let (counted,) = store.read(move |conn| Box::pin(conn.one::<(i64,)>(query))).await.unwrap();
        assert_eq!(Some(counted), truth[name].as_i64(), "{name}");
    }
}
