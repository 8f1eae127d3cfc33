//! A statement and its values, for either database.

use domain::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::{
    Arguments, SqlSafeStr, SqlStr,
    error::BoxDynError,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
    types::Json,
};
use uuid::Uuid;

/// Text of a statement: the same for both databases, or one each where they must differ.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl Sql {
    pub const fn same(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }

    pub const fn of(self, postgres: bool) -> &'static str {
        if postgres { self.postgres } else { self.sqlite }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::same(text)
    }
}

/// A bound value. The variants hold `Option`, so that NULL keeps its type.
#[derive(Debug, Clone)]
pub enum Value {
    Id(Option<Uuid>),
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Bytes(Option<Vec<u8>>),
    /// TEXT in SQLite, JSONB in Postgres.
    Json(Option<Box<RawValue>>),
}

impl Value {
    /// # Errors
    /// Only for types that JSON cannot represent; no record is one.
    pub fn json<T: Serialize>(value: &T) -> domain::Result<Self> {
        serde_json::value::to_raw_value(value).map(|raw| Self::Json(Some(raw))).map_err(|error| {
            tracing::error!(%error, "a value could not be written as JSON");
            domain::Error::Internal
        })
    }
}

macro_rules! values {
    ($($from:ty => $variant:ident, $value:ident => $to:expr;)+) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                Self::$variant(Some($to))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$variant(value.map(|$value| $to))
            }
        }
    )+};
}

values! {
    Uuid => Id, id => id;
    String => Text, text => text;
    &str => Text, text => text.to_owned();
    i64 => Int, number => number;
    i32 => Int, number => i64::from(number);
    u32 => Int, number => i64::from(number);
    Timestamp => Int, at => at.0;
    bool => Bool, flag => flag;
    Vec<u8> => Bytes, bytes => bytes;
    [u8; 32] => Bytes, bytes => bytes.to_vec();
}

/// Lets statements bind these types of ids.
macro_rules! bind_ids {
    ($($id:ty),+) => {$(
        impl From<$id> for $crate::store::Value {
            fn from(id: $id) -> Self {
                Self::Id(Some(id.0))
            }
        }
        impl From<Option<$id>> for $crate::store::Value {
            fn from(id: Option<$id>) -> Self {
                Self::Id(id.map(|id| id.0))
            }
        }
    )+};
}
pub(crate) use bind_ids;

bind_ids!(domain::ChangeId, domain::Origin);

/// A statement ready to run.
#[derive(Debug, Clone)]
pub struct Query {
    sqlite: SqlStr,
    postgres: SqlStr,
    values: Vec<Value>,
    /// Whether connections cache the prepared statement.
    cached: bool,
}

/// `sql("SELECT … $1").bind(id)`, or with two texts: `sql(Sql { sqlite, postgres })`.
pub fn sql(text: impl Into<Sql>) -> Query {
    let Sql { sqlite, postgres } = text.into();
    Query { sqlite: sqlite.into_sql_str(), postgres: postgres.into_sql_str(), values: Vec::new(), cached: true }
}

impl Query {
    /// A text that was built at run time. Only `store::built` builds such texts.
    pub(super) fn built(text: SqlStr) -> Self {
        Self { sqlite: text.clone(), postgres: text, values: Vec::new(), cached: true }
    }

    /// Two texts that were built at run time by `store::bulk`.
    pub(super) fn pair(sqlite: SqlStr, postgres: SqlStr) -> Self {
        Self { sqlite, postgres, values: Vec::new(), cached: true }
    }

    /// Not cached: prepared anew each time.
    #[must_use]
    pub(super) fn once(self) -> Self {
        Self { cached: false, ..self }
    }

    pub(super) fn is_cached(&self) -> bool {
        self.cached
    }

    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    #[must_use]
    pub fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    pub(super) fn for_sqlite(self) -> (SqlStr, Result<SqliteArguments, BoxDynError>) {
        (self.sqlite, arguments::<SqliteArguments>(self.values))
    }

    pub(super) fn for_postgres(self) -> (SqlStr, Result<PgArguments, BoxDynError>) {
        (self.postgres, arguments::<PgArguments>(self.values))
    }
}

/// Fills the arguments of both databases; the two foreign types share no trait for this.
trait Fill: Default {
    fn push(&mut self, value: Value) -> Result<(), BoxDynError>;
}

macro_rules! fill {
    ($($arguments:ty),+) => {$(
        impl Fill for $arguments {
            fn push(&mut self, value: Value) -> Result<(), BoxDynError> {
                match value {
                    Value::Id(id) => self.add(id),
                    Value::Text(text) => self.add(text),
                    Value::Int(number) => self.add(number),
                    Value::Bool(flag) => self.add(flag),
                    Value::Bytes(bytes) => self.add(bytes),
                    Value::Json(json) => self.add(json.map(Json)),
                }
            }
        }
    )+};
}
fill!(SqliteArguments, PgArguments);

fn arguments<A: Fill>(values: Vec<Value>) -> Result<A, BoxDynError> {
    let mut arguments = A::default();
    for value in values {
        arguments.push(value)?;
    }
    Ok(arguments)
}

/// A row that can be read from either database: `#[derive(sqlx::FromRow)]` is enough.
pub trait Row: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin> Row for T {}
