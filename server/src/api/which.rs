//! The selection of leads in a request: by ids or by a rule.

use domain::{Error, LeadId, Result, leads::Selection, rule};
use serde::Deserialize;

/// `{"leadIds": […]}` or `{"rule": …}`.
#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Which {
    lead_ids: Option<Vec<LeadId>>,
    #[schema(value_type = Option<rule::Rule>)]
    rule: Option<serde_json::Value>,
}

impl Which {
    pub(super) fn new(lead_ids: Option<Vec<LeadId>>, rule: Option<serde_json::Value>) -> Self {
        Self { lead_ids, rule }
    }

    pub(super) fn read(self) -> Result<Selection> {
        match (self.lead_ids, self.rule) {
            (Some(ids), None) => Ok(Selection::Leads(ids)),
            (None, Some(json)) => Ok(Selection::Matching(rule::parse(&json)?)),
            _ => Err(Error::invalid("leadIds", "Send either leadIds, a list of leads, or rule, for all that match it")),
        }
    }
}
