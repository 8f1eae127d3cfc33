//! Output: one JSON line per figure.

use serde_json::{Map, Value, json};

pub fn line(name: &str, figures: Value) {
    let mut object = Map::from_iter([("bench".to_owned(), json!(name))]);
    if let Value::Object(figures) = figures {
        object.extend(figures);
    }
    println!("{}", Value::Object(object));
}

pub fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

/// Median, lowest and highest.
pub fn spread(mut numbers: Vec<f64>) -> Value {
    numbers.sort_by(f64::total_cmp);
    let median = numbers.get(numbers.len() / 2).copied().unwrap_or(0.0);
    json!({ "median": rounded(median), "min": rounded(numbers.first().copied().unwrap_or(0.0)), "max": rounded(numbers.last().copied().unwrap_or(0.0)) })
}
