//! The columns of a file of leads, and of one of orders.

use crate::{
    Error, Result,
    leads::{CUSTOM_MAX, Custom, KEY_MAX, TextField, label},
    text::{fold, same},
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fmt, str::FromStr};

/// A column of a file of leads. On the wire its name, `custom` for all custom fields, or `custom.<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Column {
    Id,
    Name,
    Email,
    Text(TextField),
    Status,
    Connection,
    Consent,
    Stage,
    Engaged,
    Owner,
    Value,
    Score,
    Tags,
    TotalSpend,
    Visits,
    LastActive,
    Activity,
    ActivityAt,
    Contacted,
    Created,
    Updated,
    /// Each custom field that one of the leads has.
    EveryCustom,
    Custom(String),
}

const BEFORE: &[(Column, &str, &str)] =
    &[(Column::Id, "id", "Linnet id"), (Column::Name, "name", label::NAME), (Column::Email, "email", label::EMAIL)];
const AFTER: &[(Column, &str, &str)] = &[
    (Column::Status, "status", label::STATUS),
    (Column::Connection, "connection", label::CONNECTION),
    (Column::Consent, "consent", label::CONSENT),
    (Column::Stage, "stage", label::STAGE),
    (Column::Engaged, "engaged", label::ENGAGED),
    (Column::Owner, "owner", label::OWNER),
    (Column::Value, "value", label::VALUE),
    (Column::Score, "score", label::SCORE),
    (Column::Tags, "tags", label::TAGS),
    (Column::TotalSpend, "totalSpend", label::TOTAL_SPEND),
    (Column::Visits, "visits", label::VISITS),
    (Column::LastActive, "lastActiveAt", label::LAST_ACTIVE),
    (Column::Activity, "lastActivity", label::LAST_ACTIVITY),
    (Column::ActivityAt, "lastActivityAt", "Last activity at"),
    (Column::Contacted, "lastContactedAt", label::LAST_CONTACTED),
    (Column::Created, "createdAt", label::CREATED),
    (Column::Updated, "updatedAt", label::UPDATED),
    (Column::EveryCustom, "custom", label::CUSTOM),
];

impl Column {
    /// All columns except single custom fields, in their order, with name and label.
    pub fn menu() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        let texts = TextField::ALL.into_iter().map(|text| (Self::Text(text), text.name(), text.label()));
        BEFORE.iter().cloned().chain(texts).chain(AFTER.iter().cloned())
    }

    /// Name on the wire.
    pub fn name(&self) -> String {
        match self {
            Self::Custom(key) => format!("custom.{key}"),
            known => Self::menu().find(|(column, ..)| column == known).map_or_else(String::new, |(_, name, _)| name.to_owned()),
        }
    }

    /// # Errors
    /// `Invalid` on `columns`.
    pub fn named(name: &str) -> Result<Self> {
        if let Some(key) = name.strip_prefix("custom.").filter(|key| !key.trim().is_empty() && key.chars().count() <= KEY_MAX) {
            return Ok(Self::Custom(key.to_owned()));
        }
        Self::menu().find(|(_, known, _)| *known == name).map(|(column, ..)| column).ok_or_else(|| {
            let known: Vec<_> = Self::menu().map(|(_, name, _)| name).collect();
            let asked: String = name.chars().take(60).collect();
            Error::invalid("columns", format!("No column named “{asked}”; use {}, or custom.<name>", known.join(", ")))
        })
    }

    /// `columns` with a column for each of these custom fields in place of `EveryCustom`, which are not among the others.
    #[must_use]
    pub fn with_custom(columns: Vec<Self>, keys: &[String]) -> Vec<Self> {
        let mut named: HashSet<String> =
            columns.iter().filter_map(|column| if let Self::Custom(key) = column { Some(fold(key)) } else { None }).collect();
        let mut new: Vec<_> = keys.iter().filter(|key| named.insert(fold(key))).cloned().map(Self::Custom).collect();
        let each = |column: Self| if column == Self::EveryCustom { std::mem::take(&mut new) } else { vec![column] };
        columns.into_iter().flat_map(each).collect()
    }

    pub(super) fn is_amount(&self) -> bool {
        matches!(self, Self::Value | Self::TotalSpend)
    }

    /// Most custom fields in a file.
    pub const CUSTOM_MAX: usize = 4 * CUSTOM_MAX;
}

/// The value of a custom field. Its key may be spelled otherwise.
pub(super) fn custom<'c>(custom: &'c Custom, key: &str) -> Option<&'c String> {
    custom.get(key).or_else(|| custom.iter().find(|(one, _)| same(one, key)).map(|(_, text)| text))
}

words! {
    /// A column of a file of orders.
    OrderColumn, "columns", default OrderId {
        Id = "id", "Linnet id";
        OrderId = "orderId", "Order";
        Customer = "customer", "Customer number";
        LeadId = "leadId", "Lead id";
        LeadName = "leadName", "Lead";
        Amount = "amount", "Amount";
        OrderedAt = "orderedAt", "Ordered";
        Products = "products", "Products";
        CreatedAt = "createdAt", "Received";
    }
}
