//! A page of leads: which, in what order, from where.

use super::Lead;
pub use crate::page::{Cursor, Sort};
use crate::{Error, Result, rule::Rule, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// The columns a list can be ordered by; each has an index in both databases.
    SortColumn, "sort", default CreatedAt {
        Name = "name", "Name";
        Company = "company", "Company";
        // By its word, from A.
        Status = "status", "Status";
        Stage = "stage", "Stage";
        Score = "score", "Score";
        // Grouped by owner, in the order of their ids: nobody first, then by when the account was made.
        Owner = "owner", "Owner";
        Value = "value", "Value";
        LastActivity = "lastActivity", "Last activity";
        CreatedAt = "createdAt", "Created";
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
