//! Addresses of the lists behind the figures.

use crate::address::Params;
use domain::{
    Timestamp,
    leads::{Connection, Stage, Status},
    rule::{Op, Rule, Value},
};

fn leads(field: &str, op: Op, value: &str) -> String {
    let rule = Rule::All(vec![Rule::test(field, op, Value::Text(value.to_owned()))]);
    let mut params = Params::new();
    params.insert("rule", serde_json::to_string(&rule).unwrap_or_default());
    format!("/leads{}", params.to_query_string())
}

pub fn created_since(day: Timestamp) -> String {
    leads("created_at", Op::Gte, &day.date())
}

pub fn created_on(day: Timestamp) -> String {
    leads("created_at", Op::Is, &day.date())
}

pub fn replied_on(day: Timestamp) -> String {
    leads("replied_at", Op::Is, &day.date())
}

/// All leads who have been contacted.
pub fn contacted() -> String {
    leads("status", Op::IsNot, Status::Pending.as_str())
}

pub fn with_status(status: Status) -> String {
    leads("status", Op::Is, status.as_str())
}

pub fn with_connection(connection: Connection) -> String {
    leads("connection", Op::Is, connection.as_str())
}

pub fn in_stage(stage: Stage) -> String {
    leads("stage", Op::Is, stage.as_str())
}
