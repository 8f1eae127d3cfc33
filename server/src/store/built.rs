//! The one file where SQL text is put together at run time: a constant statement with a rule's condition in it, and how a read begins.
//! The condition's text comes from the rule compiler, which takes every value as a parameter.

use super::sql::{Query, Value};
use domain::{
    Timestamp,
    rule::{Bind, Border, Dialect, Rule, to_sql},
};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use std::time::Duration;

/// Longest text of a rule's statement that connections keep prepared, in bytes.
const KEPT: usize = 4 * 1024;

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
        // Connections keep hundreds of statements: long ones, whose shape people choose, are not among them.
        let is_long = text.len() > KEPT;
        let query = Self::built(AssertSqlSafe(text).into_sql_str()).bind_all(values).bind_all(binds);
        if is_long { query.once() } else { query }
    }

    /// The next values that the border passes, at most `most`, in parts of `part` microseconds: each value divided by it, once.
    pub fn next_passed(border: &Border, part: i64, most: i64) -> Self {
        let (table, column) = (border.field.table(), border.field.column);
        let text = format!("SELECT DISTINCT {column} / $1 AS part FROM {table} WHERE {column} >= $2 ORDER BY part LIMIT $3");
        Self::built(AssertSqlSafe(text).into_sql_str()).bind(part).bind(border.from).bind(most)
    }
}

/// Begins a read on Postgres that takes `patience` for each statement at most, under a name by which it can be cancelled.
/// `name` is the program's own: a number and an id.
pub(super) fn begin_read(patience: Duration, name: &str) -> SqlStr {
    let ms = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    let text = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {ms}; SET LOCAL application_name = '{name}'"
    );
    AssertSqlSafe(text).into_sql_str()
}
