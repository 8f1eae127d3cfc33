//! Filter and sort order of the list, equal to the database's, so that deltas can be inserted into an open list.

use domain::{
    campaigns::{Campaign, CampaignColumn, CampaignQuery, CampaignSort, CampaignSummary},
    text::{clean, fold},
};
use std::cmp::Ordering;

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
}

fn key(column: CampaignColumn, campaign: &CampaignSummary) -> Key {
    match column {
        CampaignColumn::Name => Key::Text(fold(&campaign.name)),
        CampaignColumn::Status => Key::Number(campaign.status.rank()),
        CampaignColumn::TotalLeads => Key::Number(campaign.counts.total_leads),
        CampaignColumn::SuccessfulLeads => Key::Number(campaign.counts.successful_leads),
        CampaignColumn::ResponseRate => Key::Number(campaign.counts.response_rate()),
        CampaignColumn::CreatedAt => Key::Number(campaign.created_at.0),
    }
}

/// Whether the column's values change with the campaign's leads.
pub fn is_counted(column: CampaignColumn) -> bool {
    match column {
        CampaignColumn::TotalLeads | CampaignColumn::SuccessfulLeads | CampaignColumn::ResponseRate => true,
        CampaignColumn::Name | CampaignColumn::Status | CampaignColumn::CreatedAt => false,
    }
}

pub fn compare(sort: CampaignSort, a: &CampaignSummary, b: &CampaignSummary) -> Ordering {
    let order = (key(sort.column, a), a.id).cmp(&(key(sort.column, b), b.id));
    if sort.descending { order.reverse() } else { order }
}

pub fn matches(query: &CampaignQuery, campaign: &Campaign) -> bool {
    query.status.is_none_or(|status| status == campaign.status) && campaign.search_text().contains(&fold(&clean(&query.search)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        Timestamp,
        campaigns::{CampaignStatus, NewCampaign},
    };

    fn campaign(id: u128, name: &str, leads: i64) -> Campaign {
        let mut next = id * 100;
        let new = NewCampaign { name: name.into(), description: "To Åland".into(), ..NewCampaign::default() };
        let mut campaign = new.into_campaign(&domain::ActorRef::System, Timestamp(0), || {
            next += 1;
            uuid::Uuid::from_u128(next)
        });
        campaign.counts.total_leads = leads;
        campaign
    }

    #[test]
    fn ties_fall_to_the_id() {
        let summary = |id, name, leads| CampaignSummary::from(&campaign(id, name, leads));
        let (a, b, c) = (summary(1, "Spring", 5), summary(2, "spring", 5), summary(3, "Autumn", 9));
        let by = |column, descending| {
            let mut all = [&a, &b, &c];
            all.sort_by(|a, b| compare(CampaignSort { column, descending }, a, b));
            all.map(|campaign| campaign.name.as_str())
        };
        assert_eq!(by(CampaignColumn::Name, false), ["Autumn", "Spring", "spring"]);
        assert_eq!(by(CampaignColumn::TotalLeads, true), ["Autumn", "spring", "Spring"]);
    }

    #[test]
    fn a_draft_comes_before_what_runs_and_what_is_over_last() {
        let of = |id, status| CampaignSummary { status, ..CampaignSummary::from(&campaign(id, "Spring", 0)) };
        let mut all = [of(1, CampaignStatus::Cancelled), of(2, CampaignStatus::Active), of(3, CampaignStatus::Draft)];
        all.sort_by(|a, b| compare(CampaignSort { column: CampaignColumn::Status, descending: false }, a, b));
        assert_eq!(all.map(|campaign| campaign.status), [CampaignStatus::Draft, CampaignStatus::Active, CampaignStatus::Cancelled]);
    }

    #[test]
    fn search_folds_and_the_status_counts() {
        let spring = campaign(1, "Spring", 0);
        let asks = |search: &str, status| matches(&CampaignQuery { search: search.into(), status, ..CampaignQuery::default() }, &spring);
        assert!(asks("", None) && asks(" SPRI ", None) && asks("åland", Some(CampaignStatus::Draft)));
        assert!(!asks("autumn", None) && !asks("", Some(CampaignStatus::Active)));
    }
}
