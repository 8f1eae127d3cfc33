//! A page of leads: which, in what order, from where.

use super::Lead;
use crate::{Error, LeadId, Result, rule::Rule, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// The columns a list can be ordered by; each has an index in both databases.
    SortColumn, "sort", default CreatedAt {
        Name = "name", "Name";
        Company = "company", "Company";
        Stage = "stage", "Stage";
        Score = "score", "Score";
        Value = "value", "Value";
        LastActivity = "lastActivity", "Last activity";
        CreatedAt = "createdAt", "Created";
    }
}

/// On the wire `name`, or `-name` for descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    pub column: SortColumn,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { column: SortColumn::CreatedAt, descending: true }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.column)
    }
}

impl FromStr for Sort {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let (descending, column) = text.strip_prefix('-').map_or((false, text), |column| (true, column));
        Ok(Self { column: column.parse()?, descending })
    }
}

impl Serialize for Sort {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sort {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a page ended: the sort key of its last row, and that row's id. On the wire `<id>~<key>`; opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    pub id: LeadId,
    /// A folded text, or a number in decimal, as the sort column has it.
    pub key: String,
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        format!("{}~{}", cursor.id, cursor.key)
    }
}

impl TryFrom<String> for Cursor {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.split_once('~')
            .and_then(|(id, key)| Some(Self { id: id.parse().ok()?, key: key.to_owned() }))
            .ok_or_else(|| Error::invalid("cursor", "Not a cursor of this list; take `nextCursor` of the page before, or leave it out"))
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
