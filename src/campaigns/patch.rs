//! An edit of a campaign: only the named fields change.

use super::{
    Campaign, CampaignStatus, Step,
    new::check_texts,
    step::{check_change, check_steps, name_steps},
};
use crate::{
    Error, Record, Result, Timestamp, given,
    text::{clean, clean_line},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Fields to set. Absent means unchanged; `null` clears the description and is an error for the others.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CampaignPatch {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub description: Option<String>,
    /// Only along an allowed transition.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub status: Option<CampaignStatus>,
    /// The whole sequence; existing steps with their id.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub steps: Option<Vec<Step>>,
}

/// An edit request: the fields to set, and the values that the editor saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CampaignEdit {
    pub set: CampaignPatch,
    /// The values the editor saw for the fields in `set`. A field that has another value by now is a conflict; other fields may have
    /// changed. `None`: last write wins.
    pub base: Option<CampaignPatch>,
    /// Strict alternative for APIs (`If-Match`): the revision that was read. Any edit since is a conflict, whatever its fields; changed
    /// counters are not.
    pub revision: Option<i64>,
}

/// Calls a macro for each field.
macro_rules! each_field {
    ($do:ident) => {
        $do!(name, "name");
        $do!(description, "description");
        $do!(status, "status");
        $do!(steps, "steps");
    };
}

impl CampaignPatch {
    fn check(mut self) -> Result<Self> {
        self.name = self.name.as_deref().map(clean_line);
        self.description = self.description.as_deref().map(clean);
        let errors = check_texts(self.name.as_deref(), self.description.as_deref());
        self.steps = self.steps.map(check_steps).transpose()?;
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }

    /// Names of the fields whose value in `campaign` differs from this patch.
    pub fn differing(&self, campaign: &Campaign) -> Vec<&'static str> {
        let mut fields = Vec::new();
        macro_rules! compare {
            ($field:ident, $name:literal) => {
                if self.$field.as_ref().is_some_and(|value| *value != campaign.$field) {
                    fields.push($name);
                }
            };
        }
        each_field!(compare);
        fields
    }

    /// The current values of the fields that `self` sets: the `base` of an edit, and its undo image.
    #[must_use]
    pub fn values_in(&self, campaign: &Campaign) -> Self {
        let mut base = Self::default();
        macro_rules! read {
            ($field:ident, $name:literal) => {
                base.$field = self.$field.as_ref().map(|_| campaign.$field.clone());
            };
        }
        each_field!(read);
        base
    }
}

impl CampaignEdit {
    pub fn set(set: CampaignPatch) -> Self {
        Self { set, ..Self::default() }
    }

    /// The campaign after this edit; `None` when nothing changes.
    ///
    /// # Errors
    /// `Invalid` for invalid values; `Stale` when the campaign was changed in a conflicting way; `Conflict` for a status that is not
    /// allowed now.
    pub fn apply(self, campaign: &Campaign, now: Timestamp, new_id: impl FnMut() -> Uuid) -> Result<Option<Campaign>> {
        let set = self.set.check()?;
        let wrong = check_change(set.steps.as_deref().unwrap_or_default(), &campaign.steps);
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        let changed = set.differing(campaign);
        if changed.is_empty() {
            return Ok(None);
        }
        let stale = |fields: Vec<&str>| Error::Stale {
            fields: fields.into_iter().map(str::to_owned).collect(),
            theirs: Box::new(Record::Campaign(Box::new(campaign.clone()))),
        };
        if self.revision.is_some_and(|revision| !(campaign.edited..=campaign.revision).contains(&revision)) {
            return Err(stale(changed));
        }
        if let Some(base) = self.base {
            let clash: Vec<_> = base.differing(campaign).into_iter().filter(|field| changed.contains(field)).collect();
            if !clash.is_empty() {
                return Err(stale(clash));
            }
        }
        let mut after = campaign.clone();
        after.revision += 1;
        after.edited = after.revision;
        after.updated_at = now;
        if let Some(name) = set.name {
            after.name = name;
        }
        if let Some(description) = set.description {
            after.description = description;
        }
        if let Some(status) = set.status.filter(|status| *status != campaign.status) {
            let status = campaign.status.transition(status)?;
            // A campaign that ended before it was started is reopened as a draft.
            let draft = campaign.status.is_over() && campaign.started_at.is_none();
            after.enter_status(if draft { CampaignStatus::Draft } else { status }, now);
        }
        if let Some(mut steps) = set.steps {
            known(campaign, &steps)?;
            name_steps(&mut steps, new_id);
            after.steps = steps;
        }
        Ok(Some(after))
    }
}

