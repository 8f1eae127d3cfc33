//! The board: the first leads of each stage from one snapshot, and their sums as far as they are known.

use super::{Leads, list};
use crate::{named_rules, store::Query};
use domain::{
    Actor, Error, Result, Snapshot,
    leads::{Board, BoardColumn, BoardQuery, LeadQuery, Stage},
    live::{Query as Live, Total},
    rule::{Op, Rule, Value},
};
use std::time::Duration;

/// Most leads of one column in one request.
const LIMIT: u32 = 200;
/// Longest wait for the sums; longer than a list waits for its total, because a board without sums is of little use.
const SUMS_WAIT: Duration = Duration::from_millis(250);

/// Bytes after which the columns of a board end, together.
const BYTES: usize = 4 * 1024 * 1024;

impl Leads {
    pub(super) async fn stages(&self, actor: &Actor, query: &BoardQuery) -> Result<Snapshot<Board>> {
        if !(1..=LIMIT).contains(&query.limit) {
            return Err(Error::invalid("limit", format!("Ask for 1 to {LIMIT} leads of each stage at once")));
        }
        let rule = query.rule.clone().check()?;
        let (sort, limit, at) = (query.sort, query.limit, self.store.moment());
        let asked = rule.clone();
        let permit = if rule.is_everyone() { None } else { Some(self.store.read_permit(actor).await?) };
        let read = self.store.snapshot(move |conn| {
            Box::pin(async move {
                let rule = named_rules::expanded(conn, &rule).await?;
                let mut columns = Vec::with_capacity(Stage::COUNT);
                for stage in Stage::ALL.iter().copied() {
                    let rule = Rule::test("stage", Op::Is, Value::Text(stage.as_str().to_owned())).and(rule.clone());
                    let (template, values) = list::statement(&LeadQuery { sort, limit, ..LeadQuery::default() })?;
                    let page = Query::with_rule(template, values, &rule, conn.is_postgres(), &at);
                    let (leads, next) = list::read(conn, page, sort, limit as usize, BYTES / Stage::COUNT).await?;
                    columns.push(BoardColumn { stage, leads, next });
                }
                Ok(Board { columns, sums: None })
            })
        });
        let board = read.await?;
        drop(permit);
        let sums = self.totals.total(actor, Live::Board { rule: asked }, board.as_of, SUMS_WAIT).await;
        Ok(board.map(|board| Board { sums: sums.and_then(Total::stages), ..board }))
    }
}
