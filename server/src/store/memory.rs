//! What writes must know beforehand, such as the rules of all segments, kept in memory. Whatever changes it begins a new generation, and
//! the next write reads it anew.

use super::{
    sql::{Sql, sql},
    tx::Tx,
};
use domain::Result;
use std::{
    any::Any,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[Sql::same(READ), Sql::same(BEGIN), NUMBERED];

const READ: &str = "SELECT value FROM meta WHERE key = 'generation'";
const BEGIN: &str = "INSERT INTO meta (key, value) VALUES ('generation', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const NUMBERED: Sql = Sql { sqlite: "SELECT '0'", postgres: "SELECT CAST(pg_current_xact_id() AS TEXT)" };

/// One per store.
pub(super) struct Memory {
    /// Only this program begins generations: a server on SQLite.
    alone: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    generation: Uuid,
    values: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Memory {
    pub(super) fn new(alone: bool) -> Self {
        Self { alone, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything: of generations that were rolled back, and of those that another program may have begun.
    pub(super) fn forget(&self, generation: Uuid) {
        *self.state() = State { generation, values: Vec::new() };
    }
}

impl Tx {
    async fn generation(&mut self) -> Result<Uuid> {
        if self.memory.alone {
            return Ok(self.memory.state().generation);
        }
        let known = self.optional::<(String,)>(sql(READ)).await?;
        Ok(known.and_then(|(text,)| Uuid::parse_str(&text).ok()).unwrap_or_default())
    }

    /// What is kept in memory of this generation. Where nothing is, `remember` keeps what the caller reads.
    pub async fn remembered<T: Any + Send + Sync>(&mut self) -> Result<Remembered<T>> {
        let generation = self.generation().await?;
        let state = self.memory.state();
        let mut values = state.values.iter().filter(|_| state.generation == generation);
        Ok(match values.find_map(|one| one.clone().downcast::<T>().ok()) {
            Some(value) => Remembered::Value(value),
            None => Remembered::Nothing(generation),
        })
    }

    /// Keeps a value that was read in this transaction.
    pub fn remember<T: Any + Send + Sync>(&mut self, generation: Uuid, value: Arc<T>) {
        let mut state = self.memory.state();
        if state.generation != generation {
            *state = State { generation, values: Vec::new() };
        }
        state.values.push(value);
    }

    /// Begins a generation, because this transaction changes what others keep in memory. On Postgres, others may write by what they
    /// read before until `Store::earlier_writes_end`.
    pub async fn begin_generation(&mut self) -> Result<()> {
        // Never a number: one that was rolled back must not come again with other content.
        let generation = self.new_id();
        self.run(sql(BEGIN).bind(generation.to_string())).await?;
        self.memory.forget(generation);
        Ok(())
    }

    /// Makes this transaction one that `Store::earlier_writes_end` waits for. Writing or locking a row does so too.
    pub async fn announce(&mut self) -> Result<()> {
        if self.conn.is_postgres() { self.one::<(String,)>(sql(NUMBERED)).await.map(drop) } else { Ok(()) }
    }
}

/// See `Tx::remembered`.
pub enum Remembered<T> {
    Value(Arc<T>),
    Nothing(Uuid),
}
