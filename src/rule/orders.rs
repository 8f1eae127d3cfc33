//! Tests over a lead's orders: which orders they ask, and what they compute over them.

use super::{
    Field, FieldKind, Op, OrderFacts, Subject, Test, Value,
    describe::days,
    plan::{Predicate, predicate},
};
use crate::{
    FieldError, Moment,
    text::{clean, fold},
};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The orders that a test asks: `{"product": "Tea", "within_days": 30}`. Without members all orders of the lead.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrderFilter {
    /// Orders with this product: its id or its name, compared as texts are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// From the day that is this many days before today, up to now; not together with `from` and `to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_days: Option<f64>,
    /// From this date or moment on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Up to this date, which is included, or moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl OrderFilter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The members that limit the time, each as a test of the order's time.
    fn bounds(&self) -> Vec<(&'static str, Op, Value)> {
        let text = |text: &String| Value::Text(text.clone());
        let days = self.within_days.map(|days| ("within_days", Op::WithinDays, Value::Number(days)));
        let from = self.from.as_ref().map(|from| ("from", Op::Gte, text(from)));
        let to = self.to.as_ref().map(|to| ("to", Op::Lte, text(to)));
        [days, from, to].into_iter().flatten().collect()
    }

    /// The first and the last moment; `None` when a member is invalid.
    pub(super) fn window(&self, at: &Moment) -> Option<(i64, i64)> {
        let mut window = (i64::MIN, i64::MAX);
        for (_, op, value) in self.bounds() {
            let Predicate::Range(first, last) = predicate(FieldKind::Time, op, &value, at)? else { return None };
            window = (window.0.max(first), window.1.min(last));
        }
        Some(window)
    }

    /// The same in canonical form, and an error for each wrong member.
    pub(super) fn check(mut self, path: &str, longest: usize) -> (Self, Vec<FieldError>) {
        let mut errors = Vec::new();
        let mut wrong = |member: &str, message: String| errors.push(FieldError::new(format!("{path}.{member}"), message));
        self.product = self.product.map(|product| clean(&product));
        if let Some(product) = &self.product {
            if fold(product).is_empty() {
                wrong("product", "Give the id or the name of a product, or leave it out".to_owned());
            } else if product.chars().count() > longest {
                wrong("product", format!("At most {longest} characters; shorten the text"));
            }
        }
        for (member, op, value) in self.bounds() {
            // Whether a value is valid does not depend on the time.
            if predicate(FieldKind::Time, op, &value, &Moment::default()).is_none() || super::check::is_part_of_a_day(op, &value) {
                wrong(member, super::check::remedy(FieldKind::Time, op));
            }
        }
        if self.within_days.is_some() && (self.from.is_some() || self.to.is_some()) {
            wrong("within_days", "Give a number of days, or from and to".to_owned());
        } else if self.from.is_some() && self.to.is_some() && self.window(&Moment::default()).is_some_and(|(first, last)| first > last) {
            wrong("to", "The end is before the beginning; exchange them".to_owned());
        }
        (self, errors)
    }

    /// ` of “Tea” in the last 30 days`; empty without members.
    pub(super) fn words(&self) -> String {
        let mut words = String::new();
        if let Some(product) = &self.product {
            let _ = write!(words, " of “{product}”");
        }
        if let Some(within) = self.within_days {
            let _ = write!(words, " in the last {}", days(within));
        }
        for (word, day) in [("from", &self.from), ("to", &self.to)] {
            if let Some(day) = day {
                let _ = write!(words, " {word} {day}");
            }
        }
        words
    }
}

/// What a field computes over the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Sum,
    First,
    Last,
}

impl Aggregate {
    fn of(field: &Field) -> Option<Self> {
        Some(match field.name {
            "orders" => Self::Count,
            "order_total" => Self::Sum,
            "first_order_at" => Self::First,
            "last_order_at" => Self::Last,
            _ => return None,
        })
    }

    /// Its value without orders.
    pub(super) fn of_none(self) -> Option<i64> {
        match self {
            Self::Count | Self::Sum => Some(0),
            Self::First | Self::Last => None,
        }
    }

    /// The smallest value that it can have with an order.
    pub(super) fn least(self) -> i64 {
        match self {
            Self::Count => 1,
            Self::Sum => 0,
            Self::First | Self::Last => i64::MIN,
        }
    }
}

/// A test of orders, without its predicate, as of one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrdersAsked {
    pub(super) aggregate: Aggregate,
    /// The first and the last moment; `i64::MIN` and `i64::MAX` mean no bound.
    pub(super) window: (i64, i64),
    /// Folded.
    pub(super) product: Option<String>,
}

impl OrdersAsked {
    /// `None` for another field, and for an invalid window.
    pub(super) fn new(test: &Test, at: &Moment) -> Option<Self> {
        let Subject::Field(field) = test.subject()? else { return None };
        let product = test.which.product.as_ref().map(|product| fold(&clean(product)));
        Some(Self { aggregate: Aggregate::of(field)?, window: test.which.window(at)?, product })
    }

    /// The value over these orders; a sum that is too large for a number is the largest number.
    pub(super) fn value(&self, orders: &[OrderFacts]) -> Option<i64> {
        let (first, last) = self.window;
        let asked = orders.iter().filter(|order| {
            (first..=last).contains(&order.ordered_at.0) && self.product.as_ref().is_none_or(|product| order.products.contains(product))
        });
        match self.aggregate {
            Aggregate::Count => Some(asked.count() as i64),
            Aggregate::Sum => {
                let sum: i128 = asked.map(|order| i128::from(order.amount)).sum();
                Some(i64::try_from(sum).unwrap_or(i64::MAX))
            }
            Aggregate::First => asked.map(|order| order.ordered_at.0).min(),
            Aggregate::Last => asked.map(|order| order.ordered_at.0).max(),
        }
    }
}
