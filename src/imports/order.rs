//! Orders of the rows of a file. Rows that follow each other with one order id are the lines of one order. All of them are imported, or none.

use super::{BadCell, Mapping, OrderField, OrderRow, Target, order_row::OrderCells, record::cut};
use crate::{
    Error, FieldError,
    orders::{NewOrder, OrderLine},
};

/// A checked order with its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOrder {
    pub order: NewOrder,
    /// `order.customer` is the e-mail of a lead, because the file has no number of this customer.
    pub by_email: bool,
    /// The e-mail beside the number of the customer.
    pub email: Option<String>,
    pub rows: Vec<OrderRow>,
}

/// An order before its check.
struct Joined {
    order: NewOrder,
    by_email: bool,
    email: Option<String>,
    /// The row of each line.
    lines_of: Vec<usize>,
}

/// Rows of an order that was rejected, each with what is wrong with it.
pub type RejectedOrder = Vec<(OrderRow, Vec<BadCell>)>;

impl Mapping {
    /// The order of rows that have one order id, or of a single row.
    ///
    /// # Errors
    /// All rows, each with its errors.
    pub fn order(&self, mut rows: Vec<OrderRow>) -> Result<ReadOrder, RejectedOrder> {
        let mut bad: Vec<Vec<BadCell>> = rows.iter_mut().map(|row| std::mem::take(&mut row.bad)).collect();
        let Joined { order, by_email, email, lines_of } = self.join(&rows, &mut bad);
        // `join` has told of these, in words for a file.
        let (no_amount, no_customer) = (order.amount.is_none(), order.customer.is_empty());
        let told = |field: &str| field == "amount" && no_amount || field == "customer" && no_customer;
        match order.check() {
            Ok(order) if bad.iter().all(Vec::is_empty) => return Ok(ReadOrder { order, by_email, email, rows }),
            Err(Error::Invalid(errors)) => {
                for FieldError { field, message } in errors.into_iter().filter(|error| !told(&error.field)) {
                    let (at, column) = place(&field, by_email, &lines_of);
                    let cell = self.bad_of(column, &rows[at], message);
                    bad[at].push(cell);
                }
            }
            Ok(_) | Err(_) => {}
        }
        let wrong = rows.iter().zip(&bad).find(|(_, bad)| !bad.is_empty()).map_or(0, |(row, _)| row.line);
        let with_reason = |(row, mut bad): (OrderRow, Vec<BadCell>)| {
            if bad.is_empty() {
                let reason = format!("Line {wrong} of the same order is wrong; correct that one, then import all lines of the order");
                bad.push(BadCell { column: String::new(), value: row.order_id.clone().unwrap_or_default(), reason });
            }
            (row, bad)
        };
        Err(rows.into_iter().zip(bad).map(with_reason).collect())
    }

    fn join(&self, rows: &[OrderRow], bad: &mut [Vec<BadCell>]) -> Joined {
        let message_id = self.shared(rows, bad, OrderField::MessageId, |read| read.message_id.clone());
        let customer = self.shared(rows, bad, OrderField::Customer, |read| read.customer.clone());
        let email = self.shared(rows, bad, OrderField::Email, |read| read.email.clone());
        let amount = self.shared(rows, bad, OrderField::Amount, |read| read.amount);
        let ordered_at = self.shared(rows, bad, OrderField::OrderedAt, |read| read.ordered_at);
        let (mut lines, mut lines_of, mut sum) = (Vec::new(), Vec::new(), Some(0_i64));
        for (at, row) in rows.iter().enumerate() {
            let read = &row.read;
            let Some(name) = read.product.clone().or_else(|| read.product_id.clone()) else {
                if read.quantity.is_some() || read.price.is_some() {
                    bad[at].push(self.bad_of(Some(OrderField::Product), row, "Name the product".to_owned()));
                }
                continue;
            };
            let quantity = read.quantity.unwrap_or(1);
            sum = sum.zip(read.price).and_then(|(sum, price)| sum.checked_add(price.checked_mul(quantity)?));
            lines.push(OrderLine { product_id: read.product_id.clone(), name, quantity, price: read.price.unwrap_or_default() });
            lines_of.push(at);
        }
        let amount = amount.or_else(|| sum.filter(|_| !lines.is_empty()));
        let mut needed = |missing: bool, field: OrderField, reason: &str| {
            if missing && bad.iter().flatten().all(|cell| cell.column != self.header(field)) {
                bad[0].push(self.bad_of(Some(field), &rows[0], reason.to_owned()));
            }
        };
        let asked = if self.column(OrderField::Customer).is_some() { OrderField::Customer } else { OrderField::Email };
        needed(customer.is_none() && email.is_none(), asked, "Enter the customer’s number or e-mail");
        needed(ordered_at.is_none(), OrderField::OrderedAt, "Enter the date of the order");
        let asked = if self.column(OrderField::Amount).is_some() { OrderField::Amount } else { OrderField::Price };
        needed(amount.is_none(), asked, "Enter the amount of the order, or the unit price of each product");
        let by_email = customer.is_none() && email.is_some();
        let order_id = rows.first().and_then(|row| row.order_id.clone());
        let beside = email.clone().filter(|_| !by_email);
        let customer = customer.or(email).unwrap_or_default();
        Joined { order: NewOrder { order_id, message_id, customer, amount, lines, ordered_at }, by_email, email: beside, lines_of }
    }

