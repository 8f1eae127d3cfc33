//! The records that rules refer to: options of the builder, and names in sentences.

use super::api::Sheet;
use crate::fields::use_fields;
use domain::{
    fields::Fields,
    rule::{Named, Referent, Rule, describe_named},
};
use leptos::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Debug, Clone, Copy)]
pub struct Choices(StoredValue<Known>);

#[derive(Debug)]
struct Known {
    /// Pairs of id and name.
    people: Vec<(String, String)>,
    campaigns: Vec<(String, String)>,
    segments: Vec<(String, String)>,
    names: HashMap<Uuid, String>,
    fields: RwSignal<Fields>,
}

impl Choices {
    pub fn new(sheet: &Sheet) -> Self {
        let mut names = sheet.names.clone();
        names.extend(sheet.people.iter().map(|one| (one.id.0, one.name.clone())));
        names.extend(sheet.campaigns.iter().map(|one| (one.id.0, one.name.clone())));
        names.extend(sheet.segments.iter().map(|one| (one.id.0, one.name.clone())));
        let mut people: Vec<_> = sheet.people.iter().map(|one| (one.id.to_string(), one.name.clone())).collect();
        people.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        let campaigns = sheet.campaigns.iter().map(|one| (one.id.to_string(), one.name.clone())).collect();
        let segments = sheet.segments.iter().map(|one| (one.id.to_string(), one.name.clone())).collect();
        Self(StoredValue::new(Known { people, campaigns, segments, names, fields: use_fields() }))
    }

    /// Pairs of id and name of all records of a kind; of imports none, there may be many.
    pub fn options(self, referent: Referent) -> Vec<(String, String)> {
        self.0.with_value(|known| match referent {
            Referent::User => known.people.clone(),
            Referent::Campaign => known.campaigns.clone(),
            Referent::Segment => known.segments.clone(),
            Referent::Import => Vec::new(),
        })
    }

    pub fn name(self, id: Uuid) -> Option<String> {
        self.0.with_value(|known| known.names.get(&id).cloned())
    }

    /// `score at least 30`, as fields are called now.
    pub fn describe(self, rule: &Rule) -> String {
        self.0.with_value(|known| known.fields.with_untracked(|fields| describe_named(rule, Named { record: &|id| self.name(id), fields })))
    }

    /// The rule as a sentence.
    pub fn sentence(self, rule: &Rule) -> String {
        self.0.with_value(|known| known.fields.with(|fields| sentence(rule, Named { record: &|id| self.name(id), fields })))
    }
}

/// `Leads where score at least 30`
pub fn sentence(rule: &Rule, name: Named<'_>) -> String {
    match rule {
        rule if rule.is_everyone() => "All leads".to_owned(),
        Rule::Any(parts) if parts.is_empty() => "No leads".to_owned(),
        rule => format!("Leads where {}", describe_named(rule, name)),
    }
}
