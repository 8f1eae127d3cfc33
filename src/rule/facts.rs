//! The input of a rule: a lead with the values that are stored in other tables.

use crate::{CampaignId, Timestamp, campaigns::Enrollment, leads::Lead, orders::OrderLine, text::fold};
use std::sync::OnceLock;

/// A lead with its enrollments and orders, for matchers. Use one value for many rules on the same lead: its search text is folded only once.
pub struct Facts<'a> {
    pub lead: &'a Lead,
    pub(super) enrollments: &'a [EnrollmentFacts],
    pub(super) orders: &'a [OrderFacts],
    search: OnceLock<String>,
}

/// The values of one enrollment that rules can test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrollmentFacts {
    pub campaign_id: CampaignId,
    pub replied_at: Option<Timestamp>,
}

/// The values of one order that rules can test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFacts {
    pub ordered_at: Timestamp,
    /// Minor units, not negative.
    pub amount: i64,
    /// See `OrderFacts::products`.
    pub products: Vec<String>,
}

impl OrderFacts {
    /// The folded ids and names of the products, each once.
    pub fn products(lines: &[OrderLine]) -> Vec<String> {
        let texts = lines.iter().flat_map(|line| line.product_id.as_deref().into_iter().chain([line.name.as_str()]));
        let mut products: Vec<String> = texts.map(fold).filter(|text| !text.is_empty()).collect();
        products.sort();
        products.dedup();
        products
    }
}

impl<'a> Facts<'a> {
    /// `enrollments` are those of campaigns that exist. They may be empty for rules that do not test enrollments.
    pub fn new(lead: &'a Lead, enrollments: &'a [EnrollmentFacts]) -> Self {
        Self { lead, enrollments, orders: &[], search: OnceLock::new() }
    }

    /// With the orders that are applied to the lead; needed for rules that test orders.
    #[must_use]
    pub fn with_orders(self, orders: &'a [OrderFacts]) -> Self {
        Self { orders, ..self }
    }

    /// The text that a search tests.
    pub(super) fn search_text(&self) -> &str {
        self.search.get_or_init(|| self.lead.search_text())
    }
}

impl From<&Enrollment> for EnrollmentFacts {
    fn from(enrollment: &Enrollment) -> Self {
        Self { campaign_id: enrollment.campaign_id, replied_at: enrollment.replied_at }
    }
}
