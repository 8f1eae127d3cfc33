//! Input for a new order.

use super::{Order, OrderId, OrderLine, key};
use crate::{Error, FieldError, LeadId, Result, Timestamp, given, text::clean_line};
use serde::{Deserialize, Serialize};

/// Longest `orderId` and `messageId`, in characters.
pub const ID_MAX: usize = 200;
/// Longest `customer`, and longest text of a line, in characters.
pub const CUSTOMER_MAX: usize = 500;
/// Most orders of one customer: those that are applied to a lead, and those that wait for a customer number. A lead that is added, deleted,
/// restored or renumbered moves them all in one transaction, while other writes wait.
pub const CUSTOMER_ORDERS_MAX: i64 = 10_000;
/// Most lines of an order.
pub const LINES_MAX: usize = 500;
/// Largest order, in bytes of UTF-8 over all its texts.
pub const ORDER_MAX: usize = 64_000;
/// Largest amount and price in minor units, and largest quantity.
const AMOUNT_MAX: i64 = 1_000_000_000_000_000;
const QUANTITY_MAX: i64 = 1_000_000_000;

/// Input for a new order. `customer` and `amount` are required.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewOrder {
    /// The shop's own id of the order. The same order sent again is not applied again.
    pub order_id: Option<String>,
    /// Id of the message that brings it: has the same effect for an order without an `orderId`.
    pub message_id: Option<String>,
    /// The id of a lead, or its customer number, exactly as the lead has it. An order of an unknown customer waits for them.
    #[serde(deserialize_with = "given::present")]
    pub customer: String,
    /// Minor units (cents), not negative.
    pub amount: Option<i64>,
    #[serde(deserialize_with = "given::present_or_empty")]
    pub lines: Vec<OrderLine>,
    /// Default: now.
    pub ordered_at: Option<Timestamp>,
}