impl Campaign {
    /// The campaign after the undo of the edit from `before` to `after`.
    ///
    /// # Errors
    /// `Stale` for a field that was edited again since; `Conflict` when nothing of the edit is left to undo, or when it changed the status.
    pub fn revert_edit(&self, before: &Self, after: &Self, now: Timestamp) -> Result<Self> {
        if before.status != after.status {
            return Err(Error::Conflict("A change of the status has no undo; start, pause or reopen the campaign instead".to_owned()));
        }
        let all = |one: &Self| CampaignPatch {
            name: Some(one.name.clone()),
            description: Some(one.description.clone()),
            status: None,
            steps: Some(one.steps.clone()),
        };
        let changed = all(before).differing(after);
        if changed.is_empty() {
            return Err(Error::Conflict("This change follows from changes of leads; undo those, or edit the leads".to_owned()));
        }
        let left = |one: &Self| changed.iter().copied().filter(|field| all(one).differing(self).contains(field)).collect::<Vec<_>>();
        if left(before).is_empty() {
            return Err(Error::Conflict("This change was already undone".to_owned()));
        }
        let since = left(after);
        if !since.is_empty() {
            let fields = since.into_iter().map(str::to_owned).collect();
            return Err(Error::Stale { fields, theirs: Box::new(Record::Campaign(Box::new(self.clone()))) });
        }
        let mut back = self.clone();
        for field in changed {
            match field {
                "name" => back.name.clone_from(&before.name),
                "description" => back.description.clone_from(&before.description),
                _ => back.steps.clone_from(&before.steps),
            }
        }
        back.revision += 1;
        back.edited = back.revision;
        back.updated_at = now;
        Ok(back)
    }
}

