//! The reader of an import, on its own thread: parses records into rows and prepares the statements of each batch.

use super::{
    records::{Item, Records},
    sql::Writes,
    unreadable,
};
use crate::{
    clock::SharedClock,
    leads::NewLeads,
    store::{Query, Value},
};
use domain::{
    Error, ImportId, LeadId, Result,
    imports::{BadCell, Import, Mapping, OnDuplicate, Row},
    text::{clean, grouped},
};
use std::{path::PathBuf, sync::Arc};
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

/// Rows per transaction: enough to write each index page for many rows, few enough that other writes wait little.
pub const ROWS: usize = 8_000;
/// A batch ends early at this many bytes of the file.
const BYTES: u64 = 8 * 1024 * 1024;

/// The import fails after more broken rows than this, or after more bytes scanned for their ends.
const BROKEN_MAX: usize = 100;
const LOOKED_MAX: u64 = 64 * 1024 * 1024;

/// The writes of one transaction.
#[derive(Default)]
pub struct RowBatch {
    /// Byte offsets in the file: of this batch, and of the next.
    pub from: i64,
    pub to: i64,
    pub rows: i64,
    /// A lead for every row; inserted when its e-mail is new.
    pub new: NewLeads,
    /// Every row with the id of its new lead, when duplicates are to be updated.
    pub good: Vec<Good>,
    /// Rows imported with unreadable cells left out, by the id of their new lead.
    pub incomplete: Vec<(LeadId, ReportedRow)>,
    pub rejected: i64,
    pub rejects: Vec<Query>,
    /// The last batch of the file.
    pub last: bool,
}

pub struct Reading {
    pub path: PathBuf,
    pub import: Import,
    pub mapping: Mapping,
    pub writes: Arc<Writes>,
    pub clock: SharedClock,
    /// Rows per batch.
    pub rows: usize,
}

/// The batches of a file, one after the other.
pub struct Reader {
    batches: mpsc::Receiver<Result<RowBatch>>,
    thread: JoinHandle<()>,
}

impl Reader {
    /// The next batch, which must begin at this byte offset.
    ///
    /// # Errors
    /// `Conflict` when the import was advanced elsewhere; the errors of the file.
    pub async fn next(&mut self, from: i64) -> Result<RowBatch> {
        match self.batches.recv().await.transpose()? {
            Some(batch) if batch.from == from => return Ok(batch),
            Some(_) => {}
            None => (&mut self.thread).await.map_err(|error| {
                tracing::error!(%error, "reading an import's file");
                Error::Internal
            })?,
        }
        Err(Error::Conflict("This import is already running".to_owned()))
    }
}

/// Broken rows so far, and the bytes scanned for their ends.
#[derive(Default)]
struct Broken {
    rows: usize,
    looked: u64,
}

/// A row whose lead may already exist.
pub struct Good {
    pub id: LeadId,
    pub row: Row,
    pub line: i64,
    pub cells: Vec<String>,
}

/// A report on a row: its bad cells, and all its cells for the CSV of such rows.
pub struct ReportedRow {
    pub line: i64,
    pub bad: Vec<BadCell>,
    pub cells: Vec<String>,
    pub imported: bool,
}

impl Reading {
    /// Reads on a thread of its own, one batch ahead, until the file ends or the reader is dropped.
    pub fn begin(self) -> Reader {
        let (sender, batches) = mpsc::channel(1);
        let thread = tokio::task::spawn_blocking(move || {
            if let Err(error) = self.read(&sender) {
                // The receiver is closed: the import was stopped.
                drop(sender.blocking_send(Err(error)));
            }
        });
        Reader { batches, thread }
    }

    fn read(&self, batches: &mpsc::Sender<Result<RowBatch>>) -> Result<()> {
        let import = &self.import;
        let start = u64::try_from(import.read).unwrap_or(0);
        let mut records = Records::open(&self.path, start, import.delimiter as u8).map_err(|error| unreadable(&error))?;
        let mut broken = Broken::default();
        // Waits for a free slot before it builds a batch, so that two batches are in memory, not three.
        while let Ok(place) = Handle::current().block_on(batches.reserve()) {
            let batch = self.batch(&mut records, &mut broken, batches)?;
            // The receiver is closed: the import was stopped.
            let Some(batch) = batch else { break };
            let last = batch.last;
            place.send(Ok(batch));
            if last {
                break;
            }
        }
        Ok(())
    }

