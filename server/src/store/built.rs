//! The only file, besides `bulk.rs`, that builds SQL text at run time: constant statements with a rule's condition, and the begin of a
//! read. The condition comes from the rule compiler, which passes every value as a parameter.

use super::{
    conn::Conn,
    sql::{Query, Value},
};
use domain::{
    Moment, Result,
    rule::{Bind, Boundary, Dialect, Reach, Rule, to_sql},
};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use std::time::Duration;

/// Longest statement with a rule that connections keep prepared, in bytes.
const KEPT: usize = 4 * 1024;

impl Query {
    /// `template` with `{rule}` replaced by the rule's condition. `values` are `$1 … $n` of the template; the rule's values follow.
    pub fn with_rule(template: &str, values: Vec<Value>, rule: &Rule, postgres: bool, at: &Moment) -> Self {
        Self::reaching(Reach::Many, template, values, rule, postgres, at)
    }

    /// The same for a template that asks few leads by their ids, or a few at a time.
    pub fn with_rule_of_few(template: &str, values: Vec<Value>, rule: &Rule, postgres: bool, at: &Moment) -> Self {
        Self::reaching(Reach::Few, template, values, rule, postgres, at)
    }

    fn reaching(reach: Reach, template: &str, values: Vec<Value>, rule: &Rule, postgres: bool, at: &Moment) -> Self {
        let dialect = if postgres { Dialect::Postgres } else { Dialect::Sqlite };
        let part = to_sql(rule, dialect, reach, at, values.len() + 1);
        let text = template.replace("{rule}", &part.text);
        let binds = part.binds.into_iter().map(|bind| match bind {
            Bind::Text(text) => Value::Text(Some(text)),
            Bind::Int(number) => Value::Int(Some(number)),
            Bind::Bool(flag) => Value::Bool(Some(flag)),
            Bind::Uuid(id) => Value::Id(Some(id)),
        });
        // Connections cache 256 statements. Long ones, whose shape depends on the user's rule, are not cached.
        let is_long = text.len() > KEPT;
        let query = Self::built(AssertSqlSafe(text).into_sql_str()).bind_all(values).bind_all(binds);
        if is_long { query.once() } else { query }
    }
}

/// The next values that the boundary will pass, divided by `part` (in microseconds) and in order; at most `most`.
pub async fn next_passed(conn: &mut Conn, boundary: &Boundary, part: i64, most: usize) -> Result<Vec<i64>> {
    let Some(field) = boundary.field else { return Ok(boundary.midnights().take(most).map(|start| start / part).collect()) };
    let (table, column) = (field.source.table(), field.column);
    let text = format!("SELECT DISTINCT {column} / $1 AS part FROM {table} WHERE {column} >= $2 ORDER BY part LIMIT $3");
    let query = Query::built(AssertSqlSafe(text).into_sql_str()).bind(part).bind(boundary.from).bind(most as i64);
    Ok(conn.all::<(i64,)>(query).await?.into_iter().map(|(part,)| part).collect())
}

/// Begins a read transaction on Postgres, with `patience` as the time-out of each statement, and a name by which it can be cancelled.
/// `name` must come from the program itself: a number and an id.
pub(super) fn begin_read(patience: Duration, name: &str) -> SqlStr {
    let ms = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    let text = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {ms}; SET LOCAL application_name = '{name}'"
    );
    AssertSqlSafe(text).into_sql_str()
}