/// Checks that every step is new or a step of this campaign; the id of another campaign's step would name two steps.
fn known(campaign: &Campaign, steps: &[Step]) -> Result<()> {
    let known = |step: &&Step| step.id.0.is_nil() || campaign.steps.iter().any(|one| one.id == step.id);
    if let Some(step) = steps.iter().find(|step| !known(step)) {
        let field = format!("steps.{}.id", step.position - 1);
        return Err(Error::invalid(field, "This campaign has no such step; leave the id out for a new step"));
    }
    let begun = campaign.counts.standing.len() > 1;
    if begun && !steps.is_empty() && steps.iter().all(|step| step.id.0.is_nil()) {
        let message =
            "Leads have begun, and without the ids of the steps that stay they would all begin anew; send each such step with its id";
        return Err(Error::invalid("steps", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        StepId,
        campaigns::{Counts, NewCampaign},
    };

    fn campaign() -> Campaign {
        let mut next = 0;
        let new = NewCampaign { name: "Spring".into(), ..NewCampaign::default() }.check().unwrap();
        new.into_campaign(&crate::ActorRef::System, Timestamp(1), move || {
            next += 1;
            Uuid::from_u128(next)
        })
    }

    fn nothing_new() -> Uuid {
        panic!("no step is new")
    }

    #[test]
    fn only_the_same_field_conflicts_and_the_status_follows_the_table() {
        let before = campaign();
        let set = CampaignPatch { description: Some("Mine".into()), ..CampaignPatch::default() };
        let edit = CampaignEdit { base: Some(set.values_in(&before)), set, revision: None };
        let elsewhere = Campaign { name: "Autumn".into(), ..before.clone() };
        assert_eq!(edit.clone().apply(&elsewhere, Timestamp(9), nothing_new).unwrap().unwrap().description, "Mine");
        let same = Campaign { description: "Theirs".into(), ..before.clone() };
        let Err(Error::Stale { fields, theirs }) = edit.clone().apply(&same, Timestamp(9), nothing_new) else { panic!("written over") };
        assert_eq!((fields, theirs.as_campaign()), (vec!["description".to_owned()], Some(&same)));

        // Strict edits: a revision before another edit is stale; a revision before new counters is not.
        let strict = |revision| CampaignEdit { revision: Some(revision), ..edit.clone() };
        let counted = before.counted(Counts { total_leads: 7, ..Counts::default() });
        assert!(strict(1).apply(&counted, Timestamp(9), nothing_new).is_ok());
        let edited = strict(2).apply(&counted, Timestamp(9), nothing_new).unwrap().unwrap();
        assert_eq!((edited.revision, edited.edited), (3, 3));
        let again = CampaignEdit::set(CampaignPatch { name: Some("Winter".into()), ..CampaignPatch::default() });
        for revision in [2, 4] {
            let old = CampaignEdit { revision: Some(revision), ..again.clone() };
            assert!(matches!(old.apply(&edited, Timestamp(9), nothing_new), Err(Error::Stale { .. })));
        }

        let transition = |status| CampaignEdit::set(CampaignPatch { status: Some(status), ..CampaignPatch::default() });
        let active = transition(CampaignStatus::Active).apply(&before, Timestamp(9), nothing_new).unwrap().unwrap();
        assert_eq!((active.started_at, active.revision), (Some(Timestamp(9)), 2));
        assert!(matches!(transition(CampaignStatus::Completed).apply(&before, Timestamp(9), nothing_new), Err(Error::Conflict(_))));
    }

    #[test]
    fn steps_are_reordered_removed_and_added_whatever_leads_have_done() {
        let mut before = campaign();
        before.counts.standing = vec![4, 0, 1];
        let steps = |ids: &[usize]| {
            let steps = ids.iter().map(|at| before.steps[*at].clone()).collect();
            CampaignEdit::set(CampaignPatch { steps: Some(steps), ..CampaignPatch::default() })
        };
        let after = steps(&[2, 0]).apply(&before, Timestamp(9), nothing_new).unwrap().unwrap();
        let order: Vec<_> = after.steps.iter().map(|step| (step.position, step.id)).collect();
        assert_eq!(order, [(1, before.steps[2].id), (2, before.steps[0].id)]);
        let unnamed: Vec<Step> = before.steps.iter().map(|step| Step { id: StepId(Uuid::nil()), ..step.clone() }).collect();
        let edit = CampaignEdit::set(CampaignPatch { steps: Some(unnamed.clone()), ..CampaignPatch::default() });
        assert!(edit.apply(&before, Timestamp(9), Uuid::nil).unwrap_err().on_field("steps").is_some(), "they would all begin anew");
        let edit = CampaignEdit::set(CampaignPatch { steps: Some(unnamed), ..CampaignPatch::default() });
        assert!(edit.apply(&campaign(), Timestamp(9), || Uuid::from_u128(9)).is_ok(), "nobody has begun");
        let foreign = Step { id: StepId(Uuid::from_u128(99)), ..before.steps[0].clone() };
        let edit = CampaignEdit::set(CampaignPatch { steps: Some(vec![foreign]), ..CampaignPatch::default() });
        assert!(edit.apply(&before, Timestamp(9), nothing_new).unwrap_err().on_field("steps.0.id").is_some());
    }

    #[test]
    fn an_edit_is_set_back_unless_it_was_edited_since() {
        let before = campaign();
        let edit = CampaignEdit::set(CampaignPatch { name: Some("Autumn".into()), steps: Some(vec![]), ..CampaignPatch::default() });
        let after = edit.apply(&before, Timestamp(9), nothing_new).unwrap().unwrap();
        let counted = Campaign { description: "Since".into(), ..after.counted(Counts { total_leads: 7, ..Counts::default() }) };
        let back = counted.revert_edit(&before, &after, Timestamp(10)).unwrap();
        assert_eq!((back.name.as_str(), back.description.as_str(), &back.steps), ("Spring", "Since", &before.steps));
        assert_eq!((back.revision, back.edited, back.counts.total_leads), (4, 4, 7));
        assert!(matches!(back.revert_edit(&before, &after, Timestamp(11)), Err(Error::Conflict(_))), "twice");
        let renamed = Campaign { name: "Winter".into(), ..counted };
        assert!(matches!(renamed.revert_edit(&before, &after, Timestamp(10)), Err(Error::Stale { fields, .. }) if fields == ["name"]));
        let started = Campaign { status: CampaignStatus::Active, ..before.clone() };
        assert!(matches!(started.revert_edit(&before, &started, Timestamp(10)), Err(Error::Conflict(_))), "pause it instead");
        assert!(
            matches!(before.revert_edit(&before, &before.counted(Counts::default()), Timestamp(10)), Err(Error::Conflict(_))),
            "only counted"
        );
    }
}