    /// The value that the rows of an order share. A row may leave its cell empty.
    fn shared<T: PartialEq>(
        &self,
        rows: &[OrderRow],
        bad: &mut [Vec<BadCell>],
        field: OrderField,
        value: impl Fn(&OrderCells) -> Option<T>,
    ) -> Option<T> {
        let mut first: Option<(T, i64)> = None;
        for (row, bad) in rows.iter().zip(bad) {
            let Some(value) = value(&row.read) else { continue };
            match &first {
                None => first = Some((value, row.line)),
                Some((known, _)) if *known == value => {}
                Some((_, line)) => {
                    let reason = format!(
                        "Line {line} of the same order says something else; each line repeats the customer, date and whole amount of its \
                         order, or leaves them empty"
                    );
                    bad.push(self.bad_of(Some(field), row, reason));
                }
            }
        }
        first.map(|(value, _)| value)
    }

    fn column(&self, field: OrderField) -> Option<usize> {
        self.targets.iter().position(|target| *target == Target::Order(field))
    }

    fn header(&self, field: OrderField) -> &str {
        self.column(field).map_or(field.label(), |at| self.headers[at].as_str())
    }

    /// The cell of a field in a row, with what is wrong with it; `None` for the row as a whole.
    pub fn bad_of(&self, field: Option<OrderField>, row: &OrderRow, reason: String) -> BadCell {
        let Some(field) = field else { return BadCell { column: String::new(), value: String::new(), reason } };
        let value = self.column(field).and_then(|at| row.cells.get(at)).map(|cell| cut(cell)).unwrap_or_default();
        BadCell { column: self.header(field).to_owned(), value, reason }
    }
}

