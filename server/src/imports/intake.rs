//! Takes in the rows of one batch: leads of one row each, or orders of the rows that follow each other with one order id. A batch ends between
//! two orders, so that a server that continues an import finds whole ones.

use super::{read::ReportedRow, records::Cells};
use domain::{
    Error, Result,
    imports::{BadCell, ImportKind, Mapping, OrderRow, ReadOrder, Row},
    text::{clean, grouped},
};

/// Most rows of the file that may have one order id, and most of its bytes. More mean a wrong column.
const ORDER_ROWS: usize = 10_000;
const ORDER_BYTES: u64 = 8 * 1024 * 1024;

/// A record of the file that is a row.
pub struct FileRow<'r> {
    /// Byte offset of its beginning, or of the blank lines before it.
    pub at: u64,
    pub line: i64,
    pub cells: Cells<'r>,
    pub damaged: bool,
}

/// A row that is a lead. Its cells are kept where a report may need them.
pub struct LeadLine {
    pub row: Row,
    pub line: i64,
    pub cells: Vec<String>,
}

/// The rows of a batch that are right.
pub enum Rows {
    Leads(Vec<LeadLine>),
    Orders(Vec<ReadOrder>),
}

impl Rows {
    fn none(kind: ImportKind) -> Self {
        match kind {
            ImportKind::Leads => Self::Leads(Vec::new()),
            ImportKind::Orders => Self::Orders(Vec::new()),
        }
    }
}

pub struct Intake {
    mapping: Mapping,
    /// All cells of leads are kept: the rows may update others.
    keeps_cells: bool,
    right: Rows,
    rejects: Vec<ReportedRow>,
    /// Rows taken in, without those of `open`.
    count: usize,
    open: Option<OpenOrder>,
}

/// The last order, to which the next row may belong.
struct OpenOrder {
    at: u64,
    rows: Vec<OrderRow>,
}

impl Intake {
    pub fn new(mapping: Mapping, keeps_cells: bool) -> Self {
        Self { right: Rows::none(mapping.kind), mapping, keeps_cells, rejects: Vec::new(), count: 0, open: None }
    }

    /// Where an order begins to which more rows may belong.
    pub fn open_at(&self) -> Option<u64> {
        self.open.as_ref().map(|open| open.at)
    }

    pub fn rows(&self) -> usize {
        self.count + self.open.as_ref().map_or(0, |open| open.rows.len())
    }

    /// Takes a row in. `false` when the batch was `full` before it, and the row begins the next one.
    ///
    /// # Errors
    /// `Invalid` on `file` when too many rows have one order id.
    pub fn add(&mut self, row: FileRow<'_>, full: bool) -> Result<bool> {
        match self.mapping.kind {
            ImportKind::Leads => self.add_lead(row),
            ImportKind::Orders => return self.add_order_row(row, full),
        }
        Ok(true)
    }

    fn add_lead(&mut self, FileRow { line, cells, damaged, .. }: FileRow<'_>) {
        let kept = || cells.clone().map(clean).collect::<Vec<String>>();
        match self.mapping.read(cells.clone(), damaged) {
            Ok(Some(row)) => {
                let needed = self.keeps_cells || !row.left_out.is_empty() || row.lead.customer_id.is_some();
                let cells = if needed { kept() } else { Vec::new() };
                if let Rows::Leads(right) = &mut self.right {
                    right.push(LeadLine { row, line, cells });
                }
                self.count += 1;
            }
            Ok(None) => {}
            Err(bad) => {
                let cells = kept();
                self.reject(ReportedRow { line, bad, cells, imported: false });
            }
        }
    }

    fn add_order_row(&mut self, FileRow { at, line, cells, damaged }: FileRow<'_>, full: bool) -> Result<bool> {
        let Some(row) = self.mapping.read_order_row(line, cells, damaged) else { return Ok(true) };
        if let Some(open) = &mut self.open
            && row.order_id.is_some()
            && open.rows[0].order_id == row.order_id
        {
            if open.rows.len() >= ORDER_ROWS || at - open.at > ORDER_BYTES {
                let id = row.order_id.unwrap_or_default();
                let (count, first) = (grouped(open.rows.len() as i64), open.rows[0].line);
                return Err(Error::invalid(
                    "file",
                    format!(
                        "More than {count} rows from line {first} on have the order id “{id}”; choose the column that holds the order id"
                    ),
                ));
            }
            open.rows.push(row);
            return Ok(true);
        }
        self.close();
        self.open = Some(OpenOrder { at, rows: vec![row] });
        Ok(!full)
    }

    /// No more rows belong to the last order.
    pub fn close(&mut self) {
        let Some(OpenOrder { rows, .. }) = self.open.take() else { return };
        self.count += rows.len();
        match self.mapping.order(rows) {
            Ok(order) => {
                if let Rows::Orders(right) = &mut self.right {
                    right.push(order);
                }
            }
            Err(rows) => self.rejects.extend(rows.into_iter().map(|(row, bad)| rejected(row, bad))),
        }
    }

    pub fn reject(&mut self, row: ReportedRow) {
        self.count += 1;
        self.rejects.push(row);
    }

    /// The rows of the batch, the rejected ones, and the number of both. The next batch begins.
    pub fn take(&mut self) -> (Rows, Vec<ReportedRow>, usize) {
        let next = match &self.right {
            // The next batch has about as many.
            Rows::Leads(rows) => Rows::Leads(Vec::with_capacity(rows.len())),
            Rows::Orders(orders) => Rows::Orders(Vec::with_capacity(orders.len())),
        };
        let right = std::mem::replace(&mut self.right, next);
        (right, std::mem::take(&mut self.rejects), std::mem::take(&mut self.count))
    }
}

/// The report on a rejected row of an order.
pub fn rejected(row: OrderRow, bad: Vec<BadCell>) -> ReportedRow {
    ReportedRow { line: row.line, bad, cells: row.cells, imported: false }
}
