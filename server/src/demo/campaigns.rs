//! The sample campaigns and their enrollments, derived from the sample leads by the rules of the domain.

use super::dice::Dice;
use crate::{
    campaigns::{self, ENROLLMENT_COLUMNS, bind_enrollment},
    store::{Bulk, Tx},
};
use domain::{
    ActorRef, Record, Result, Timestamp,
    campaigns::{Campaign, CampaignStatus, Counts, Enrollment, NewCampaign},
    leads::{Connection, Consent, Lead, Status},
    time::DAY,
};

struct Plan {
    name: &'static str,
    description: &'static str,
    by: &'static str,
    status: CampaignStatus,
    /// Days since it was created; `ended`: days since it ended.
    days: i64,
    ended: Option<i64>,
    /// Percentage of leads that are enrolled.
    share: i64,
}

const PLANS: [Plan; 5] = [
    Plan {
        name: "Trade fair follow-up",
        description: "Everyone who left a card at the stand in the summer.",
        by: "Ines Castell",
        status: CampaignStatus::Completed,
        days: 88,
        ended: Some(30),
        share: 14,
    },
    Plan {
        name: "Autumn outreach",
        description: "New companies of the quarter: connect, then two short messages.",
        by: "Jonas Reiter",
        status: CampaignStatus::Active,
        days: 60,
        ended: None,
        share: 32,
    },
    Plan {
        name: "Operations leaders",
        description: "Heads of operations and logistics, with the case study.",
        by: "Priya Nair",
        status: CampaignStatus::Active,
        days: 34,
        ended: None,
        share: 18,
    },
    Plan {
        name: "Quiet trials",
        description: "Tried it and went silent. Waiting for the new price list.",
        by: "Priya Nair",
        status: CampaignStatus::Paused,
        days: 21,
        ended: None,
        share: 9,
    },
    Plan {
        name: "Partner welcome",
        description: "First words for new partners.",
        by: "Ines Castell",
        status: CampaignStatus::Draft,
        days: 2,
        ended: None,
        share: 5,
    },
];

pub(super) async fn fill(tx: &mut Tx, dice: &mut Dice, leads: &[Lead]) -> Result<()> {
    let (mut campaigns, mut enrollments) = (Vec::new(), Vec::new());
    for plan in &PLANS {
        let (mut campaign, made) = (plan.campaign(tx)?, Timestamp(tx.now().0 - plan.days * DAY));
        let until = campaign.ended_at.unwrap_or(tx.now());
        let within: Vec<_> =
            leads.iter().filter(|lead| lead.created_at < until && dice.chance(plan.share) && lead.consent == Consent::Subscribed).collect();
        let new = enrollments.len();
        enrollments.extend(within.into_iter().map(|lead| walked(dice, &campaign, lead, lead.created_at.max(made))));
        campaign.counts = Counts::of(&enrollments[new..]);
        campaigns.push(campaign);
    }
    for campaign in &campaigns {
        campaigns::insert(tx, campaign).await?;
    }
    let enrolled =
        Bulk::new("enrollment", ENROLLMENT_COLUMNS, "").queries(&enrollments, |query, one| Ok(bind_enrollment(query, one, false)))?;
    tx.run_all(enrolled).await?;
    for campaign in campaigns {
        tx.created(Record::Campaign(Box::new(campaign)));
    }
    Ok(())
}

impl Plan {
    fn campaign(&self, tx: &Tx) -> Result<Campaign> {
        let ago = |days: i64| Timestamp(tx.now().0 - days * DAY);
        let new = NewCampaign { name: self.name.to_owned(), description: self.description.to_owned(), status: self.status, steps: None };
        let made = new.check()?.into_campaign(&ActorRef::System, ago(self.days), || tx.new_id());
        let started_at = (self.status != CampaignStatus::Draft).then(|| ago(self.days - 1));
        // The creators have no account.
        Ok(Campaign { created_by: self.by.to_owned(), made_by: None, started_at, ended_at: self.ended.map(ago), ..made })
    }
}

/// The enrollment of a lead that went from not connected to its present state, with up to 2 completed steps when it is connected.
fn walked(dice: &mut Dice, campaign: &Campaign, lead: &Lead, from: Timestamp) -> Enrollment {
    let enrollment = Enrollment::new(campaign.id, lead.id, from);
    if campaign.status == CampaignStatus::Draft {
        return enrollment;
    }
    let (steps, at) = (&campaign.steps, lead.last_activity_at.max(from));
    let stranger = Lead { connection: Connection::NotConnected, status: Status::Pending, ..lead.clone() };
    if lead.connection != Connection::Connected {
        return enrollment.follow(steps, &stranger, lead, at);
    }
    let asked = Lead { connection: Connection::RequestSent, status: Status::Contacted, ..stranger.clone() };
    let mut friend = enrollment.follow(steps, &stranger, &asked, from).follow(steps, &asked, lead, at);
    for _ in 0..dice.below(3) {
        if let Some(step) = friend.next(steps, lead.connection) {
            friend = friend.clone().done(step, steps, lead.connection, at);
        }
    }
    friend
}
