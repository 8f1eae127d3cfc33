//! Query for a page of leads: rule, sort order, cursor.

use super::{Lead, TextField, label};
pub use crate::page::{Cursor, Sort};
use crate::{Error, Result, UserId, rule::Rule, text::fold, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

words! {
    /// The columns by which a list can be sorted; each has an index in both databases.
    SortColumn, "sort", default CreatedAt {
        Name = "name", label::NAME;
        Company = "company", TextField::Company.label();
        // Sorted by position in the funnel.
        Status = "status", label::STATUS;
        Stage = "stage", label::STAGE;
        Score = "score", label::SCORE;
        // Sorted by the owner's id: leads without owner first, then owners by the creation of their accounts.
        Owner = "owner", label::OWNER;
        Value = "value", label::VALUE;
        TotalSpend = "totalSpend", label::TOTAL_SPEND;
        LastActivity = "lastActivity", label::LAST_ACTIVITY;
        LastContacted = "lastContacted", label::LAST_CONTACTED;
        CreatedAt = "createdAt", label::CREATED;
    }
}

/// Before every time that can be written, in microseconds since 1970.
const NEVER: i64 = -400_000_000_000_000_000;

/// Sort key of a lead. Keys of one column have the same variant; the database orders in the same way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    Number(i64),
    Text(String),
    Id(u128),
}

impl SortColumn {
    pub fn key(self, lead: &Lead) -> SortKey {
        let text = |text: Option<&str>| SortKey::Text(text.map(fold).unwrap_or_default());
        match self {
            Self::Name => text(Some(&lead.name)),
            Self::Company => text(lead.text(TextField::Company)),
            Self::Status => SortKey::Number(lead.status.rank()),
            Self::Stage => SortKey::Number(lead.stage.rank()),
            Self::Score => SortKey::Number(i64::from(lead.score)),
            // Leads without an owner come first.
            Self::Owner => SortKey::Id(lead.owner.map_or(0, |owner| owner.0.as_u128())),
            // An absent value sorts below 0.
            Self::Value => SortKey::Number(lead.value.unwrap_or(-1)),
            Self::TotalSpend => SortKey::Number(lead.total_spend),
            Self::LastActivity => SortKey::Number(lead.last_activity_at.0),
            // Leads that were never contacted come first.
            Self::LastContacted => SortKey::Number(lead.last_contacted_at.map_or(NEVER, |at| at.0)),
            Self::CreatedAt => SortKey::Number(lead.created_at.0),
        }
    }

    /// The key as a cursor has it, of the same variant as `key`. `None` when this is no key of the column.
    pub fn parse_key(self, key: &str) -> Option<SortKey> {
        match self {
            // No folded text contains NUL, and Postgres refuses it.
            Self::Name | Self::Company => (!key.contains('\0')).then(|| SortKey::Text(key.to_owned())),
            Self::Owner => key.parse().ok().map(|id: UserId| SortKey::Id(id.0.as_u128())),
            Self::Status
            | Self::Stage
            | Self::Score
            | Self::Value
            | Self::TotalSpend
            | Self::LastActivity
            | Self::LastContacted
            | Self::CreatedAt => key.parse().ok().map(SortKey::Number),
        }
    }
}

impl fmt::Display for SortKey {
    /// As `SortColumn::parse_key` reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Id(id) => Uuid::from_u128(*id).fmt(f),
        }
    }
}

/// Query for a page of leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadQuery {
    pub rule: Rule,
    pub sort: Sort,
    /// Only rows after this cursor.
    pub cursor: Option<Cursor>,
    /// Rows to skip, for page numbers of older clients; a cursor is faster.
    pub offset: u32,
    /// Page size, 1–1,000.
    pub limit: u32,
}

impl Default for LeadQuery {
    fn default() -> Self {
        Self { rule: Rule::everyone(), sort: Sort::default(), cursor: None, offset: 0, limit: 50 }
    }
}

/// One page of leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadPage {
    pub leads: Vec<Lead>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<Cursor>,
    /// Number of leads that match. `None` while they are being counted; the live query sends it.
    pub total: Option<i64>,
}

impl LeadPage {
    /// See `Lead::in_list`.
    #[must_use]
    pub fn in_list(self) -> Self {
        Self { leads: self.leads.into_iter().map(Lead::in_list).collect(), ..self }
    }
}
