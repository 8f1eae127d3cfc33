//! The reader of an import, on its own thread: parses records into rows and prepares the statements of each batch.

use super::{
    intake::{FileRow, Intake, LeadLine, Rows},
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
    imports::{BadCell, Import, Mapping, OnDuplicate, ReadOrder, Row},
    text::{clean, grouped},
};
use std::{collections::HashMap, path::PathBuf, sync::Arc};
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

/// Rows per transaction: enough to write each index page for many rows, few enough that other writes wait little.
pub const ROWS: usize = 8_000;
/// A batch ends early at this many bytes of the file.
const BYTES: u64 = 8 * 1024 * 1024;

/// The import fails after more broken rows than this, or after more bytes scanned for their ends.
const BROKEN_MAX: usize = 100;
const LOOKED_MAX: u64 = 64 * 1024 * 1024;

/// The writes of one transaction.
pub struct RowBatch {
    /// Byte offsets in the file: of this batch, and of the next.
    pub from: i64,
    pub to: i64,
    pub rows: i64,
    pub right: Right,
    pub rejected: i64,
    pub rejects: Vec<Query>,
    /// The last batch of the file.
    pub last: bool,
}

/// What the rows of a batch are, as far as they are right.
pub enum Right {
    Leads(LeadRows),
    Orders(Vec<ReadOrder>),
}

pub struct LeadRows {
    /// A lead for every row; inserted when its e-mail is new.
    pub new: NewLeads,
    /// Every row with the id of its new lead, when duplicates are to be updated.
    pub good: Vec<Good>,
    /// Rows imported with unreadable cells left out, by the id of their new lead.
    pub incomplete: Vec<(LeadId, ReportedRow)>,
    /// Rows with a customer number, by the id of their new lead: they are reported if another lead has the number.
    pub numbered: HashMap<LeadId, ReportedRow>,
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

impl Broken {
    fn add(&mut self, looked: u64) {
        self.rows += 1;
        self.looked += looked;
    }

    fn are_too_many(&self) -> bool {
        self.rows > BROKEN_MAX || self.looked > LOOKED_MAX
    }
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
    pub fn begin(mut self) -> Reader {
        let (sender, batches) = mpsc::channel(1);
        let thread = tokio::task::spawn_blocking(move || {
            if let Err(error) = self.read(&sender) {
                // The receiver is closed: the import was stopped.
                drop(sender.blocking_send(Err(error)));
            }
        });
        Reader { batches, thread }
    }

    fn read(&mut self, batches: &mpsc::Sender<Result<RowBatch>>) -> Result<()> {
        if self.mapping.looks_ahead() {
            self.see_columns(batches)?;
        }
        let mut records = self.records(u64::try_from(self.import.read).unwrap_or(0))?;
        let mut broken = Broken::default();
        let mut intake = Intake::new(self.mapping.clone(), self.updates());
        // Waits for a free slot before it builds a batch, so that two batches are in memory, not three.
        while let Ok(place) = Handle::current().block_on(batches.reserve()) {
            let batch = self.batch(&mut records, &mut intake, &mut broken, batches)?;
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

    fn records(&self, start: u64) -> Result<Records> {
        Records::open(&self.path, start, self.import.delimiter as u8).map_err(|error| unreadable(&error))
    }

    /// Reads the whole file once, header and all, for the decimal mark of its amounts and the order of day and month in its dates: an import
    /// that continues must read each as it would have at the start. Ends where the import will fail for broken rows, or when the receiver is
    /// closed.
    fn see_columns(&mut self, listeners: &mpsc::Sender<Result<RowBatch>>) -> Result<()> {
        let (mut records, mut broken) = (self.records(0)?, Broken::default());
        while !listeners.is_closed() && !broken.are_too_many() {
            match records.next().map_err(|error| unreadable(&error))? {
                Some(Item::Record { cells, .. }) => self.mapping.see(cells),
                Some(Item::Broken { looked, .. }) => broken.add(looked),
                None => break,
            }
        }
        Ok(())
    }

    /// `None` when the receiver is closed.
    fn batch(
        &self,
        records: &mut Records,
        intake: &mut Intake,
        broken: &mut Broken,
        listeners: &mpsc::Sender<Result<RowBatch>>,
    ) -> Result<Option<RowBatch>> {
        let from = intake.open_at().unwrap_or_else(|| records.offset());
        let mut last = false;
        loop {
            let at = records.offset();
            let full = intake.rows() >= self.rows || at - from >= BYTES;
            if full && intake.open_at().is_none() {
                break;
            }
            if listeners.is_closed() {
                return Ok(None);
            }
            match records.next().map_err(|error| unreadable(&error))? {
                Some(Item::Record { line, cells, damaged }) => {
                    if !intake.add(FileRow { at, line, cells, damaged }, full)? {
                        break;
                    }
                }
                Some(Item::Broken { line, text, reason, looked }) => {
                    broken.add(looked);
                    if broken.are_too_many() {
                        let rows = grouped(broken.rows as i64);
                        let why =
                            format!("{rows} rows are broken, the last one begins on line {line}. {reason}. Then import the file again");
                        return Err(Error::invalid("file", why));
                    }
                    let text = clean(&text);
                    let bad = vec![BadCell { column: String::new(), value: text.chars().take(200).collect(), reason }];
                    intake.close();
                    intake.reject(ReportedRow { line, bad, cells: vec![text], imported: false });
                }
                None => {
                    intake.close();
                    last = true;
                    break;
                }
            }
        }
        let to = intake.open_at().unwrap_or_else(|| records.offset());
        let (right, rejects, rows) = intake.take();
        let right = match right {
            Rows::Leads(rows) => Right::Leads(self.leads(rows)?),
            Rows::Orders(orders) => Right::Orders(self.named(orders)),
        };
        let (rows, rejected) = (rows as i64, rejects.len() as i64);
        let rejects = report(&self.writes, self.import.id, &rejects)?;
        Ok(Some(RowBatch { from: from as i64, to: to as i64, rows, right, rejected, rejects, last }))
    }

    fn updates(&self) -> bool {
        self.import.options.on_duplicate == OnDuplicate::Update
    }

    /// The leads of these rows.
    fn leads(&self, rows: Vec<LeadLine>) -> Result<LeadRows> {
        let now = self.clock.now();
        let (mut good, mut incomplete, mut numbered) = (Vec::new(), Vec::new(), HashMap::new());
        let mut leads = Vec::with_capacity(rows.len());
        for LeadLine { mut row, line, cells } in rows {
            let id = LeadId(self.clock.id());
            let bad = std::mem::take(&mut row.left_out);
            if row.lead.customer_id.is_some() {
                numbered.insert(id, ReportedRow { line, bad: bad.clone(), cells: cells.clone(), imported: false });
            }
            if !bad.is_empty() {
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
        Ok(LeadRows { new: NewLeads::new(leads)?, good, incomplete, numbered })
    }

    /// Gives each order without an id the id of its message: the import, and its line.
    fn named(&self, mut orders: Vec<ReadOrder>) -> Vec<ReadOrder> {
        for ReadOrder { order, rows, .. } in orders.iter_mut().filter(|read| read.order.key().is_none()) {
            order.message_id = rows.first().map(|row| format!("{}/{}", self.import.id, row.line));
        }
        orders
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
