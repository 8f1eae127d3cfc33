//! Leads through their service: writes, conflicts, undo, history.

mod contact;
mod edits;
mod large;
mod notes;
mod undo;

use crate::common::leads::*;
use domain::{
    Actor, Error, Role,
    leads::{Connection, Consent, LeadEdit, LeadPatch, LeadQuery, NewLead, SavedLead, Stage, Status, TextField, TimelineKind},
    rule::{Op, Rule, Value},
    services::LeadService,
};
use server::store::sql;
use std::collections::BTreeSet;
