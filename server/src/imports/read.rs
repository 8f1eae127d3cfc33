//! The reading half of an import, on a thread of its own: records become rows, rows become statements that are ready to run.

use super::{
    records::{Cells, Item, Records},
    sql::Writes,
    unreadable,
};
use crate::{
    clock::SharedClock,
    leads::bind_lead,
    store::{Counted, Query, Value},
};
use domain::{
    ImportId, LeadId, Result,
    imports::{BadRow, Import, Mapping, OnDuplicate, Row},
    text::clean,
};
use std::{path::PathBuf, sync::Arc};
use tokio::{runtime::Handle, sync::mpsc};

/// Rows in one transaction: enough that each page of an index is written for many rows, few enough that other writes wait little.
pub const ROWS: usize = 8_000;
/// A batch of large rows ends earlier, at this many bytes of the file.
const BYTES: u64 = 8 * 1024 * 1024;
/// Of each rejected row's cells, for the error file.
const CELL_MAX: usize = 32_000;

/// What one transaction writes.
pub struct Batch {
    /// Bytes of the file: where it begins, and where the next one does.
    pub from: i64,
    pub to: i64,
    pub rows: i64,
    /// Inserts every row whose e-mail is new.
    pub inserts: Vec<Query>,
    /// What the counters see of those rows, by the id that each would get.
    pub counted: Vec<(LeadId, Counted)>,
    /// Every row again with the id it would get, when duplicates are to be updated.
    pub good: Vec<(LeadId, Row)>,
    pub rejected: i64,
    pub rejects: Vec<Query>,
    /// Nothing follows.
    pub last: bool,
}

pub struct Reading {
    pub path: PathBuf,
    pub import: Import,
    pub mapping: Mapping,
    pub writes: Arc<Writes>,
    pub clock: SharedClock,
    /// In one batch.
    pub rows: usize,
}

struct Reject {
    line: i64,
    bad: BadRow,
    cells: Vec<String>,
}

impl Reading {
    /// Sends batches until the file ends or nobody listens.
    pub fn run(self, batches: &mpsc::Sender<Result<Batch>>) {
        if let Err(error) = self.read(batches) {
            // Nobody listens: the import was stopped.
            drop(batches.blocking_send(Err(error)));
        }
    }

    fn read(&self, batches: &mpsc::Sender<Result<Batch>>) -> Result<()> {
        let import = &self.import;
        let start = u64::try_from(import.read).unwrap_or(0);
        // The header is a line, and so is each row at least.
        let mut records =
            Records::open(&self.path, start, import.delimiter as u8, import.counts.rows + 2).map_err(|error| unreadable(&error))?;
        // A batch is begun when the one before it is being written: two are in memory, not three.
        while let Ok(place) = Handle::current().block_on(batches.reserve()) {
            let batch = self.batch(&mut records)?;
            let last = batch.last;
            place.send(Ok(batch));
            if last {
                break;
            }
        }
        Ok(())
    }

    fn batch(&self, records: &mut Records) -> Result<Batch> {
        let from = records.offset();
        let (mut good, mut rejects) = (Vec::with_capacity(self.rows), Vec::new());
        let mut last = false;
        while good.len() + rejects.len() < self.rows && records.offset() - from < BYTES {
            match records.next().map_err(|error| unreadable(&error))? {
                Some(Item::Record { line, cells }) => match self.mapping.read(cells.clone()) {
                    Ok(row) => good.push(row),
                    Err(_) if blank(cells.clone()) => {}
                    Err(bad) => {
                        rejects.push(Reject { line, bad, cells: cells.map(|cell| clean(cell).chars().take(CELL_MAX).collect()).collect() });
                    }
                },
                Some(Item::Broken { line, start, reason }) => {
                    let bad = BadRow { column: String::new(), value: clean(&start), reason };
                    rejects.push(Reject { line, bad, cells: vec![clean(&start)] });
                }
                None => {
                    last = true;
                    break;
                }
            }
        }
        let rows = (good.len() + rejects.len()) as i64;
        let rejected = rejects.len() as i64;
        let rejects = self.writes.rejected.queries(&rejects, |query, reject| bind_reject(query, self.import.id, reject))?;
        let (inserts, counted, good) = self.inserts(good)?;
        Ok(Batch { from: from as i64, to: records.offset() as i64, rows, inserts, counted, good, rejected, rejects, last })
    }

    #[expect(clippy::type_complexity, reason = "statements, and the rows they will write")]
    fn inserts(&self, rows: Vec<Row>) -> Result<(Vec<Query>, Vec<(LeadId, Counted)>, Vec<(LeadId, Row)>)> {
        let update = self.import.options.on_duplicate == OnDuplicate::Update;
        let now = self.clock.now();
        let mut again = Vec::new();
        let mut leads = Vec::with_capacity(rows.len());
        for row in rows {
            let id = LeadId(self.clock.id());
            if update {
                again.push((id, row.clone()));
            }
            let mut lead = row.lead.into_lead(id, now);
            lead.import_id = Some(self.import.id);
            "Imported".clone_into(&mut lead.last_activity);
            leads.push(lead);
        }
        let bulk = if update { &self.writes.insert_telling } else { &self.writes.insert };
        let counted = leads.iter().map(|lead| (lead.id, Counted::from(lead))).collect();
        Ok((bulk.queries(&leads, bind_lead)?, counted, again))
    }
}

/// A line of spaces is a blank line; a line of delimiters is an empty row.
fn blank(mut cells: Cells<'_>) -> bool {
    cells.next().is_none_or(|first| first.trim().is_empty()) && cells.next().is_none()
}

fn bind_reject(query: Query, import: ImportId, reject: &Reject) -> Result<Query> {
    Ok(query
        .bind(import)
        .bind(reject.line)
        .bind(clean(&reject.bad.column))
        .bind(reject.bad.value.as_str())
        .bind(clean(&reject.bad.reason))
        .bind(Value::json(&reject.cells)?))
}
