//! What is read of several leads at once: their stage moves, their companies.

use super::{Leads, row::MoveRow, sql};
use crate::store::{self, Value};
use domain::{Error, LeadId, Result, leads::StageMove};
use std::collections::HashMap;
use uuid::Uuid;

/// Most leads at once.
const LEADS: usize = 1_000;
/// Most moves of one lead, beside its first.
const MOVES: i64 = 200;

impl Leads {
    pub(super) async fn companies_of(&self, ids: &[LeadId]) -> Result<HashMap<LeadId, String>> {
        let query = store::sql(sql::COMPANIES).bind_all([of_many(ids)?]);
        let rows = self.store.read(move |conn| Box::pin(conn.all::<(Uuid, String)>(query))).await?;
        Ok(rows.into_iter().map(|(id, company)| (LeadId(id), company)).collect())
    }

    pub(super) async fn moves_of(&self, ids: &[LeadId]) -> Result<HashMap<LeadId, Vec<StageMove>>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = store::sql(sql::MOVES_OF_MANY).bind_all([of_many(ids)?]).bind(MOVES);
        let rows = self.store.read(move |conn| Box::pin(conn.all::<MoveRow>(query))).await?;
        let mut moves: HashMap<LeadId, Vec<StageMove>> = HashMap::new();
        for row in rows {
            moves.entry(row.lead_id()).or_default().push(row.try_into()?);
        }
        Ok(moves)
    }
}

fn of_many(ids: &[LeadId]) -> Result<Value> {
    if ids.len() > LEADS {
        return Err(Error::invalid("ids", format!("Ask for at most {LEADS} leads at once")));
    }
    Value::json(&ids)
}
