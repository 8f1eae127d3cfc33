//! Export of leads and orders as a file: what, which columns, in which format, its status and progress.

mod column;
mod write;

pub use column::{Column, OrderColumn};
pub use write::Sheet;

use crate::{
    Error, LeadId, Op, Permission, Recorded, Result, Timestamp, UserId,
    activity::{ActivityKind, Names, Word},
    id::ids,
    leads::{Selection, Sort},
    orders::{OrderCursor, OrderQuery},
    record::Concerned,
    text::grouped,
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

ids!(ExportId);

/// Most files that one person or key keeps, and most bytes of them together.
pub const FILES_EACH: i64 = 20;
pub const BYTES_EACH: i64 = 2 * FILE_MAX;
/// Largest file, in bytes: 2 GiB.
pub const FILE_MAX: i64 = 2 * 1024 * 1024 * 1024;
/// Days after which a file is deleted.
pub const DAYS: i64 = 7;
/// Most leads that are written in the order of their list; more are written in the order of their creation.
pub const SORTED_MAX: i64 = 10_000;
/// Most columns of a file.
const COLUMNS_MAX: usize = 500;

words! {
    /// Status of an export. Running → done or failed; done → expired.
    ExportStatus, "status", default Running {
        Running = "running", "Exporting";
        Done = "done", "Ready";
        Failed = "failed", "Failed";
        Expired = "expired", "Expired";
    }
}

words! {
    /// Format of the file.
    ExportFormat, "format", default Csv {
        Csv = "csv", "CSV, for spreadsheets";
        Lines = "jsonl", "JSON lines, for programs";
    }
}

/// The orders of an export: all that fit these filters, newest first.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OrderFilter {
    /// Only the orders of this lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// Only the orders of this customer: the id of a lead, or a customer number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Only orders that wait for their customer, or only those that do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<bool>,
    /// Ordered at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Ordered before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Text in the order id, the customer number or a product.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub search: String,
}

impl OrderFilter {
    pub fn query(&self, cursor: Option<OrderCursor>, limit: u32) -> OrderQuery {
        let Self { lead, customer, waiting, from, to, search } = self.clone();
        OrderQuery { lead, customer, waiting, from, to, search, cursor, limit }
    }
}

impl From<OrderQuery> for OrderFilter {
    fn from(query: OrderQuery) -> Self {
        let OrderQuery { lead, customer, waiting, from, to, search, cursor: _, limit: _ } = query;
        Self { lead, customer, waiting, from, to, search }
    }
}

/// What is exported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExportOf {
    /// Leads by their ids, in this order, or all that match a rule.
    Leads(Selection),
    Orders(OrderFilter),
}

/// Input for a new export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewExport {
    pub of: ExportOf,
    /// Order of the leads that match a rule. Of more than `SORTED_MAX`, only whether the newest come first.
    #[serde(default)]
    pub sort: Sort,
    /// Names of columns, in order; see `Column` and `OrderColumn`. Empty: all, with a column for each custom field.
    #[serde(default)]
    pub columns: Vec<String>,
    #[serde(default)]
    pub format: ExportFormat,
    /// Begin a CSV with a byte order mark, by which spreadsheet programs know UTF-8.
    #[serde(default)]
    pub bom: bool,
}

impl NewExport {
    /// # Errors
    /// `Invalid` on `columns`, `leadIds` or `rule`.
    pub fn check(mut self) -> Result<Self> {
        let known = match self.of {
            ExportOf::Leads(which) => {
                self.of = ExportOf::Leads(which.check()?);
                if self.columns.is_empty() {
                    self.columns = Column::menu().map(|(_, name, _)| name.to_owned()).collect();
                }
                self.columns.iter().try_for_each(|name| Column::named(name).map(drop))
            }
            ExportOf::Orders(_) => {
                if self.columns.is_empty() {
                    self.columns = OrderColumn::ALL.iter().map(|column| column.as_str().to_owned()).collect();
                }
                self.columns.iter().try_for_each(|name| name.parse::<OrderColumn>().map(drop))
            }
        };
        known?;
        if self.columns.len() > COLUMNS_MAX {
            return Err(Error::invalid("columns", format!("Choose at most {COLUMNS_MAX} columns")));
        }
        Ok(self)
    }
}

/// An export with its progress. Its file can be fetched when it is done.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    pub id: ExportId,
    pub revision: i64,
    /// Name of the file.
    pub file: String,
    /// What it holds: `leads` or `orders`.
    pub of: String,
    pub format: ExportFormat,
    pub columns: Vec<String>,
    pub status: ExportStatus,
    /// Rows to write, as counted at the start.
    pub total: i64,
    /// Rows written.
    pub rows: i64,
    /// Size of the file.
    pub bytes: i64,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Only they and administrators may fetch it; absent for keys and commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    pub created_by: String,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// When the file is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Progress of a running export. Not stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportProgress {
    pub id: ExportId,
    pub owner: Option<UserId>,
    pub total: i64,
    pub rows: i64,
    pub bytes: i64,
    pub rows_per_second: f64,
}

impl Export {
    /// `12,480 leads`
    pub fn what(&self) -> String {
        let count = self.rows.max(if self.status == ExportStatus::Running { self.total } else { 0 });
        format!("{} {}", grouped(count), if count == 1 { self.of.trim_end_matches('s') } else { &self.of })
    }
}

impl Recorded for Export {
    const LIVE: Option<Permission> = Some(Permission::Export);
    const HIDDEN: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn is_seen_by(&self, user: Option<UserId>) -> bool {
        self.owner.is_some() && self.owner == user
    }

    fn said(&self, op: Op, _: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        (op == Op::Create).then(|| (ActivityKind::Exported, "exported", Word::plain(self.what())))
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}
