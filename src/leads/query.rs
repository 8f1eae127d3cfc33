//! Query for a page of leads: rule, sort order, cursor.

use super::{Lead, label};
pub use crate::page::{Cursor, Sort};
use crate::{Error, Result, rule::Rule, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// The columns by which a list can be sorted; each has an index in both databases.
    SortColumn, "sort", default CreatedAt {
        Name = "name", label::NAME;
        Company = "company", label::COMPANY;
        // Sorted by position in the funnel.
        Status = "status", label::STATUS;
        Stage = "stage", label::STAGE;
        Score = "score", label::SCORE;
        // Sorted by the owner's id: leads without owner first, then owners by the creation of their accounts.
        Owner = "owner", label::OWNER;
        Value = "value", label::VALUE;
        LastActivity = "lastActivity", label::LAST_ACTIVITY;
        CreatedAt = "createdAt", label::CREATED;
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
