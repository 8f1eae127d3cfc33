//! A rule is a tree of tests over a lead, its enrollments and its orders. The same tree serves list filters, search, live queries and
//! segments, with the same result in every engine: `matches` natively and in the browser, `to_sql` in both databases. The engines get
//! rules without tests of segments: see `SegmentRules::expand`.
//!
//! Each test is two-valued: an absent value fails positive tests and passes negative ones, so `Not` is plain negation.

mod boundaries;
mod check;
mod custom;
mod describe;
mod explain;
mod facts;
mod fields;
#[cfg(any(test, feature = "generate"))]
pub mod generate;
mod manual;
mod matches;
mod ops;
mod orders;
mod parse;
mod plan;
mod read;
mod segments;
mod sql;

pub use boundaries::{Boundary, boundaries};
pub use custom::{CustomKind, DIGITS, NO, YES, custom_fold};
pub(crate) use custom::{day, number};
pub use describe::{Named, TestWords, describe, describe_named, describe_test, word_label};
pub use explain::{DELETED_SEGMENT, Explanation, explain};
pub use facts::{EnrollmentFacts, Facts, OrderFacts};
pub use fields::{CUSTOM, FIELDS, Field, FieldKind, Referent, Source, Subject, field};
pub use manual::Manual;
pub use matches::{Matcher, matches};
pub use ops::{ops_for, takes_value};
pub use orders::OrderFilter;
pub use parse::{blank_conditions, parse};
pub use segments::SegmentRules;
pub use sql::{Bind, Dialect, Reach, SqlPart, tags_fold, to_sql};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Deepest nesting accepted from outside.
pub const MAX_DEPTH: usize = 12;
/// Most tests in one rule accepted from outside.
pub const MAX_TESTS: usize = 200;
/// Most values in one test's list accepted from outside; keeps a rule within the databases' limits.
pub const MAX_LIST: usize = 100;
/// Longest text value accepted from outside, in characters.
pub const MAX_TEXT: usize = 1_000;
/// Most values of all tests together accepted from outside, because each is compared with each lead.
pub const MAX_VALUES: usize = 500;
/// Most bytes of all fields and text values together accepted from outside.
pub const MAX_BYTES: usize = 16 * 1024;

/// On the wire `{"all": […]}`, `{"any": […]}`, `{"not": …}` or `{"field": "stage", "op": "is", "value": "Closed Won"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// All parts match; an empty list matches every lead.
    All(Vec<Rule>),
    /// At least one part matches; an empty list matches no lead.
    Any(Vec<Rule>),
    Not(Box<Rule>),
    #[serde(untagged)]
    Test(Test),
}

/// A test of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// A name or alias from the catalogue, or `custom.<key>`.
    pub field: String,
    pub op: Op,
    #[serde(default, skip_serializing_if = "Value::is_none")]
    pub value: Value,
    /// Which orders are asked; only for fields of orders.
    #[serde(default, rename = "where", skip_serializing_if = "OrderFilter::is_empty")]
    pub which: OrderFilter,
}

/// An operator. Which ones a field has depends on its kind; see `ops_for`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Equal, for text (folded), words, numbers and flags. A list of values means `is one of`.
    Is,
    IsNot,
    /// Text: folded substring. Tags: the lead has the tag.
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    /// Greater than, for numbers, stages (by rank) and times.
    Gt,
    Gte,
    Lt,
    Lte,
    /// Times: today or on one of the N days before, up to now. Times in the future do not match.
    WithinDays,
    /// Times: more than N days ago, in days of the calendar.
    OlderThanDays,
    IsSet,
    IsEmpty,
}

/// The value of a test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    #[default]
    None,
    Flag(bool),
    /// In the unit that people write: money in major units, and days for operators that count days.
    Number(f64),
    Text(String),
    List(Vec<String>),
}

impl Value {
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl Default for Rule {
    fn default() -> Self {
        Self::everyone()
    }
}

impl Rule {
    /// The rule that matches every lead.
    pub fn everyone() -> Self {
        Self::All(Vec::new())
    }

    /// The rule that matches no lead.
    pub fn nobody() -> Self {
        Self::Any(Vec::new())
    }

    pub fn test(field: impl Into<String>, op: Op, value: Value) -> Self {
        Self::Test(Test { field: field.into(), op, value, which: OrderFilter::default() })
    }

    /// A test of the orders that `which` names.
    pub fn of_orders(field: impl Into<String>, op: Op, value: Value, which: OrderFilter) -> Self {
        Self::Test(Test { field: field.into(), op, value, which })
    }

    /// The rule of the search box: a folded substring of name, e-mail, company, title or notes.
    pub fn search(text: &str) -> Self {
        Self::test("search", Op::Contains, Value::Text(text.to_owned()))
    }

    pub fn is_everyone(&self) -> bool {
        matches!(self, Self::All(parts) if parts.iter().all(Self::is_everyone))
    }

