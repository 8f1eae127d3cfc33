//! The entities of Linnet and their rules, the same on the server and in the browser.
//!
//! Contains: entities, checks, the rule engine, wire types and the service traits that the app calls.
//! Must not contain: I/O, clocks, random numbers, Leptos, sqlx, tokio.

pub mod accounts;
pub mod activity;
pub mod actor;
pub mod amount;
pub mod bulk;
pub mod campaigns;
pub mod change;
pub mod currency;
pub mod dashboard;
pub mod error;
pub mod exports;
pub mod fields;
pub mod figures;
mod given;
mod id;
pub mod imports;
pub mod ingest;
pub mod json;
pub mod leads;
pub mod live;
#[cfg(feature = "openapi")]
mod openapi;
pub mod orders;
pub mod page;
pub mod profiles;
pub mod record;
pub mod relative_time;
pub mod rights;
pub mod rule;
pub mod segments;
pub mod services;
pub mod tags;
pub mod text;
pub mod text_ref;
pub mod time;
pub mod views;
mod words;
pub mod workspace;
pub mod zone;

pub use accounts::{ApiKeyId, SessionId, UserId};
pub use actor::{Actor, ActorRef, Role};
pub use bulk::BulkId;
pub use campaigns::{CampaignId, StepId};
pub use change::{Change, ChangeId, Op};
pub use currency::Currency;
pub use error::{Error, FieldError, Problem, Result};
pub use exports::ExportId;
pub use fields::FieldId;
pub use imports::ImportId;
pub use leads::{LeadId, NoteId};
pub use live::{Epoch, Origin, Snapshot};
pub use orders::OrderId;
pub use profiles::ProfileId;
pub use record::{Entity, Record, Recorded};
pub use relative_time::TimeKind;
pub use rights::Permission;
pub use segments::SegmentId;
pub use services::Services;
pub use time::Timestamp;
pub use views::ViewId;
pub use workspace::Workspace;
pub use zone::{Moment, Zone};
