//! Import of leads or orders from a file: its columns, their mapping, status and progress.

mod cell;
mod guess;
mod guess_orders;
mod mapping;
mod marks;
mod order;
mod order_row;
mod order_words;
mod owners;
mod record;
mod row;
mod target;
mod words;

pub use guess::{ERROR_COLUMNS, guess};
pub use mapping::Mapping;
use marks::Marks;
pub use order::ReadOrder;
pub use order_row::OrderRow;
pub use owners::Owners;
pub use record::BadCell;
pub use row::{Row, Updated};
pub use target::{ImportKind, OrderField, Target};

use crate::{
    CampaignId, Currency, Error, Op, Permission, Recorded, Result, Timestamp, amount, error::LeadRef, id::ids, record::Concerned,
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

ids!(ImportId);

words! {
    /// Status of an import. Uploaded → running → completed, cancelled or failed; each of these → undoing → undone.
    /// Running → paused when the server cannot continue, for example on a full disk; paused → running on request.
    ImportStatus, "status", default Uploaded {
        Uploaded = "uploaded", "Waiting for mapping";
        Running = "running", "Importing";
        Paused = "paused", "Paused";
        Cancelled = "cancelled", "Stopped";
        Completed = "completed", "Completed";
        Failed = "failed", "Failed";
        Undoing = "undoing", "Undoing";
        Undone = "undone", "Undone";
    }
}

words! {
    /// What to do with a row whose e-mail a lead has already.
    OnDuplicate, "onDuplicate", default Skip {
        Skip = "skip", "Keep the lead as it is";
        Update = "update", "Update the lead with the row's values";
    }
}

words! {
    /// What to do with amounts in another currency than the workspace's. They are never converted.
    ForeignAmounts, "foreignAmounts", default LeaveOut {
        LeaveOut = "leave_out", "Leave them out";
        AsTheyAre = "as_they_are", "Import their numbers as they are";
    }
}

/// One column of the uploaded file.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Header from the file's first row.
    pub header: String,
    /// The first non-empty values: at most 3, each cut to 60 characters.
    pub samples: Vec<String>,
    /// Signs and codes of currencies in the header and beside the amounts of the first rows: at most 5, folded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub currencies: Vec<String>,
    /// The guess, until the user changes it.
    pub target: Target,
}

/// Settings of an import, chosen before it starts.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportOptions {
    /// What the file holds; `None` means what its headers say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ImportKind>,
    /// One target per column of the file; empty means the guessed ones.
    pub mapping: Vec<Target>,
    pub on_duplicate: OnDuplicate,
    pub foreign_amounts: ForeignAmounts,
    /// Added to every new or updated lead.
    pub tags: Vec<String>,
    /// The campaign in which every new or updated lead is enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
}

/// Counts over the rows read so far; always `created + updated + duplicates + rejected = rows`. In a file of orders, these are the rows of new
/// orders, none, the rows of orders that were there already, and the rejected ones.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    pub rows: i64,
    pub created: i64,
    pub updated: i64,
    /// Skipped because the e-mail already existed, in the file or in the database.
    pub duplicates: i64,
    pub rejected: i64,
    /// Created or updated leads without one of their cells, because it could not be read.
    #[serde(default)]
    pub incomplete: i64,
    /// New orders, of one row or several.
    #[serde(default)]
    pub orders: i64,
    /// Of these, orders that waited for their customer when they were imported.
    #[serde(default)]
    pub waiting: i64,
}

impl ImportCounts {
    /// New leads or orders.
    pub fn new_records(&self, kind: ImportKind) -> i64 {
        match kind {
            ImportKind::Leads => self.created,
            ImportKind::Orders => self.orders,
        }
    }

    /// Leads or orders that were written.
    pub fn written(&self, kind: ImportKind) -> i64 {
        self.new_records(kind) + self.updated
    }
}

/// Leads that an undo did not delete, or did not restore in full, because people have worked on them since.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLeads {
    pub count: i64,
    /// The first of them, at most `KEPT_NAMED`.
    pub leads: Vec<LeadRef>,
}

impl KeptLeads {
    pub fn add(&mut self, count: i64, leads: impl IntoIterator<Item = LeadRef>) {
        self.count += count;
        let room = (KEPT_NAMED as usize).saturating_sub(self.leads.len());
        self.leads.extend(leads.into_iter().take(room));
    }
}

/// Most uploaded files of one person or key that wait for their import or are imported.
pub const FILES_EACH: i64 = 20;
/// Most uploaded files of all together that wait for their import or are imported.
pub const FILES: i64 = 200;