/// The row and the field that an error of `NewOrder::check` is about.
fn place(field: &str, by_email: bool, lines_of: &[usize]) -> (usize, Option<OrderField>) {
    let column = match field.rsplit('.').next().unwrap_or_default() {
        "orderId" => Some(OrderField::OrderId),
        "messageId" => Some(OrderField::MessageId),
        "customer" if by_email => Some(OrderField::Email),
        "customer" => Some(OrderField::Customer),
        "amount" => Some(OrderField::Amount),
        "productId" => Some(OrderField::ProductId),
        "name" => Some(OrderField::Product),
        "quantity" => Some(OrderField::Quantity),
        "price" => Some(OrderField::Price),
        _ => None,
    };
    let line = field.strip_prefix("lines.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
    (line.and_then(|line| lines_of.get(line).copied()).unwrap_or(0), column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::{Column, ImportKind};

    const COLUMNS: [&str; 8] = ["orderId", "customer", "customerEmail", "amount", "orderedAt", "product", "quantity", "price"];

    fn mapping(names: &[&str]) -> Mapping {
        let column = |name: &&str| {
            let target = Target::try_from((*name).to_owned()).unwrap();
            Column { header: format!("H {name}"), target, ..Column::default() }
        };
        Mapping::new(ImportKind::Orders, &names.iter().map(column).collect::<Vec<_>>(), &[], &[]).unwrap()
    }

    fn read(rows: &[[&str; 8]]) -> Result<ReadOrder, Vec<Vec<String>>> {
        let mapping = mapping(&COLUMNS);
        let rows = rows.iter().enumerate().filter_map(|(at, cells)| mapping.read_order_row(at as i64 + 2, cells.iter().copied(), false));
        let told =
            |(_, bad): (OrderRow, Vec<BadCell>)| bad.into_iter().map(|cell| cell.column.trim_start_matches("H ").to_owned()).collect();
        mapping.order(rows.collect()).map_err(|rows| rows.into_iter().map(told).collect())
    }

    #[test]
    fn rows_with_one_id_are_one_order() {
        let read = read(&[
            ["o1", "c1", "", "24,00 €", "2026-11-21", "Tea", "2", "9.50"],
            ["o1", "", "", "", "", "Cup", "", "5"],
            ["o1", "c1", "", "24", "2026-11-21", "", "", ""],
        ]);
        let ReadOrder { order, by_email, rows, .. } = read.unwrap();
        assert_eq!((order.order_id.as_deref(), order.customer.as_str(), order.amount, by_email), (Some("o1"), "c1", Some(2400), false));
        let lines: Vec<_> = order.lines.iter().map(|line| (line.name.as_str(), line.quantity, line.price)).collect();
        assert_eq!((lines, rows.len()), (vec![("Tea", 2, 950), ("Cup", 1, 500)], 3));
        assert_eq!(order.ordered_at.unwrap().to_string(), "2026-11-21T00:00:00.000Z");
    }

    #[test]
    fn an_order_without_an_amount_is_the_sum_of_its_products() {
        let read =
            read(&[["o1", "", "Ana@B.example", "", "21.11.2026", "Tea", "2", "9.50"], ["o1", "", "", "", "", "Cup", "3", "5"]]).unwrap();
        assert_eq!((read.order.amount, read.order.customer.as_str(), read.by_email), (Some(3_400), "ana@b.example", true));
    }

    #[test]
    fn all_rows_of_a_wrong_order_are_told() {
        assert_eq!(read(&[["o1", "c1", "", "1", "2026-11-21", "Tea", "2.5", ""]]).unwrap_err(), [["quantity"]]);
        assert_eq!(read(&[["o1", "", "", "", "", "", "", ""]]).unwrap_err(), [["customer", "orderedAt", "amount"]]);
        assert_eq!(read(&[["o1", "c1", "", "much", "soon", "", "", ""]]).unwrap_err(), [["amount", "orderedAt"]]);
        assert_eq!(read(&[["o1", "c1", "", "-5", "2026-11-21", "", "1", ""]]).unwrap_err(), [["amount", "product"]]);
        let rows = [
            ["o1", "c1", "", "5", "2026-11-21", "Tea", "", ""],
            ["o1", "c2", "", "6", "", "Cup", "", ""],
            ["o1", "", "", "", "", "", "", ""],
        ];
        assert_eq!(read(&rows).unwrap_err(), [vec![""], vec!["customer", "amount"], vec![""]]);
        let long = "x".repeat(501);
        assert_eq!(
            read(&[["o1", "c1", "", "1", "2026-11-21", "Tea", "", ""], ["o1", "", "", "", "", &long, "", ""]]).unwrap_err()[1],
            ["product"]
        );
        assert_eq!(read(&[["o1", "c1", "", "1", "2026-11-21", "Tea", "", "5"]]).unwrap().order.amount, Some(100), "the amount counts");
    }

    #[test]
    fn a_row_of_other_width_or_damaged_text_is_wrong() {
        let mapping = mapping(&["customer", "orderedAt", "amount"]);
        let told = |cells: &[&str], damaged| {
            let row = mapping.read_order_row(2, cells.iter().copied(), damaged).unwrap();
            mapping.order(vec![row]).map_err(|rows| rows[0].1[0].reason.split(';').next().unwrap().to_owned())
        };
        assert_eq!(told(&["c1", "2026-11-21", "12", "50"], false).unwrap_err(), "4 cells under 3 columns");
        assert_eq!(told(&["c\u{fffd}", "2026-11-21", "12"], true).unwrap_err(), "Not readable text");
        assert!(told(&["c1", "2026-11-21", "12", ""], false).is_ok());
        assert_eq!(mapping.read_order_row(2, ["", " "].into_iter(), false), None);
    }
}
