//! Permissions to start, end and delete a campaign.

use super::{Campaign, CampaignAction, CampaignStatus, CampaignSummary};
use crate::{Actor, ActorRef, Error, Permission, Result, rights::LARGE};

/// A campaign can be ended and deleted by its creator, and by roles with `EndOthersCampaigns`.
fn may_end(actor: &Actor, maker: Option<&ActorRef>) -> bool {
    let own = maker.is_some_and(|maker| maker.is(&actor.who));
    actor.may(if own { Permission::WriteCampaigns } else { Permission::EndOthersCampaigns })
}

impl CampaignSummary {
    /// As for `Campaign`.
    pub fn may_be_ended_by(&self, actor: &Actor) -> bool {
        may_end(actor, self.made_by.as_ref())
    }
}

impl Campaign {
    /// A campaign can be ended and deleted by its creator, and by roles with `EndOthersCampaigns`.
    pub fn may_be_ended_by(&self, actor: &Actor) -> bool {
        may_end(actor, self.made_by.as_ref())
    }

    /// # Errors
    /// `Forbidden`, naming who may.
    pub fn require_end(&self, actor: &Actor) -> Result<()> {
        if self.may_be_ended_by(actor) {
            return Ok(());
        }
        Err(Error::Forbidden(format!(
            "Only {}, who made this campaign, and managers can end or delete it. Pause it, or ask one of them",
            self.created_by
        )))
    }

    /// Whether the actor may set `status`, by an action or an edit.
    ///
    /// # Errors
    /// `Forbidden`, naming who may.
    pub fn require_status(&self, actor: &Actor, status: CampaignStatus) -> Result<()> {
        if status == self.status {
            return Ok(());
        }
        if status.is_over() {
            return self.require_end(actor);
        }
        let launches = status == CampaignStatus::Active && self.started_at.is_none();
        if launches && self.counts.total_leads > LARGE { actor.require(Permission::LargeLaunch) } else { Ok(()) }
    }

    /// Whether the actor may enroll `more` leads. What a campaign reaches in all counts: one that was started is not launched again, so that
    /// parts below the limit would pass it unseen. A manager who made it larger has decided for what follows.
    ///
    /// # Errors
    /// `Forbidden` when a started campaign would come to more than `LARGE` leads.
    pub fn require_enroll(&self, actor: &Actor, more: i64) -> Result<()> {
        let (before, after) = (self.counts.total_leads, self.counts.total_leads.saturating_add(more));
        if self.started_at.is_some() && before <= LARGE && after > LARGE { actor.require(Permission::LargeLaunch) } else { Ok(()) }
    }

    /// The actions that are possible now and allowed to the actor.
    pub fn actions_for(&self, actor: &Actor) -> Vec<CampaignAction> {
        let allowed = |action: &CampaignAction| {
            actor.may(Permission::WriteCampaigns)
                && self.status.after(*action).is_ok_and(|status| self.require_status(actor, status).is_ok())
        };
        self.status.actions().filter(allowed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActorRef, Role, Timestamp, UserId, campaigns::NewCampaign};
    use CampaignAction::{Cancel, Complete, Pause, Reopen, Resume, Start};
    use uuid::Uuid;

    #[test]
    fn members_end_their_own_and_launch_what_is_small() {
        let user =
            |id, role| Actor { who: ActorRef::User { id: UserId(Uuid::from_u128(id)), name: "Mia".into() }, role, ..Actor::system() };
        let (mia, other) = (user(1, Role::Member), user(2, Role::Member));
        let new = NewCampaign { name: "Spring".into(), ..NewCampaign::default() }.check().unwrap();
        let mut campaign = new.into_campaign(&mia.who, Timestamp(1), Uuid::nil);
        assert_eq!((campaign.actions_for(&mia), campaign.actions_for(&other)), (vec![Start, Cancel], vec![Start]));
        campaign.counts.total_leads = LARGE;
        assert_eq!(campaign.actions_for(&mia), [Start, Cancel]);
        campaign.counts.total_leads = LARGE + 1;
        assert_eq!((campaign.actions_for(&mia), campaign.actions_for(&user(2, Role::Manager))), (vec![Cancel], vec![Start, Cancel]));
        assert_eq!((campaign.actions_for(&user(1, Role::Viewer)), campaign.may_be_ended_by(&user(1, Role::Viewer))), (vec![], false));
        // Stopped and reopened, but never started.
        let reopened = Campaign { status: CampaignStatus::Paused, ..campaign.clone() };
        assert_eq!(reopened.actions_for(&mia), [Complete, Cancel]);
        campaign.enter_status(CampaignStatus::Active, Timestamp(2));
        assert_eq!((campaign.actions_for(&mia), campaign.actions_for(&other)), (vec![Pause, Complete, Cancel], vec![Pause]));
        campaign.enter_status(CampaignStatus::Paused, Timestamp(3));
        assert_eq!(campaign.actions_for(&other), [Resume], "it ran before");
        campaign.enter_status(CampaignStatus::Completed, Timestamp(4));
        assert_eq!(campaign.actions_for(&other), [Reopen]);
        campaign.counts.total_leads = LARGE - 1;
        let enroll = |campaign: &Campaign, actor: &Actor, more| campaign.require_enroll(actor, more).is_ok();
        assert!(enroll(&campaign, &mia, 1) && !enroll(&campaign, &mia, 2) && enroll(&campaign, &user(2, Role::Manager), 2));
        campaign.counts.total_leads = LARGE + 1;
        assert!(enroll(&campaign, &mia, 1), "a manager made it large");
        // Its creator is unknown.
        let old = Campaign { made_by: None, status: CampaignStatus::Active, ..campaign };
        assert_eq!((old.actions_for(&mia), old.actions_for(&user(1, Role::Manager))), (vec![Pause], vec![Pause, Complete, Cancel]));
    }
}