/// Most leads that are named among those an undo kept.
pub const KEPT_NAMED: u32 = 20;

/// An uploaded file with the status and the counts of its import.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    pub id: ImportId,
    pub revision: i64,
    /// The file's name.
    pub file: String,
    pub status: ImportStatus,
    /// Stored bytes: in UTF-8, whatever the `encoding` of the file.
    pub size: i64,
    /// Bytes that were read and committed.
    pub read: i64,
    /// Name from the WHATWG standard in lower case: `utf-8`, `windows-1252`, `utf-16le`.
    pub encoding: String,
    /// `,`, `;`, tab or `|`.
    pub delimiter: char,
    pub columns: Vec<Column>,
    pub options: ImportOptions,
    pub counts: ImportCounts,
    /// Why it failed or paused, for `failed` and `paused`.
    pub error: Option<String>,
    /// A warning about the file as a whole, such as characters that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Leads that the undo kept, whole or in part.
    #[serde(default)]
    pub kept: KeptLeads,
    pub created_by: String,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

/// A row that was rejected, or imported without one of its cells, as the result page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// Line of the file on which the row starts, from 1.
    pub line: i64,
    /// Headers of all columns with an error.
    pub column: String,
    /// Value in the first of these columns.
    pub value: String,
    /// The reason; for several columns, one reason for each.
    pub reason: String,
    /// The row was imported without these cells.
    #[serde(default)]
    pub imported: bool,
}

/// Progress of a running import. Not stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportProgress {
    pub id: ImportId,
    pub status: ImportStatus,
    pub read: i64,
    pub size: i64,
    pub counts: ImportCounts,
    pub rows_per_second: f64,
}

impl Column {
    /// The currencies in the header and beside the amounts in `values`, as `currencies` has them.
    pub fn currencies_of<'v>(header: &str, values: impl IntoIterator<Item = &'v str>) -> Vec<String> {
        let mut found: Vec<&str> = Vec::new();
        for name in amount::split_header(header).1.into_iter().chain(values.into_iter().flat_map(amount::currencies)) {
            if found.len() < 5 && !found.contains(&name) {
                found.push(name);
            }
        }
        found.into_iter().map(str::to_owned).collect()
    }

    /// Those of its currencies that are surely not `own`, as people write them.
    pub fn foreign_to(&self, own: Currency) -> Vec<String> {
        let foreign = self.currencies.iter().filter_map(|name| amount::known(name)).filter(|name| amount::is_foreign(name, own));
        foreign.map(str::to_uppercase).collect()
    }
}

impl Recorded for Import {
    const LIVE: Option<Permission> = Some(Permission::Read);

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn in_live_list(self) -> Self {
        self.in_list()
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

impl Import {
    /// What the file holds: the guess until the import is started.
    pub fn kind(&self) -> ImportKind {
        self.options.kind.unwrap_or_default()
    }

    /// The guessed targets of the columns, if the file holds `kind`.
    pub fn guessed(&self, kind: ImportKind) -> Vec<Target> {
        if kind == self.kind() {
            return self.columns.iter().map(|column| column.target.clone()).collect();
        }
        let headers: Vec<String> = self.columns.iter().map(|column| column.header.clone()).collect();
        let samples: Vec<Vec<String>> = self.columns.iter().map(|column| column.samples.clone()).collect();
        kind.guess(&headers, &samples)
    }

    /// Before its start: the import as if its file held `kind`.
    #[must_use]
    pub fn holding(mut self, kind: ImportKind) -> Self {
        let targets = self.guessed(kind);
        self.columns.iter_mut().zip(targets).for_each(|(column, target)| column.target = target);
        self.options.kind = Some(kind);
        self
    }

    /// The import as lists show it: without columns and mapping.
    #[must_use]
    pub fn in_list(mut self) -> Self {
        self.columns = Vec::new();
        self.options.mapping = Vec::new();
        self
    }

    /// Whether each column belongs in a file of rejected rows: all but the error columns of an earlier such file that are not imported.
    pub fn kept_columns(&self) -> Vec<bool> {
        let headers: Vec<&str> = self.columns.iter().map(|column| column.header.as_str()).collect();
        let ours = guess::error_columns(&headers, |at| &self.columns[at].samples);
        let target = |at: usize| self.options.mapping.get(at).unwrap_or(&self.columns[at].target);
        (0..self.columns.len()).map(|at| !ours.contains(&at) || *target(at) != Target::Skip).collect()
    }
}

impl ImportStatus {
    /// The job has ended: nothing more happens without a request.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Completed | Self::Failed | Self::Undone)
    }
}
