//! Tabs of a campaign's page, in its address: `?tab=`.

use crate::address::use_query;
use domain::CampaignId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tab {
    #[default]
    Overview,
    Leads,
    Sequence,
    Activity,
    Settings,
}

impl Tab {
    pub const ALL: [Self; 5] = [Self::Overview, Self::Leads, Self::Sequence, Self::Activity, Self::Settings];

    pub fn word(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Leads => "leads",
            Self::Sequence => "sequence",
            Self::Activity => "activity",
            Self::Settings => "settings",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Leads => "Leads",
            Self::Sequence => "Sequence",
            Self::Activity => "Activity",
            Self::Settings => "Settings",
        }
    }

    pub fn href(self, id: CampaignId) -> String {
        if self == Self::Overview { format!("/campaigns/{id}") } else { format!("/campaigns/{id}?tab={}", self.word()) }
    }
}

pub fn use_tab() -> Memo<Tab> {
    let query = use_query();
    Memo::new(move |_| {
        let word = query.with(|query| query.get("tab"));
        Tab::ALL.into_iter().find(|tab| word.as_deref() == Some(tab.word())).unwrap_or_default()
    })
}