    /// Both rules together, without needless nesting.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (rule, other) if other.is_everyone() => rule,
            (rule, other) if rule.is_everyone() => other,
            (Self::All(mut parts), Self::All(more)) => {
                parts.extend(more);
                Self::All(parts)
            }
            (Self::All(mut parts), other) => {
                parts.push(other);
                Self::All(parts)
            }
            (rule, other) => Self::All(vec![rule, other]),
        }
    }

    /// Whether the result for an unchanged lead can change as time passes.
    pub fn depends_on_time(&self) -> bool {
        self.tests().iter().any(|test| test.counts_from_now())
    }

    /// Whether the result for an unchanged lead can be another one in another time zone.
    pub fn depends_on_zone(&self) -> bool {
        self.tests().iter().any(|test| test.means_days())
    }

    /// Whether a test of the rule needs values of this source.
    pub fn asks_of(&self, source: Source) -> bool {
        self.tests().iter().any(|test| test.subject().is_some_and(|subject| subject.source() == source))
    }

    /// Whether the lead's row answers it.
    pub fn asks_lead_alone(&self) -> bool {
        !self.asks_of(Source::Enrollments) && !self.asks_of(Source::Orders)
    }

    /// Number of tests that the lead's row does not answer: the database is asked for its campaigns or orders.
    pub fn asking(&self) -> usize {
        let asks = |test: &&Test| test.subject().is_some_and(|subject| matches!(subject.source(), Source::Enrollments | Source::Orders));
        self.tests().into_iter().filter(asks).count()
    }

    /// Values that a lead is compared with, at least 1: the work of an evaluation.
    pub fn comparisons(&self) -> usize {
        let values = |test: &Test| match &test.value {
            Value::List(values) => values.len().max(1),
            Value::None | Value::Flag(_) | Value::Number(_) | Value::Text(_) => 1,
        };
        self.tests().into_iter().map(values).sum::<usize>().max(1)
    }

    /// All tests of the tree, in order.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Not(part) => part.tests(),
            Self::Test(test) => vec![test],
        }
    }
}

impl Test {
    /// Whether its result for an unchanged lead can change as time passes.
    pub fn counts_from_now(&self) -> bool {
        let since = || field(&self.field).is_some_and(|field| field.kind == FieldKind::DaysSince);
        self.op.counts_days() || self.which.within_days.is_some() || (takes_value(self.op) && since())
    }

    /// As what it compares its field; `None` for an unknown field.
    pub fn kind(&self) -> Option<FieldKind> {
        self.subject().map(|subject| subject.asked(self.op, &self.value))
    }

    /// Whether its value, or that of its orders, means days.
    fn means_days(&self) -> bool {
        let of_days = || field(&self.field).is_some_and(|field| matches!(field.kind, FieldKind::Time | FieldKind::DaysSince));
        let of_orders = self.which.within_days.is_some() || self.which.from.is_some() || self.which.to.is_some();
        // A date of a custom field is a day already.
        of_orders || self.op.counts_days() || (takes_value(self.op) && of_days())
    }

    /// `None` for an unknown field.
    pub fn subject(&self) -> Option<Subject> {
        Subject::find(&self.field)
    }

    /// The ids in its value, and the kind of record they refer to; `None` for other fields.
    pub fn referents(&self) -> Option<(Referent, Vec<Uuid>)> {
        let FieldKind::Id(referent) = self.subject()?.kind() else { return None };
        let ids = match &self.value {
            Value::Text(id) => id.parse().into_iter().collect(),
            Value::List(ids) => ids.iter().filter_map(|id| id.parse().ok()).collect(),
            Value::None | Value::Flag(_) | Value::Number(_) => Vec::new(),
        };
        Some((referent, ids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_that_count_from_now_depend_on_it() {
        let rule = |field: &str, op, value| Rule::Not(Box::new(Rule::test(field, op, value)));
        assert!(rule("created_at", Op::WithinDays, Value::Number(7.0)).depends_on_time());
        assert!(rule("inactive_days", Op::Gt, Value::Number(7.0)).depends_on_time());
        assert!(!rule("inactive_days", Op::IsSet, Value::None).depends_on_time());
        let within = OrderFilter { within_days: Some(30.0), ..OrderFilter::default() };
        assert!(Rule::of_orders("orders", Op::Is, Value::Number(0.0), within).depends_on_time());
        assert!(!rule("orders", Op::Is, Value::Number(0.0)).depends_on_time());
        let date = |field: &str| rule(field, Op::Gt, Value::Text("2026-01-01".into()));
        assert!(!date("created_at").depends_on_time() && date("created_at").depends_on_zone());
        let days = rule("custom.Ends", Op::WithinDays, Value::Number(7.0));
        assert!(days.depends_on_time() && days.depends_on_zone());
        assert!(!date("custom.Ends").depends_on_time() && !date("custom.Ends").depends_on_zone());
        assert!(rule("inactive_days", Op::Gt, Value::Number(7.0)).depends_on_zone());
        assert!(!rule("created_at", Op::IsSet, Value::None).depends_on_zone());
        let spring = OrderFilter { to: Some("2026-05-31".into()), ..OrderFilter::default() };
        assert!(Rule::of_orders("orders", Op::Is, Value::Number(0.0), spring).depends_on_zone());
        assert!(!rule("orders", Op::Is, Value::Number(0.0)).depends_on_zone());
    }
}
