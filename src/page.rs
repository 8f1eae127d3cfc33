//! Keyset pages: sort order, and the cursor where a page ended. Each list defines its own sort columns.

use crate::{Error, LeadId, Result, leads::SortColumn};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Sort order. On the wire `name`, or `-name` for descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort<C = SortColumn> {
    pub column: C,
    pub descending: bool,
}

impl<C: Default> Default for Sort<C> {
    fn default() -> Self {
        Self { column: C::default(), descending: true }
    }
}

impl<C: fmt::Display> fmt::Display for Sort<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.column)
    }
}

impl<C: FromStr<Err = Error>> FromStr for Sort<C> {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let (descending, column) = text.strip_prefix('-').map_or((false, text), |column| (true, column));
        Ok(Self { column: column.parse()?, descending })
    }
}

impl<C: fmt::Display> Serialize for Sort<C> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, C: FromStr<Err = Error>> Deserialize<'de> for Sort<C> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// End of a keyset page: the sort key and the id of its last row. On the wire `<id>~<key>`; opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "Id: Clone + fmt::Display + FromStr")]
pub struct Cursor<Id = LeadId> {
    pub id: Id,
    /// Value of the sort column: a folded text, or a decimal number.
    pub key: String,
}

impl<Id: fmt::Display> From<Cursor<Id>> for String {
    fn from(cursor: Cursor<Id>) -> Self {
        format!("{}~{}", cursor.id, cursor.key)
    }
}

impl<Id: FromStr> TryFrom<String> for Cursor<Id> {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.split_once('~')
            .and_then(|(id, key)| Some(Self { id: id.parse().ok()?, key: key.to_owned() }))
            .ok_or_else(|| Error::invalid("cursor", "Not a cursor of this list; take `nextCursor` of the page before, or leave it out"))
    }
}
