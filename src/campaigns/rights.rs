//! Permissions to start, end and delete a campaign.

use super::{Campaign, CampaignAction, CampaignStatus, CampaignSummary};
use crate::{
    Actor, ActorRef, Error, Permission, Result,
    rights::{LARGE, require_size},
};

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
        if status != CampaignStatus::Active || self.started_at.is_some() {
            return Ok(());
        }
        require_size(actor, Permission::LargeLaunch, self.counts.total_leads)
    }

    /// Whether the actor may bring `more` leads in, in whatever way: enrolled, restored, or by an undo. What a started campaign reaches in
    /// all counts, so that parts below the limit do not pass it unseen. A manager who let it become large has decided for what follows.
    ///
    /// # Errors
    /// `Forbidden` when a started campaign would come to more than `LARGE` leads.
    pub fn require_room(&self, actor: &Actor, more: i64) -> Result<()> {
        if more <= 0 || self.started_at.is_none() || self.is_large() {
            return Ok(());
        }
        require_size(actor, Permission::LargeLaunch, self.counts.total_leads.saturating_add(more))
    }

    /// It has more than `LARGE` leads since it was started, or had them once.
    pub(super) fn is_large(&self) -> bool {
        self.large || (self.started_at.is_some() && self.counts.total_leads > LARGE)
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
        let room = |campaign: &Campaign, actor: &Actor, more| campaign.require_room(actor, more).is_ok();
        assert!(room(&campaign, &mia, 2), "it was large when it was started");
        campaign.large = false;
        assert!(room(&campaign, &mia, 1) && !room(&campaign, &mia, 2) && room(&campaign, &user(2, Role::Manager), 2));
        // Its creator is unknown.
        let old = Campaign { made_by: None, status: CampaignStatus::Active, ..campaign };
        assert_eq!((old.actions_for(&mia), old.actions_for(&user(1, Role::Manager))), (vec![Pause], vec![Pause, Complete, Cancel]));
    }
}
