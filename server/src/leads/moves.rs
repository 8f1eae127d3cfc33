//! Stage moves of several leads.

use super::{Leads, row::MoveRow, sql};
use crate::store::{self, Value};
use domain::{Error, LeadId, Result, leads::StageMove};
use std::collections::HashMap;

/// Most leads at once.
const LEADS: usize = 1_000;
/// Most moves of one lead, beside its first.
const MOVES: i64 = 200;

impl Leads {
    pub(super) async fn moves_of(&self, ids: &[LeadId]) -> Result<HashMap<LeadId, Vec<StageMove>>> {
        if ids.len() > LEADS {
            return Err(Error::invalid("ids", format!("Ask for at most {LEADS} leads at once")));
        }
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = store::sql(sql::MOVES_OF_MANY).bind_all([Value::json(&ids)?]).bind(MOVES);
        let rows = self.store.read(move |conn| Box::pin(conn.all::<MoveRow>(query))).await?;
        let mut moves: HashMap<LeadId, Vec<StageMove>> = HashMap::new();
        for row in rows {
            moves.entry(row.lead_id()).or_default().push(row.try_into()?);
        }
        Ok(moves)
    }
}
