//! Writes many rows per statement. Only constant names are concatenated, never values.

use super::sql::Query;
use domain::Result;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// Rows per statement. With three sizes, any number of rows needs few statements, and each is prepared once.
const SIZES: [usize; 3] = [64, 8, 1];

/// `UPDATE <table> SET (<columns>) = (…) WHERE <first column> = $1`.
pub fn update(table: &str, columns: &str) -> Query {
    let names: Vec<&str> = columns.split(',').map(str::trim).collect();
    let values: Vec<String> = (1..=names.len()).map(|at| format!("${at}")).collect();
    let text = AssertSqlSafe(format!("UPDATE {table} SET ({columns}) = ({}) WHERE {} = $1", values.join(", "), names[0])).into_sql_str();
    Query::pair(text.clone(), text)
}

/// `INSERT INTO <table> (<columns>) VALUES (…), (…) <tail>`, for any number of rows.
#[derive(Clone)]
pub struct Bulk {
    /// For SQLite and Postgres, one per size.
    texts: [(SqlStr, SqlStr); SIZES.len()],
}

impl Bulk {
    /// `tail`: `ON CONFLICT …`, `RETURNING …` or empty.
    pub fn new(table: &str, columns: &str, tail: &str) -> Self {
        let width = columns.split(',').count();
        let text = |rows: usize, postgres: bool| {
            // SQLite copies every page that a statement of many rows touches, to be able to undo it alone. `OR FAIL` avoids that: a
            // failure rolls back the whole transaction anyway.
            let insert = if postgres { "INSERT" } else { "INSERT OR FAIL" };
            let mut text = format!("{insert} INTO {table} ({columns}) VALUES ");
            for at in 0..rows * width {
                let before = match (at, at % width) {
                    (0, _) => "(",
                    (_, 0) => "), (",
                    _ => ", ",
                };
                // SQLite looks named parameters up one by one, which is slow for thousands.
                let place = if postgres { format!("${}", at + 1) } else { "?".to_owned() };
                text.push_str(before);
                text.push_str(&place);
            }
            AssertSqlSafe(format!("{text}) {tail}")).into_sql_str()
        };
        Self { texts: SIZES.map(|rows| (text(rows, false), text(rows, true))) }
    }

    /// An upsert that replaces every column of a conflicting row: `ON CONFLICT (<key>) DO UPDATE SET …`.
    pub fn replacing(table: &str, columns: &str, key: &str) -> Self {
        let set: Vec<String> =
            columns.split(',').map(str::trim).filter(|one| *one != key).map(|one| format!("{one} = excluded.{one}")).collect();
        Self::new(table, columns, &format!("ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", ")))
    }

    /// The statements that write `rows`, each row bound by `bind`.
    pub fn queries<T>(&self, mut rows: &[T], bind: impl Fn(Query, &T) -> Result<Query>) -> Result<Vec<Query>> {
        let mut queries = Vec::with_capacity(rows.len() / SIZES[0] + 16);
        for (size, (sqlite, postgres)) in SIZES.iter().zip(&self.texts) {
            while rows.len() >= *size {
                let (now, later) = rows.split_at(*size);
                let query = now.iter().try_fold(Query::pair(sqlite.clone(), postgres.clone()), &bind)?;
                queries.push(query);
                rows = later;
            }
        }
        Ok(queries)
    }

    /// The statement that writes one row.
    pub fn one<T>(&self, row: &T, bind: impl Fn(Query, &T) -> Result<Query>) -> Result<Query> {
        let [.., (sqlite, postgres)] = &self.texts;
        bind(Query::pair(sqlite.clone(), postgres.clone()), row)
    }

    /// One statement of each size, for the test that prepares every statement.
    pub fn samples(&self) -> Vec<Query> {
        self.texts.iter().map(|(sqlite, postgres)| Query::pair(sqlite.clone(), postgres.clone())).collect()
    }
}