    /// `None` when the receiver is closed.
    fn batch(&self, records: &mut Records, broken: &mut Broken, listeners: &mpsc::Sender<Result<RowBatch>>) -> Result<Option<RowBatch>> {
        let from = records.offset();
        let (mut good, mut rejects) = (Vec::with_capacity(self.rows), Vec::new());
        let mut last = false;
        while good.len() + rejects.len() < self.rows && records.offset() - from < BYTES {
            if listeners.is_closed() {
                return Ok(None);
            }
            match records.next().map_err(|error| unreadable(&error))? {
                Some(Item::Record { line, cells, damaged }) => {
                    let kept = || cells.clone().map(clean).collect::<Vec<String>>();
                    match self.mapping.read(cells.clone(), damaged) {
                        Ok(Some(row)) => {
                            let needed = self.updates() || !row.left_out.is_empty();
                            good.push((row, line, if needed { kept() } else { Vec::new() }));
                        }
                        Ok(None) => {}
                        Err(bad) => rejects.push(ReportedRow { line, bad, cells: kept(), imported: false }),
                    }
                }
                Some(Item::Broken { line, text, reason, looked }) => {
                    broken.rows += 1;
                    broken.looked += looked;
                    if broken.rows > BROKEN_MAX || broken.looked > LOOKED_MAX {
                        let rows = grouped(broken.rows as i64);
                        let why =
                            format!("{rows} rows are broken, the last one begins on line {line}. {reason}. Then import the file again");
                        return Err(Error::invalid("file", why));
                    }
                    let text = clean(&text);
                    let bad = vec![BadCell { column: String::new(), value: text.chars().take(200).collect(), reason }];
                    rejects.push(ReportedRow { line, bad, cells: vec![text], imported: false });
                }
                None => {
                    last = true;
                    break;
                }
            }
        }
        let rows = (good.len() + rejects.len()) as i64;
        let rejected = rejects.len() as i64;
        let rejects = report(&self.writes, self.import.id, &rejects)?;
        let mut batch = self.inserts(good)?;
        (batch.from, batch.to, batch.rows, batch.rejected, batch.rejects, batch.last) =
            (from as i64, records.offset() as i64, rows, rejected, rejects, last);
        Ok(Some(batch))
    }

    fn updates(&self) -> bool {
        self.import.options.on_duplicate == OnDuplicate::Update
    }

    /// A batch that inserts these rows.
    fn inserts(&self, rows: Vec<(Row, i64, Vec<String>)>) -> Result<RowBatch> {
        let now = self.clock.now();
        let (mut good, mut incomplete) = (Vec::new(), Vec::new());
        let mut leads = Vec::with_capacity(rows.len());
        for (mut row, line, cells) in rows {
            let id = LeadId(self.clock.id());
            if !row.left_out.is_empty() {
                let bad = std::mem::take(&mut row.left_out);
                incomplete.push((id, ReportedRow { line, bad, cells: cells.clone(), imported: true }));
            }
            if self.updates() {
                good.push(Good { id, row: row.clone(), line, cells });
            }
            let mut lead = row.lead.into_lead(id, now);
            lead.import_id = Some(self.import.id);
            "Imported".clone_into(&mut lead.last_activity);
            leads.push(lead);
        }
        Ok(RowBatch { new: NewLeads::new(leads)?, good, incomplete, ..RowBatch::default() })
    }
}

/// Statements that insert the reports into `import_rejected`.
pub fn report(writes: &Writes, import: ImportId, reported: &[ReportedRow]) -> Result<Vec<Query>> {
    writes.rejected.queries(reported, |query, reported| {
        let reason = match reported.bad.as_slice() {
            [one] => one.reason.clone(),
            several => several.iter().map(BadCell::sentence).collect::<Vec<_>>().join("; "),
        };
        let columns: Vec<&str> = reported.bad.iter().map(|bad| bad.column.as_str()).filter(|column| !column.is_empty()).collect();
        Ok(query
            .bind(import)
            .bind(reported.line)
            .bind(clean(&columns.join(", ")))
            .bind(reported.bad.first().map(|bad| bad.value.clone()).unwrap_or_default())
            .bind(clean(&reason))
            .bind_all([Value::json(&reported.cells)?])
            .bind(reported.imported))
    })
}
