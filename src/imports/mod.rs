//! Bringing leads in from a file: what was found in it, where its columns go, how far it is.

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

use crate::{CampaignId, Error, ImportId, Result, Timestamp, error::LeadRef, leads::label, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// Where an import stands. Uploaded → running → completed, cancelled or failed; each of these → undoing → undone.
    /// Running → paused when the server cannot go on, such as on a full disk; paused → running when somebody says so.
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
    /// What to do with a row whose e-mail is known already.
    OnDuplicate, "onDuplicate", default Skip {
        Skip = "skip", "Keep the lead as it is";
        Update = "update", "Update the lead with the row's values";
    }
}

/// Where a column goes. On the wire its name, `custom.<name>` or `skip`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    Name,
    FirstName,
    LastName,
    Email,
    Company,
    Title,
    Phone,
    Location,
    LinkedinUrl,
    Notes,
    Status,
    Consent,
    Stage,
    Value,
    Score,
    Tags,
    CustomerId,
    Custom(String),
    #[default]
    Skip,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// As in the file's first row.
    pub header: String,
    /// The first values that are not empty, at most three, each cut to 60 characters.
    pub samples: Vec<String>,
    /// The decimal mark of a column that could hold amounts, where its first values show one, such as the dot of `12.5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// The guess, until the person says otherwise.
    pub target: Target,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportOptions {
    /// One target per column of the file; empty means the guesses.
    pub mapping: Vec<Target>,
    pub on_duplicate: OnDuplicate,
    /// Added to every new or updated lead.
    pub tags: Vec<String>,
    /// The campaign that every new or updated lead comes into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
}

/// Counts over the rows read so far: `created + updated + duplicates + rejected = rows`, always.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    pub rows: i64,
    pub created: i64,
    pub updated: i64,
    /// Skipped because the e-mail was known, in the file or before it.
    pub duplicates: i64,
    pub rejected: i64,
    /// Of the created and updated ones, those that came without a cell which could not be read.
    #[serde(default)]
    pub incomplete: i64,
}

/// Leads that an undo left where they are, as people worked on them since.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLeads {
    pub count: i64,
    /// The first of them, at most `KEPT_NAMED`.
    pub leads: Vec<LeadRef>,
}

/// Most leads that are named among those an undo left.
pub const KEPT_NAMED: u32 = 20;

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    pub id: ImportId,
    pub revision: i64,
    /// The file's name.
    pub file: String,
    pub status: ImportStatus,
    /// Bytes, as kept here: in UTF-8, whatever `encoding` it came in.
    pub size: i64,
    /// Bytes of the file read and committed.
    pub read: i64,
    /// As in the WHATWG standard, lower case: `utf-8`, `windows-1252`, `utf-16le`.
    pub encoding: String,
    /// `,`, `;`, tab or `|`.
    pub delimiter: char,
    pub columns: Vec<Column>,
    pub options: ImportOptions,
    pub counts: ImportCounts,
    /// Why it failed, or what it waits for, for `failed` and `paused`.
    pub error: Option<String>,
    /// What should be known of the file as a whole, such as characters that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// After an undo.
    #[serde(default)]
    pub kept: KeptLeads,
    pub created_by: String,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

/// A row that was rejected, or came in without a cell, as the result page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The line in the file on which the row starts, from 1.
    pub line: i64,
    /// The headers of all columns that are wrong.
    pub column: String,
    /// The value in the first of them.
    pub value: String,
    /// For several columns, each with its reason.
    pub reason: String,
    /// It came in, without these cells.
    #[serde(default)]
    pub imported: bool,
}

/// Ephemeral: how a running import is doing.
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
    /// Every target but custom fields, in the order a menu lists them.
    pub const MENU: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Skip, "skip", "Do not import"),
        (Self::Name, "name", label::NAME),
        (Self::FirstName, "firstName", "First name"),
        (Self::LastName, "lastName", "Last name"),
        (Self::Email, "email", label::EMAIL),
        (Self::Company, "company", label::COMPANY),
        (Self::Title, "position", label::TITLE),
        (Self::Phone, "phone", label::PHONE),
        (Self::Location, "location", label::LOCATION),
        (Self::LinkedinUrl, "linkedinUrl", label::LINKEDIN),
        (Self::Notes, "notes", label::NOTES),
        (Self::Status, "status", label::STATUS),
        (Self::Consent, "consent", label::CONSENT),
        (Self::Stage, "stage", label::STAGE),
        (Self::Value, "value", label::VALUE),
        (Self::Score, "score", label::SCORE),
        (Self::Tags, "tags", label::TAGS),
        (Self::CustomerId, "customerId", label::CUSTOMER_ID),
    ];

    pub fn name(&self) -> String {
        match self {
            Self::Custom(key) => format!("custom.{key}"),
            known => Self::MENU.iter().find(|(target, ..)| target == known).map_or_else(String::new, |(_, name, _)| (*name).to_owned()),
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
        Self::MENU.iter().find(|(_, name, _)| *name == text).map(|(target, ..)| target.clone()).ok_or_else(|| {
            crate::Error::invalid("mapping", format!("No target named “{text}”; choose one from the list, or custom.<name>"))
        })
    }
}

impl Import {
    /// What lists show of it: without its columns.
    #[must_use]
    pub fn in_list(mut self) -> Self {
        self.columns = Vec::new();
        self.options.mapping = Vec::new();
        self
    }

    /// Whether each column belongs in a file of rejected rows: all but those of an earlier such file that nobody chose to import.
    pub fn is_kept(&self) -> Vec<bool> {
        let headers: Vec<&str> = self.columns.iter().map(|column| column.header.as_str()).collect();
        let ours = guess::error_columns(&headers, |at| &self.columns[at].samples);
        let target = |at: usize| self.options.mapping.get(at).unwrap_or(&self.columns[at].target);
        (0..self.columns.len()).map(|at| !ours.contains(&at) || *target(at) != Target::Skip).collect()
    }
}

impl ImportStatus {
    /// Nothing more happens by itself.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Completed | Self::Failed | Self::Undone)
    }
}