impl NewOrder {
    /// Cleans and checks all fields.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        let mut wrong = |field: String, message: String| errors.push(FieldError::new(field, message));
        let id = |text: Option<String>| text.map(|text| clean_line(&text)).filter(|text| !text.is_empty());
        (self.order_id, self.message_id) = (id(self.order_id), id(self.message_id));
        for (field, id) in [("orderId", &self.order_id), ("messageId", &self.message_id)] {
            if too_long(id.as_deref(), ID_MAX) {
                wrong(field.to_owned(), format!("At most {ID_MAX} characters; send the id that the shop uses"));
            }
        }
        self.customer = clean_line(&self.customer);
        if self.customer.is_empty() {
            wrong("customer".to_owned(), "Name the customer, by their customer number or the id of their lead".to_owned());
        } else if too_long(Some(&self.customer), CUSTOMER_MAX) {
            wrong("customer".to_owned(), format!("At most {CUSTOMER_MAX} characters; send the customer number"));
        }
        if !self.amount.is_some_and(is_amount) {
            wrong("amount".to_owned(), "Enter an amount from 0 to 10,000,000,000,000.00, in minor units".to_owned());
        }
        if self.lines.len() > LINES_MAX {
            wrong("lines".to_owned(), format!("An order has at most {LINES_MAX} lines; join some, or split the order"));
            self.lines.clear();
        }
        for (at, line) in self.lines.iter_mut().enumerate() {
            line.product_id = id(line.product_id.take());
            line.name = clean_line(&line.name);
            if too_long(line.product_id.as_deref(), CUSTOMER_MAX) {
                wrong(format!("lines.{at}.productId"), format!("At most {CUSTOMER_MAX} characters; shorten it"));
            }
            if line.name.is_empty() || too_long(Some(&line.name), CUSTOMER_MAX) {
                wrong(format!("lines.{at}.name"), format!("Name the product, in at most {CUSTOMER_MAX} characters"));
            }
            if !(0..=QUANTITY_MAX).contains(&line.quantity) {
                wrong(format!("lines.{at}.quantity"), "Enter a whole number from 0 to 1,000,000,000".to_owned());
            }
            if !is_amount(line.price) {
                wrong(format!("lines.{at}.price"), "Enter a price from 0 to 10,000,000,000,000.00, in minor units".to_owned());
            }
        }
        if errors.is_empty() && self.size() > ORDER_MAX {
            errors.push(FieldError::new("lines", format!("An order holds at most {} kB; shorten its lines", ORDER_MAX / 1000)));
        }
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }

    fn size(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let lines: usize = self.lines.iter().map(|line| line.name.len() + length(&line.product_id)).sum();
        self.customer.len() + length(&self.order_id) + length(&self.message_id) + lines
    }

    /// See `Order::key`.
    pub fn key(&self) -> Option<String> {
        key(self.order_id.as_deref(), self.message_id.as_deref())
    }

    /// The order. `self` is checked.
    pub fn into_order(self, id: OrderId, lead_id: Option<LeadId>, now: Timestamp) -> Order {
        Order {
            id,
            order_id: self.order_id,
            message_id: self.message_id,
            customer: self.customer,
            lead_id,
            amount: self.amount.unwrap_or_default(),
            lines: self.lines,
            ordered_at: self.ordered_at.unwrap_or(now),
            import_id: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether it is this order, sent again. An order without a time was ordered whenever it came first.
    pub fn is_again(&self, order: &Order) -> bool {
        self.customer == order.customer
            && self.amount == Some(order.amount)
            && self.lines == order.lines
            && self.ordered_at.is_none_or(|at| at == order.ordered_at)
    }
}

fn too_long(text: Option<&str>, max: usize) -> bool {
    text.is_some_and(|text| text.chars().count() > max)
}

fn is_amount(amount: i64) -> bool {
    (0..=AMOUNT_MAX).contains(&amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> NewOrder {
        NewOrder { customer: "c1".to_owned(), amount: Some(2933), ..NewOrder::default() }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let line = OrderLine { product_id: None, name: " ".to_owned(), quantity: -1, price: -1 };
        let wrong = NewOrder { order_id: Some("o".repeat(201)), amount: Some(-1), lines: vec![line], ..NewOrder::default() };
        let Err(Error::Invalid(errors)) = wrong.check() else { panic!("accepted") };
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["orderId", "customer", "amount", "lines.0.name", "lines.0.quantity", "lines.0.price"]);
        let line = OrderLine { product_id: None, name: "x".repeat(500), quantity: 1, price: 1 };
        for lines in [LINES_MAX, LINES_MAX + 1] {
            let large = NewOrder { lines: vec![line.clone(); lines], ..order() };
            assert!(large.check().is_err_and(|error| error.on_field("lines").is_some()), "{lines} lines of 500 characters");
        }
        assert!(NewOrder { amount: None, ..order() }.check().is_err_and(|error| error.on_field("amount").is_some()));
    }

    #[test]
    fn the_same_order_sent_again_is_known_by_its_content() {
        let new = NewOrder { order_id: Some(" o1 ".to_owned()), message_id: Some("m1".to_owned()), ..order() }.check().unwrap();
        assert_eq!(new.key().as_deref(), Some("order:o1"));
        assert_eq!(NewOrder { message_id: Some("o1".to_owned()), ..order() }.key().as_deref(), Some("message:o1"));
        assert_eq!(order().key(), None);
        let made = new.clone().into_order(OrderId(uuid::Uuid::nil()), None, Timestamp(5));
        assert_eq!(made.key(), new.key());
        assert!(new.is_again(&made) && NewOrder { ordered_at: Some(Timestamp(5)), ..new.clone() }.is_again(&made));
        assert!(!NewOrder { ordered_at: Some(Timestamp(6)), ..new.clone() }.is_again(&made));
        assert!(!NewOrder { amount: Some(1), ..new }.is_again(&made));
    }
}
