//! Parsing of one row of a file of orders.

use super::{
    BadCell, Mapping, OrderField, Target,
    cell::{is_no_number, plain, value, whole},
    record::{NOT_TEXT, cut},
};
use crate::{
    Timestamp,
    text::{clean, clean_line, date::read_moment, normalise_email},
};

/// One row of a file of orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderRow {
    /// Line of the file on which the row starts, from 1.
    pub line: i64,
    /// All its cells, cleaned.
    pub cells: Vec<String>,
    pub order_id: Option<String>,
    pub(super) read: OrderCells,
    /// What is wrong with it.
    pub(super) bad: Vec<BadCell>,
}

/// What the cells of a row say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OrderCells {
    pub(super) message_id: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) email: Option<String>,
    pub(super) amount: Option<i64>,
    pub(super) ordered_at: Option<Timestamp>,
    pub(super) product_id: Option<String>,
    pub(super) product: Option<String>,
    pub(super) quantity: Option<i64>,
    pub(super) price: Option<i64>,
}

impl Mapping {
    /// Reads one row of a file of orders; `None` when all of its cells are empty. In a `damaged` record, U+FFFD marks bytes that could not be
    /// decoded. What is wrong with the row is told by `order`.
    pub fn read_order_row<'c>(&self, line: i64, cells: impl Iterator<Item = &'c str> + Clone, damaged: bool) -> Option<OrderRow> {
        if cells.clone().all(|cell| plain(cell).is_empty()) {
            return None;
        }
        let mut row = OrderRow { line, cells: cells.clone().map(clean).collect(), ..OrderRow::default() };
        if let Some((count, last)) = self.beyond(&cells) {
            let columns = self.targets.len();
            let reason = format!("{count} cells under {columns} columns; put quotes around a cell that holds the delimiter");
            row.bad.push(BadCell { column: String::new(), value: cut(last), reason });
        }
        for (at, (target, cell)) in self.targets.iter().zip(cells).enumerate() {
            let cell = plain(cell);
            let Target::Order(field) = target else { continue };
            if cell.is_empty() {
                continue;
            }
            let put = if damaged && cell.contains('\u{fffd}') { Err(NOT_TEXT.to_owned()) } else { self.put(&mut row, *field, &cell, at) };
            if let Err(reason) = put {
                row.bad.push(self.bad(at, &cell, reason));
            }
        }
        Some(row)
    }

    fn put(&self, row: &mut OrderRow, field: OrderField, cell: &str, at: usize) -> Result<(), String> {
        let (read, writing) = (&mut row.read, self.writing[at]);
        let text = || Some(clean_line(cell)).filter(|text| !text.is_empty());
        let money = || match value(cell, writing.marks)? {
            amount @ 0.. => Ok(Some(amount)),
            _ => Err("Less than zero; an order is a purchase, so leave out returns and credits".to_owned()),
        };
        match field {
            OrderField::OrderId => row.order_id = text(),
            OrderField::MessageId => read.message_id = text(),
            OrderField::Customer => read.customer = text().filter(|text| !is_no_number(text)),
            OrderField::Email => read.email = Some(normalise_email(cell).map_err(|error| error.message)?),
            OrderField::Amount => read.amount = money()?,
            OrderField::OrderedAt => read.ordered_at = Some(read_moment(cell, writing.dates, &self.zone)?),
            OrderField::ProductId => read.product_id = text(),
            OrderField::Product => read.product = text(),
            OrderField::Quantity => read.quantity = Some(whole(cell).ok_or("Not a whole number; write it as 1200")?),
            OrderField::Price => read.price = money()?,
        }
        Ok(())
    }
}
