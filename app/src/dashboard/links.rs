//! Addresses of the lists behind the figures.

use crate::address::Params;
use domain::{
    leads::{Connection, Stage, Status},
    rule::{Op, Rule, Value},
    zone::{Day, date_of},
};

fn leads(field: &str, op: Op, value: &str) -> String {
    let rule = Rule::All(vec![Rule::test(field, op, Value::Text(value.to_owned()))]);
    let mut params = Params::new();
    params.insert("rule", serde_json::to_string(&rule).unwrap_or_default());
    format!("/leads{}", params.to_query_string())
}

pub fn created_since(day: Day) -> String {
    leads("created_at", Op::Gte, &date_of(day))
}

pub fn created_on(day: Day) -> String {
    leads("created_at", Op::Is, &date_of(day))
}

pub fn replied_on(day: Day) -> String {
    leads("replied_at", Op::Is, &date_of(day))
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
