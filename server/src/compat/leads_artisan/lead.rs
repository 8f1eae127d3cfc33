//! A lead in a response.

use super::input::{LeadCreate, LeadUpdate};
use domain::{
    LeadId, Timestamp,
    leads::{Lead, LeadPatch, NewLead, Stage, StageMove},
    time::DAY,
};
use serde::{Serialize, Serializer};

/// Members in the contract's order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ArtisanLead)]
pub struct LeadBody {
    name: String,
    email: String,
    /// Empty when the lead has none.
    company: String,
    // Follows from `engaged`. A description beside an inline schema would make it an object.
    #[schema(inline)]
    status: EngagementStatus,
    engaged: bool,
    current_stage: Stage,
    /// `null` until the stage is changed.
    #[schema(value_type = Option<String>, example = "2026-11-21T01:22:27.719000")]
    stage_updated_at: Option<Naive>,
    stage_history: Vec<HistoryItem>,
    #[schema(value_type = Option<String>, example = "2026-11-21T01:22:27.719000")]
    last_contacted: Option<Naive>,
    id: LeadId,
    #[schema(value_type = String, example = "2026-11-21T01:22:27.719000")]
    created_at: Naive,
    #[schema(value_type = String, example = "2026-11-21T01:22:27.719000")]
    updated_at: Naive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub enum EngagementStatus {
    Engaged,
    #[serde(rename = "Not Engaged")]
    NotEngaged,
}

impl EngagementStatus {
    pub const ALL: [(&str, Self); 2] = [("Engaged", Self::Engaged), ("Not Engaged", Self::NotEngaged)];
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = StageHistoryItem)]
struct HistoryItem {
    #[schema(required)]
    from_stage: Option<Stage>,
    to_stage: Stage,
    #[schema(value_type = String, example = "2026-11-21T01:22:27.719000")]
    changed_at: Naive,
}

/// A time in UTC without zone: `2026-11-21T01:22:27.719000`, or without the fraction when it is zero.
#[derive(Clone, Copy)]
struct Naive(Timestamp);

impl Serialize for Naive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.0.civil();
        if at.subsec_nanosecond() == 0 { serializer.collect_str(&at) } else { serializer.collect_str(&format_args!("{at:.6}")) }
    }
}

impl LeadBody {
    /// `moves` are the lead's stage moves, oldest first.
    pub fn new(lead: &Lead, moves: &[StageMove]) -> Self {
        Self {
            name: lead.name.clone(),
            email: lead.email.clone(),
            company: lead.company.clone().unwrap_or_default(),
            status: if lead.engaged { EngagementStatus::Engaged } else { EngagementStatus::NotEngaged },
            engaged: lead.engaged,
            current_stage: lead.stage,
            stage_updated_at: (lead.stage_at != lead.created_at).then_some(Naive(lead.stage_at)),
            stage_history: history(lead, moves),
            last_contacted: lead.last_contacted_at.map(Naive),
            id: lead.id,
            created_at: Naive(lead.created_at),
            updated_at: Naive(lead.updated_at),
        }
    }
}

/// Up to the lead's first stage an entry for each stage, a day apart, as the contract makes them at creation; then the real moves.
fn history(lead: &Lead, moves: &[StageMove]) -> Vec<HistoryItem> {
    // An imported lead has no move into its first stage.
    let (first, moves) = match moves {
        [StageMove { from: None, to, .. }, rest @ ..] => (*to, rest),
        [StageMove { from: Some(from), .. }, ..] => (*from, moves),
        [] => (lead.stage, moves),
    };
    // A lost lead was never won.
    let path = Stage::ALL.iter().copied().filter(|stage| *stage == first || (*stage < first && *stage < Stage::ClosedWon));
    let path: Vec<Stage> = path.collect();
    let made = path.iter().enumerate().map(|(at, stage)| HistoryItem {
        from_stage: at.checked_sub(1).map(|before| path[before]),
        to_stage: *stage,
        changed_at: Naive(Timestamp(lead.created_at.0 - (path.len() - 1 - at) as i64 * DAY)),
    });
    let moved = moves.iter().map(|one| HistoryItem { from_stage: one.from, to_stage: one.to, changed_at: Naive(one.at) });
    made.chain(moved).collect()
}

impl From<LeadCreate> for NewLead {
    fn from(new: LeadCreate) -> Self {
        let (engaged, stage) = (new.engaged(), new.current_stage.unwrap_or_default());
        Self {
            name: new.name,
            email: new.email,
            company: Some(new.company),
            engaged,
            stage,
            last_contacted_at: new.last_contacted,
            ..Self::default()
        }
    }
}

impl LeadUpdate {
    /// The edit of a lead.
    pub fn patch(self) -> LeadPatch {
        let engaged = self.engaged();
        LeadPatch {
            name: self.name,
            email: self.email,
            company: self.company,
            engaged,
            stage: self.current_stage,
            last_contacted_at: self.last_contacted.map(Some),
            ..LeadPatch::default()
        }
    }
}
