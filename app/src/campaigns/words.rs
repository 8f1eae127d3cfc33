//! How a campaign's states and numbers read.

use domain::campaigns::{CampaignStatus, Counts};

/// The tone and the icon of a status.
pub fn look(status: CampaignStatus) -> (&'static str, &'static str) {
    match status {
        CampaignStatus::Draft => ("neutral", "wait"),
        CampaignStatus::Active => ("info", "sending"),
        CampaignStatus::Paused => ("warning", "pause"),
        CampaignStatus::Completed => ("success", "ok"),
        CampaignStatus::Cancelled => ("neutral", "stop"),
    }
}

/// `33.3%`, or a dash where there is nobody to answer.
pub fn rate(counts: &Counts) -> String {
    if counts.total_leads == 0 {
        return "–".to_owned();
    }
    let tenths = counts.response_rate() / 10;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// Successful leads among all, in whole percent.
pub fn progress(counts: &Counts) -> i64 {
    if counts.total_leads == 0 { 0 } else { counts.successful_leads * 100 / counts.total_leads }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_rounded_down() {
        let counts = Counts { total_leads: 3, replied: 2, successful_leads: 1, ..Counts::default() };
        assert_eq!((rate(&counts), progress(&counts)), ("66.6%".to_owned(), 33));
        assert_eq!((rate(&Counts::default()), progress(&Counts::default())), ("–".to_owned(), 0));
    }
}
