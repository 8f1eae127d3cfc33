//! Filters of an activity list, as its address holds them: `?period=&q=&before=`.

use crate::address::Params;
use domain::{
    CampaignId,
    activity::{ActivityQuery, Period},
};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// Set on a campaign's activity tab.
    pub campaign: Option<CampaignId>,
    pub period: Period,
    pub q: String,
    /// Keyset position: the page shows activities before it.
    pub before: Option<i64>,
}

impl View {
    pub fn read(params: &Params, campaign: Option<CampaignId>) -> Self {
        Self {
            campaign,
            period: params.get("period").and_then(|word| word.parse().ok()).unwrap_or_default(),
            q: params.get("q").unwrap_or_default(),
            before: params.get("before").and_then(|text| text.parse().ok()),
        }
    }

    pub fn query(&self) -> ActivityQuery {
        ActivityQuery {
            period: self.period,
            search: self.q.trim().to_owned(),
            campaign: self.campaign,
            before: self.before,
            ..ActivityQuery::default()
        }
    }

    pub fn href(&self) -> String {
        let mut params = Params::new();
        if self.campaign.is_some() {
            params.insert("tab", "activity".to_owned());
        }
        if self.period != Period::default() {
            params.insert("period", self.period.to_string());
        }
        if !self.q.is_empty() {
            params.insert("q", self.q.clone());
        }
        if let Some(before) = self.before {
            params.insert("before", before.to_string());
        }
        let path = self.campaign.map_or_else(|| "/activity".to_owned(), |id| format!("/campaigns/{id}"));
        format!("{path}{}", params.to_query_string())
    }

    #[must_use]
    pub fn with_period(&self, period: Period) -> Self {
        Self { period, before: None, ..self.clone() }
    }

    #[must_use]
    pub fn with_q(&self, q: String) -> Self {
        Self { q, before: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_the_list_and_nothing_usual() {
        assert_eq!(View::default().href(), "/activity");
        let mut params = Params::new();
        for (name, value) in [("period", "month"), ("q", "moved"), ("before", "17")] {
            params.insert(name, value.to_owned());
        }
        let view = View::read(&params, None);
        assert_eq!(view.href(), "/activity?period=month&q=moved&before=17");
        assert_eq!(view.query().before, Some(17));
        assert_eq!(view.with_period(Period::Week).href(), "/activity?q=moved");
    }
}
