//! The one file where SQL text is put together at run time: a constant statement with a rule's condition in it.
//! The condition's text comes from the rule compiler, which takes every value as a parameter.

use super::sql::{Query, Value};
use domain::{
    Timestamp,
    rule::{Bind, Dialect, Rule, to_sql},
};
use sqlx::{AssertSqlSafe, SqlSafeStr};

impl Query {
    /// `template` with `{rule}` replaced by the rule's condition. `values` are `$1 … $n` of the template; the rule's come after them.
    pub fn with_rule(template: &str, values: Vec<Value>, rule: &Rule, postgres: bool, now: Timestamp) -> Self {
        let dialect = if postgres { Dialect::Postgres } else { Dialect::Sqlite };
        let part = to_sql(rule, dialect, now, values.len() + 1);
        let text = template.replace("{rule}", &part.text);
        let binds = part.binds.into_iter().map(|bind| match bind {
            Bind::Text(text) => Value::Text(Some(text)),
            Bind::Int(number) => Value::Int(Some(number)),
            Bind::Bool(flag) => Value::Bool(Some(flag)),
            Bind::Uuid(id) => Value::Id(Some(id)),
        });
        Self::built(AssertSqlSafe(text).into_sql_str()).bind_all(values).bind_all(binds)
    }
}
