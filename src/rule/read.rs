//! Reads the values of a subject from a lead and its enrollments; `OrdersAsked` computes those of orders. The only code that maps the
//! catalogue to their fields.

use super::{EnrollmentFacts, Facts, Field, Source, Subject};
use crate::leads::Lead;
use uuid::Uuid;

pub(super) enum LeadValue<'a> {
    /// As written; empty = absent.
    Text(&'a str),
    /// Stored in the form in which it is compared.
    Email(&'a str),
    /// The search text, over several fields.
    Search,
    Word(&'static str),
    /// A number, minor units, microseconds or a stage's rank.
    Int(Option<i64>),
    Flag(bool),
    Tags(&'a [String]),
    Id(Option<Uuid>),
}

/// The values of `subject`: one of the lead itself, or one of each enrollment. The key of a custom subject must be folded.
pub(super) fn readings<'a>(subject: &'a Subject, facts: &'a Facts<'_>) -> impl Iterator<Item = LeadValue<'a>> {
    let (lead, enrollments): (_, &[EnrollmentFacts]) = match subject.source() {
        Source::Lead | Source::Totals => (Some(of_lead(subject, facts.lead)), &[]),
        Source::Enrollments => (None, facts.enrollments),
        Source::Orders | Source::Segments => (None, &[]),
    };
    lead.into_iter().chain(enrollments.iter().filter_map(move |enrollment| of_enrollment(subject, enrollment)))
}

fn of_enrollment(subject: &Subject, enrollment: &EnrollmentFacts) -> Option<LeadValue<'static>> {
    match subject {
        Subject::Field(Field { name: "campaign", .. }) => Some(LeadValue::Id(Some(enrollment.campaign_id.0))),
        Subject::Field(Field { name: "replied_at", .. }) => Some(LeadValue::Int(enrollment.replied_at.map(|at| at.0))),
        Subject::Field(_) | Subject::Custom(_) => None,
    }
}

fn of_lead<'a>(subject: &Subject, lead: &'a Lead) -> LeadValue<'a> {
    let field = match subject {
        Subject::Field(field) => field,
        Subject::Custom(key) => return LeadValue::Text(lead.custom_value(key).unwrap_or_default()),
    };
    if let Some(text) = field.text {
        return LeadValue::Text(lead.text(text).unwrap_or_default());
    }
    match field.name {
        "search" => LeadValue::Search,
        "name" => LeadValue::Text(&lead.name),
        "email" => LeadValue::Email(&lead.email),
        "status" => LeadValue::Word(lead.status.as_str()),
        "connection" => LeadValue::Word(lead.connection.as_str()),
        "consent" => LeadValue::Word(lead.consent.as_str()),
        "stage" => LeadValue::Int(Some(lead.stage.rank())),
        "engaged" => LeadValue::Flag(lead.engaged),
        "owner" => LeadValue::Id(lead.owner.map(|owner| owner.0)),
        "import" => LeadValue::Id(lead.import_id.map(|import| import.0)),
        "value" => LeadValue::Int(lead.value),
        "score" => LeadValue::Int(Some(i64::from(lead.score))),
        "tags" => LeadValue::Tags(&lead.tags),
        "total_spend" => LeadValue::Int(Some(lead.total_spend)),
        "visits" => LeadValue::Int(Some(lead.visits)),
        "last_active_at" | "days_since_last_active" => LeadValue::Int(lead.last_active_at.map(|at| at.0)),
        "last_activity_at" => LeadValue::Int(Some(lead.last_activity_at.0)),
        "last_contacted_at" => LeadValue::Int(lead.last_contacted_at.map(|at| at.0)),
        "created_at" => LeadValue::Int(Some(lead.created_at.0)),
        "updated_at" => LeadValue::Int(Some(lead.updated_at.0)),
        _ => LeadValue::Text(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{FIELDS, FieldKind, generate};

    #[test]
    fn every_field_of_the_catalogue_is_read_as_its_kind() {
        let lead = generate::plain_lead();
        let facts = Facts::new(&lead, generate::PLAIN_ENROLLMENTS);
        for field in FIELDS.iter().filter(|field| !matches!(field.source, Source::Orders | Source::Segments)) {
            let subject = Subject::Field(field);
            let Some(reading) = readings(&subject, &facts).next() else { panic!("{} is not read", field.name) };
            let fits = match field.kind {
                FieldKind::Text if field.name == "search" => matches!(reading, LeadValue::Search),
                FieldKind::Text | FieldKind::Custom(_) => matches!(reading, LeadValue::Text(text) if !text.is_empty()),
                FieldKind::Email => matches!(reading, LeadValue::Email(text) if !text.is_empty()),
                FieldKind::Words(list) => matches!(reading, LeadValue::Word(word) if list.contains(&word)),
                FieldKind::Stage | FieldKind::Number | FieldKind::Money | FieldKind::Time | FieldKind::DaysSince => {
                    matches!(reading, LeadValue::Int(Some(_)))
                }
                FieldKind::Flag => matches!(reading, LeadValue::Flag(_)),
                FieldKind::Tags => matches!(reading, LeadValue::Tags([_, ..])),
                FieldKind::Id(_) => matches!(reading, LeadValue::Id(Some(_))),
            };
            assert!(fits, "{}", field.name);
        }
    }

    #[test]
    fn closed_lists_are_those_of_the_lead() {
        use crate::leads::{Connection, Consent, Status};
        let words = |name: &str| match crate::rule::field(name).unwrap().kind {
            FieldKind::Words(words) => words.to_vec(),
            kind => panic!("{kind:?}"),
        };
        assert_eq!(words("status"), Status::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
        assert_eq!(words("connection"), Connection::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
        assert_eq!(words("consent"), Consent::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());
    }
}
