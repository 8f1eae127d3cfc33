//! A page of leads: which, in what order, from where.

use super::{Lead, label};
pub use crate::page::{Cursor, Sort};
use crate::{Error, Result, rule::Rule, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// The columns a list can be ordered by; each has an index in both databases.
    SortColumn, "sort", default CreatedAt {
        Name = "name", label::NAME;
        Company = "company", label::COMPANY;
        // By its place in the funnel.
        Status = "status", label::STATUS;
        Stage = "stage", label::STAGE;
        Score = "score", label::SCORE;
        // Grouped by owner, in the order of their ids: nobody first, then by when the account was made.
        Owner = "owner", label::OWNER;
        Value = "value", label::VALUE;
        LastActivity = "lastActivity", label::LAST_ACTIVITY;
        CreatedAt = "createdAt", label::CREATED;
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadQuery {
    pub rule: Rule,
    pub sort: Sort,
    /// Rows after this one.
    pub cursor: Option<Cursor>,
    /// Rows to skip, for the page numbers of older clients; keyset cursors are the fast way.
    pub offset: u32,
    /// 1–1,000.
    pub limit: u32,
}

impl Default for LeadQuery {
    fn default() -> Self {
        Self { rule: Rule::everyone(), sort: Sort::default(), cursor: None, offset: 0, limit: 50 }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadPage {
    pub leads: Vec<Lead>,
    /// Where the next page starts; absent on the last.
    pub next: Option<Cursor>,
    /// How many match. Absent while it is still being counted: the live query tells it.
    pub total: Option<i64>,
}

impl LeadPage {
    /// See `Lead::in_list`.
    #[must_use]
    pub fn in_list(self) -> Self {
        Self { leads: self.leads.into_iter().map(Lead::in_list).collect(), ..self }
    }
}
