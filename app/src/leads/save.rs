//! Server functions behind forms: they take plain form posts and answer with a redirect.

use super::form::LeadFields;
use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect, redirect_form, refuse, services};
use domain::{
    CampaignId, ChangeId, LeadId, NoteId,
    campaigns::Task,
    leads::{SavedLead, Stage},
};
use leptos::prelude::*;

/// Adds a lead, or edits the one with `id`. `base` is what the editor saw, as JSON of `LeadFields`.
#[server(prefix = "/sfn", endpoint = "leads/save", output = Json)]
pub async fn save_lead(
    #[server(default)] id: Option<LeadId>,
    #[server(default)] base: String,
    #[server(flatten)] fields: LeadFields,
) -> Result<SavedLead> {
    let saved = async {
        let (services, actor) = (services()?, actor()?);
        let seen = serde_json::from_str::<LeadFields>(&base).unwrap_or_default();
        Ok(match id {
            Some(id) => services.leads.edit(&actor, id, fields.edit(&seen)?).await?,
            None => services.leads.add(&actor, fields.new_lead()?).await?,
        })
    };
    match saved.await {
        Ok(saved) => {
            redirect_form(&format!("/leads/{}", saved.lead.id));
            Ok(saved)
        }
        Err(error) => {
            let form = id.map_or_else(|| "/leads/new".to_owned(), |id| format!("/leads/{id}/edit"));
            let typed = fields.pairs().into_iter().chain([("base".to_owned(), base)]);
            Err(refuse::<SaveLead>(&form, typed, error))
        }
    }
}

#[server(prefix = "/sfn", endpoint = "leads/move", output = Json)]
pub async fn move_stage(id: LeadId, stage: Stage) -> Result<()> {
    let moved = async {
        let set = domain::leads::LeadPatch { stage: Some(stage), ..Default::default() };
        services()?.leads.update(&actor()?, id, domain::leads::LeadEdit::set(set)).await?;
        Ok(())
    };
    moved.await.map_err(|error| refuse::<MoveStage>(&format!("/leads/{id}"), [], error))
}

#[server(prefix = "/sfn", endpoint = "leads/note", output = Json)]
pub async fn write_note(id: LeadId, body: String) -> Result<()> {
    let written = async {
        services()?.leads.add_note(&actor()?, id, &body).await?;
        Ok(())
    };
    written.await.map_err(|error| refuse::<WriteNote>(&format!("/leads/{id}"), [("note".to_owned(), body.clone())], error))
}

/// Sets the text of a note. Returns the change to undo; `None` if the text did not change.
#[server(prefix = "/sfn", endpoint = "leads/note/edit", output = Json)]
pub async fn edit_note(id: LeadId, note: NoteId, body: String) -> Result<Option<ChangeId>> {
    let edited = async { Ok(services()?.leads.edit_note(&actor()?, note, &body).await?) };
    let typed = [("edit".to_owned(), note.to_string()), ("text".to_owned(), body.clone())];
    let undo = edited.await.map_err(|error| refuse::<EditNote>(&format!("/leads/{id}"), typed, error))?.undo;
    redirect_form(&offering(id, undo));
    Ok(undo)
}

/// Deletes a note, for browsers without scripts: redirects to a page that offers “Undo”.
#[server(prefix = "/sfn", endpoint = "leads/note/remove", output = Json)]
pub async fn remove_note(id: LeadId, note: NoteId) -> Result<ChangeId> {
    let removed = async { Ok(services()?.leads.delete_note(&actor()?, note).await?) };
    let change = removed.await.map_err(|error| refuse::<RemoveNote>(&format!("/leads/{id}"), [], error))?;
    redirect(&offering(id, Some(change)));
    Ok(change)
}

/// Address of the lead's page, with an offer to undo the change.
#[cfg(feature = "ssr")]
fn offering(id: LeadId, change: Option<ChangeId>) -> String {
    change.map_or_else(|| format!("/leads/{id}"), |change| format!("/leads/{id}?undo={change}"))
}

/// Deletes a lead and redirects to its page, which offers to restore it.
#[server(prefix = "/sfn", endpoint = "leads/remove", output = Json)]
pub async fn remove_lead(id: LeadId) -> Result<ChangeId> {
    let removed = async { Ok(services()?.leads.delete(&actor()?, id).await?) };
    let change = removed.await.map_err(|error| refuse::<RemoveLead>(&format!("/leads/{id}"), [], error))?;
    redirect(&format!("/leads/{id}?deleted={change}"));
    Ok(change)
}

#[server(prefix = "/sfn", endpoint = "leads/bring-back", output = Json)]
pub async fn undo_lead_change(id: LeadId, change: ChangeId) -> Result<()> {
    let brought = async { Ok(services()?.changes.undo(&actor()?, change).await?) };
    let typed = ["deleted", "undo"].map(|name| (name.to_owned(), change.to_string()));
    brought.await.map_err(|error| refuse::<UndoLeadChange>(&format!("/leads/{id}"), typed, error))?;
    redirect(&format!("/leads/{id}"));
    Ok(())
}

/// Records what a person did with the lead by hand.
#[server(prefix = "/sfn", endpoint = "leads/mark", output = Json)]
pub async fn mark_task(id: LeadId, task: Task, #[server(default)] campaign: Option<CampaignId>) -> Result<()> {
    let marked = async { Ok(services()?.campaigns.work(&actor()?, id, task, campaign).await?) };
    marked.await.map_err(|error| refuse::<MarkTask>(&format!("/leads/{id}"), [], error))?;
    redirect(&format!("/leads/{id}"));
    Ok(())
}

#[server(prefix = "/sfn", endpoint = "leads/enroll", output = Json)]
pub async fn enroll_lead(id: LeadId, campaign: CampaignId) -> Result<()> {
    let which = domain::leads::Selection::Leads(vec![id]);
    let enrolled = async { Ok(services()?.campaigns.enroll(&actor()?, campaign, which).await?.or_why()?) };
    enrolled.await.map_err(|error| refuse::<EnrollLead>(&format!("/leads/{id}"), [], error))?;
    redirect(&format!("/leads/{id}"));
    Ok(())
}
