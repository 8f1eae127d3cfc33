//! State of the list, as its address holds it: `?q=&status=&sort=&cursor=`.

use crate::address::Params;
use domain::{
    CampaignId,
    campaigns::{CampaignQuery, CampaignSort, CampaignStatus},
    page::Cursor,
};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    pub q: String,
    pub status: Option<CampaignStatus>,
    pub sort: CampaignSort,
    /// Keyset position of the page.
    pub cursor: Option<Cursor<CampaignId>>,
}

impl Listing {
    pub fn read(params: &Params) -> Self {
        Self {
            q: params.get("q").unwrap_or_default(),
            status: params.get("status").and_then(|word| word.parse().ok()),
            sort: params.get("sort").and_then(|word| word.parse().ok()).unwrap_or_default(),
            cursor: params.get("cursor").and_then(|text| Cursor::try_from(text).ok()),
        }
    }

    pub fn query(&self) -> CampaignQuery {
        CampaignQuery {
            search: self.q.trim().to_owned(),
            status: self.status,
            sort: self.sort,
            cursor: self.cursor.clone(),
            ..CampaignQuery::default()
        }
    }

    pub fn href(&self) -> String {
        let mut params = Params::new();
        if !self.q.is_empty() {
            params.insert("q", self.q.clone());
        }
        if let Some(status) = self.status {
            params.insert("status", status.to_string());
        }
        if self.sort != CampaignSort::default() {
            params.insert("sort", self.sort.to_string());
        }
        if let Some(cursor) = &self.cursor {
            params.insert("cursor", cursor.clone().into());
        }
        format!("/campaigns{}", params.to_query_string())
    }

    pub fn is_narrowed(&self) -> bool {
        !self.q.trim().is_empty() || self.status.is_some()
    }

    #[must_use]
    pub fn with_q(&self, q: String) -> Self {
        Self { q, cursor: None, ..self.clone() }
    }

    #[must_use]
    pub fn with_status(&self, status: Option<CampaignStatus>) -> Self {
        Self { status, cursor: None, ..self.clone() }
    }

    #[must_use]
    pub fn with_sort(&self, sort: CampaignSort) -> Self {
        Self { sort, cursor: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_holds_the_list_and_nothing_usual() {
        assert_eq!(Listing::read(&Params::new()).href(), "/campaigns");
        let mut params = Params::new();
        for (name, value) in [("q", "spring"), ("status", "active"), ("sort", "totalLeads")] {
            params.insert(name, value.to_owned());
        }
        let listing = Listing::read(&params);
        assert_eq!(listing.href(), "/campaigns?q=spring&status=active&sort=totalLeads");
        assert_eq!(listing.query().status, Some(CampaignStatus::Active));
        assert!(listing.is_narrowed());
    }
}
