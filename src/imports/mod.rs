//! Import of leads from a file: its columns, their mapping, status and progress.

mod cell;
mod guess;
mod mapping;
mod record;
mod row;
mod words;

pub use cell::decimal_of;
pub use guess::{ERROR_COLUMNS, guess};
pub use mapping::Mapping;
pub use record::BadCell;
pub use row::Row;

use crate::{
    CampaignId, Error, Op, Permission, Recorded, Result, Timestamp,
    error::LeadRef,
    id::ids,
    leads::{TextField, label},
    record::Concerned,
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
    /// What to do with a row whose e-mail already exists.
    OnDuplicate, "onDuplicate", default Skip {
        Skip = "skip", "Keep the lead as it is";
        Update = "update", "Update the lead with the row's values";
    }
}

/// Target of a column. On the wire its name, `custom.<name>` or `skip`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    Name,
    FirstName,
    LastName,
    Email,
    Text(TextField),
    Status,
    Consent,
    Stage,
    Value,
    Score,
    Tags,
    Custom(String),
    #[default]
    Skip,
}

/// One column of the uploaded file.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Header from the file's first row.
    pub header: String,
    /// The first non-empty values: at most 3, each cut to 60 characters.
    pub samples: Vec<String>,
    /// Decimal mark of a column that may contain amounts, if its first values show one, such as the dot of `12.5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// The guess, until the user changes it.
    pub target: Target,
}

/// Settings of an import, chosen before it starts.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportOptions {
    /// One target per column of the file; empty means the guessed ones.
    pub mapping: Vec<Target>,
    pub on_duplicate: OnDuplicate,
    /// Added to every new or updated lead.
    pub tags: Vec<String>,
    /// The campaign in which every new or updated lead is enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
}

/// Counts over the rows read so far; always `created + updated + duplicates + rejected = rows`.
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
}

/// Leads that an undo did not delete, because people have worked on them since.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLeads {
    pub count: i64,
    /// The first of them, at most `KEPT_NAMED`.
    pub leads: Vec<LeadRef>,
}

/// Most leads that are listed among those an undo did not delete.
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
    /// Leads that the undo did not delete.
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

impl Target {
    const NAMES: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Skip, "skip", "Do not import"),
        (Self::Name, "name", label::NAME),
        (Self::FirstName, "firstName", "First name"),
        (Self::LastName, "lastName", "Last name"),
        (Self::Email, "email", label::EMAIL),
    ];
    const OTHERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Status, "status", label::STATUS),
        (Self::Consent, "consent", label::CONSENT),
        (Self::Stage, "stage", label::STAGE),
        (Self::Value, "value", label::VALUE),
        (Self::Score, "score", label::SCORE),
        (Self::Tags, "tags", label::TAGS),
    ];

    /// All targets except custom fields, in the order of the menu, with name and label.
    pub fn menu() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        let texts = TextField::ALL.into_iter().map(|text| (Self::Text(text), text.name(), text.label()));
        Self::NAMES.iter().cloned().chain(texts).chain(Self::OTHERS.iter().cloned())
    }

    /// Name on the wire.
    pub fn name(&self) -> String {
        match self {
            Self::Custom(key) => format!("custom.{key}"),
            known => Self::menu().find(|(target, ..)| target == known).map_or_else(String::new, |(_, name, _)| name.to_owned()),
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.name()
    }
}

impl TryFrom<String> for Target {
    type Error = crate::Error;
    fn try_from(text: String) -> crate::Result<Self> {
        if let Some(key) = text.strip_prefix("custom.").filter(|key| !key.trim().is_empty()) {
            return Ok(Self::Custom(key.to_owned()));
        }
        let former = || TextField::ALL.into_iter().find(|field| field.former().contains(&text.as_str())).map(Self::Text);
        Self::menu().find(|(_, name, _)| *name == text).map(|(target, ..)| target).or_else(former).ok_or_else(|| {
            crate::Error::invalid("mapping", format!("No target named “{text}”; choose one from the list, or custom.<name>"))
        })
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
