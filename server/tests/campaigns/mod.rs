//! Campaigns through their service: status, enrollment, tasks, and counters that always equal a recount.

mod consent;
mod enrollments;
mod settings;
mod steps;
mod summaries;

use crate::common::{
    campaigns::*,
    leads::{changes_of, edit, member, newest_change, settled, undo},
};
use domain::{
    Actor, CampaignId, Error, Record, Role,
    campaigns::*,
    leads::{Connection, Lead, LeadEdit, LeadPatch, NewLead, Status},
    page::Sort,
    rule::{self, Rule, Value},
    services::{CampaignService, LeadService},
};
use server::store::{log, sql};

fn patch(set: impl FnOnce(&mut CampaignPatch)) -> CampaignEdit {
    let mut patch = CampaignPatch::default();
    set(&mut patch);
    CampaignEdit::set(patch)
}

/// A connected lead needs no connection request in any campaign: enrollment uses the lead's connection.
#[test]
fn a_lead_that_answered_before_is_no_reply_to_this_campaign() {
    let lead = |status| Lead {
        status,
        ..crate::common::leads::new_lead("Ana", "ana@b.example")
            .check()
            .unwrap()
            .into_lead(domain::LeadId(uuid::Uuid::nil()), domain::Timestamp(1))
    };
    let new = Enrollment::new(CampaignId(uuid::Uuid::nil()), domain::LeadId(uuid::Uuid::nil()), domain::Timestamp(1));
    let steps = named("Spring")
        .check()
        .unwrap()
        .into_campaign(&domain::ActorRef::System, domain::Timestamp(1), || server::clock::Clock::id(&server::clock::SystemClock))
        .steps;
    let further = new.clone().follow(&steps, &lead(Status::Responded), &lead(Status::Qualified), domain::Timestamp(2));
    assert_eq!(further, new);
    let replied = new.follow(&steps, &lead(Status::Contacted), &lead(Status::Qualified), domain::Timestamp(2));
    assert_eq!(replied.state, EnrollmentState::Replied);
}
