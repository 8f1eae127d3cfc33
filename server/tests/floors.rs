//! The bench's floors return the same JSON as the product.

#[path = "../../bench/floors/lead.rs"]
mod floor;

use crate::common::leads::samples;
use domain::leads::Lead;
use serde_json::value::to_raw_value;
use server::compat::kandid::LeadBody;
use std::convert::Infallible;

fn floor(lead: &Lead) -> floor::Lead {
    let mut texts = lead.texts().into_iter().cloned();
    let texts = floor::Texts::read(|| Ok::<_, Infallible>(texts.next().flatten())).unwrap();
    let lead = lead.clone();
    floor::Lead {
        id: lead.id.0,
        revision: lead.revision,
        edited: lead.edited,
        name: lead.name,
        email: lead.email,
        texts,
        status: lead.status.to_string(),
        connection: lead.connection.to_string(),
        stage: lead.stage.as_str(),
        stage_at: lead.stage_at.to_string(),
        engaged: lead.engaged,
        owner: lead.owner.map(|owner| owner.0),
        value: lead.value,
        score: lead.score.into(),
        total_spend: lead.total_spend,
        visits: lead.visits,
        last_active_at: lead.last_active_at.map(|at| at.to_string()),
        consent: lead.consent.to_string(),
        tags: (!lead.tags.is_empty()).then(|| to_raw_value(&lead.tags).unwrap()),
        custom: (!lead.custom.is_empty()).then(|| to_raw_value(&lead.custom).unwrap()),
        last_activity: lead.last_activity,
        last_activity_at: lead.last_activity_at.to_string(),
        last_contacted_at: lead.last_contacted_at.map(|at| at.to_string()),
        import_id: lead.import_id.map(|import| import.0),
        created_at: lead.created_at.to_string(),
        updated_at: lead.updated_at.to_string(),
        same_id: lead.id.0,
        user_id: lead.owner.map(|owner| owner.0),
        position: lead.title,
        connection_status: lead.connection.to_string(),
        last_activity_date: lead.last_activity_at.to_string(),
        last_contact_date: lead.last_contacted_at.map(|at| at.to_string()),
        sequence_step: 0,
    }
}

#[test]
fn a_lead_of_a_floor_is_one_of_the_product() {
    for lead in samples(domain::rule::generate::leads(), 200) {
        assert_eq!(serde_json::to_value(floor(&lead)).unwrap(), serde_json::to_value(LeadBody::from(lead)).unwrap());
    }
}
