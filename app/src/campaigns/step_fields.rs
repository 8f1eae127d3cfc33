//! The steps of a sequence as a form holds them: text as typed.

use domain::campaigns::Step;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StepFields {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub content: String,
    pub delay_days: String,
    pub active: bool,
}

impl From<&Step> for StepFields {
    fn from(step: &Step) -> Self {
        Self {
            id: step.id.to_string(),
            kind: step.kind.to_string(),
            title: step.title.clone(),
            content: step.content.clone(),
            delay_days: step.delay_days.to_string(),
            active: step.active,
        }
    }
}
