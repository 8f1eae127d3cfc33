//! Server functions behind forms: they take plain form posts and answer with a redirect.

use super::{step_fields::StepFields, tab::Tab};
#[cfg(feature = "ssr")]
use super::{step_fields::arranged, steps_typed::read};
use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect, refuse, services, show_form};
use domain::{
    CampaignId, LeadId,
    campaigns::{Campaign, CampaignAction, EditedCampaign},
};
#[cfg(feature = "ssr")]
use domain::{
    campaigns::{CampaignEdit, CampaignPatch, NewCampaign},
    text::{clean, clean_line},
};
use leptos::prelude::*;

/// Adds a campaign, or edits the one with `id`. `base` is what the editor saw, as JSON of `CampaignPatch`; only differences are saved.
#[server(prefix = "/sfn", endpoint = "campaigns/save", output = Json)]
pub async fn save_campaign(
    #[server(default)] id: Option<CampaignId>,
    #[server(default)] base: String,
    name: String,
    #[server(default)] description: String,
) -> Result<EditedCampaign> {
    let saved = async {
        let (services, actor) = (services()?, actor()?);
        let (name, description) = (clean_line(&name), clean(&description));
        let Some(id) = id else {
            let campaign = services.campaigns.create(&actor, NewCampaign { name, description, ..NewCampaign::default() }).await?;
            return Ok(EditedCampaign { campaign, undo: None });
        };
        let seen = serde_json::from_str::<CampaignPatch>(&base).unwrap_or_default();
        let set = CampaignPatch {
            name: Some(name).filter(|name| seen.name.as_ref() != Some(name)),
            description: Some(description).filter(|text| seen.description.as_ref() != Some(text)),
            ..CampaignPatch::default()
        };
        Ok(services.campaigns.edit(&actor, id, CampaignEdit { set, base: Some(seen), revision: None }).await?)
    };
    match saved.await {
        Ok(saved) => {
            let tab = if id.is_some() { Tab::Settings } else { Tab::Overview };
            redirect(&tab.href(saved.campaign.id));
            Ok(saved)
        }
        Err(error) => {
            let mut typed = vec![("name".to_owned(), name), ("description".to_owned(), description)];
            typed.extend(id.map(|_| ("tab".to_owned(), Tab::Settings.word().to_owned())));
            let form = id.map_or_else(|| "/campaigns/new".to_owned(), |id| format!("/campaigns/{id}"));
            Err(refuse::<SaveCampaign>(&form, typed, error))
        }
    }
}

/// Starts, pauses, resumes, completes, cancels or reopens a campaign, and redirects to `tab`.
#[server(prefix = "/sfn", endpoint = "campaigns/act", output = Json)]
pub async fn act_on_campaign(id: CampaignId, action: CampaignAction, #[server(default)] tab: Tab) -> Result<Campaign> {
    let acted = async { Ok(services()?.campaigns.act(&actor()?, id, action).await?) };
    let typed = [("tab".to_owned(), tab.word().to_owned())];
    let campaign = acted.await.map_err(|error| refuse::<ActOnCampaign>(&format!("/campaigns/{id}"), typed, error))?;
    redirect(&tab.href(id));
    Ok(campaign)
}

/// Creates a draft with the same texts and steps, and redirects to it.
#[server(prefix = "/sfn", endpoint = "campaigns/duplicate", output = Json)]
pub async fn duplicate_campaign(id: CampaignId) -> Result<Campaign> {
    let copied = async { Ok(services()?.campaigns.duplicate(&actor()?, id).await?) };
    let typed = [("tab".to_owned(), Tab::Settings.word().to_owned())];
    let campaign = copied.await.map_err(|error| refuse::<DuplicateCampaign>(&format!("/campaigns/{id}"), typed, error))?;
    redirect(&Tab::Overview.href(campaign.id));
    Ok(campaign)
}

#[server(prefix = "/sfn", endpoint = "campaigns/remove", output = Json)]
pub async fn remove_campaign(id: CampaignId) -> Result<()> {
    let removed = async { Ok(services()?.campaigns.delete(&actor()?, id).await?) };
    let typed = [("tab", Tab::Settings.word()), ("sure", "delete")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    removed.await.map_err(|error| refuse::<RemoveCampaign>(&format!("/campaigns/{id}"), typed, error))?;
    redirect("/campaigns");
    Ok(())
}

/// Enrolls one lead, and redirects to the leads tab. If refused, the search `add` is shown again.
#[server(prefix = "/sfn", endpoint = "campaigns/add-lead", output = Json)]
pub async fn add_lead(id: CampaignId, lead: LeadId, #[server(default)] add: String) -> Result<()> {
    let which = domain::leads::Selection::Leads(vec![lead]);
    let added = async { Ok(services()?.campaigns.enroll(&actor()?, id, which).await?.or_why()?) };
    let typed = [("tab".to_owned(), Tab::Leads.word().to_owned()), ("add".to_owned(), add.clone())];
    added.await.map_err(|error| refuse::<AddLead>(&format!("/campaigns/{id}"), typed, error))?;
    redirect(&Tab::Leads.href(id));
    Ok(())
}

/// Saves the whole sequence, and returns the change to undo. `base` is the sequence that the editor saw, as JSON.
///
/// `then` is the button: empty for “Save”. Without scripts also `add`, `up-<n>` and `remove-<n>`, counted from 0: these change the typed
/// steps
/// and show the form again, unsaved.
#[server(prefix = "/sfn", endpoint = "campaigns/steps", output = Json)]
pub async fn save_steps(
    id: CampaignId,
    #[server(default)] base: String,
    #[server(default)] steps: Vec<StepFields>,
    #[server(default)] then: String,
) -> Result<EditedCampaign> {
    let form = format!("{}&edit=1", Tab::Sequence.href(id));
    if !then.is_empty() {
        let (services, actor) = (services()?, actor()?);
        actor.require(domain::Permission::WriteCampaigns)?;
        let found = services.campaigns.get(&actor, id).await?;
        show_form(with_steps(&form, &arranged(steps, &then)));
        let campaign = found.ok_or_else(|| domain::Error::not_found("Campaign", id))?.data;
        return Ok(EditedCampaign { campaign, undo: None });
    }
    let saved = async {
        let seen = serde_json::from_str(&base).ok();
        let edit = CampaignEdit {
            set: CampaignPatch { steps: Some(read(&steps)?), ..CampaignPatch::default() },
            base: seen.map(|seen| CampaignPatch { steps: Some(seen), ..CampaignPatch::default() }),
            revision: None,
        };
        Ok(services()?.campaigns.edit(&actor()?, id, edit).await?)
    };
    match saved.await {
        Ok(edited) => {
            redirect(&Tab::Sequence.href(id));
            Ok(edited)
        }
        Err(error) => {
            let typed = [
                ("tab".to_owned(), Tab::Sequence.word().to_owned()),
                ("edit".to_owned(), "1".to_owned()),
                ("steps".to_owned(), serde_json::to_string(&steps).unwrap_or_default()),
            ];
            Err(refuse::<SaveSteps>(&format!("/campaigns/{id}"), typed, error))
        }
    }
}

/// Address of the form with these steps.
#[cfg(feature = "ssr")]
fn with_steps(form: &str, steps: &[StepFields]) -> String {
    let mut params = crate::address::Params::new();
    params.insert("steps", serde_json::to_string(steps).unwrap_or_default());
    format!("{form}&{}", params.to_query_string().trim_start_matches('?'))
}
