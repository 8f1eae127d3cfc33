//! Confirmation before a campaign ends: it names the leads that are still open. In the address, so that it works without scripts.

use super::{
    api::{OpenLeads, leads_still_open},
    save::ActOnCampaign,
    tab::Tab,
    words::button,
};
use crate::address::use_query;
use crate::{
    ask,
    layout::Keys,
    live::reading,
    ui::{Icon, Problem, suspend},
};
use domain::{
    CampaignId,
    campaigns::{Campaign, CampaignAction, CampaignStatus},
    text::grouped,
};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// Whether the action ends the campaign, which needs a confirmation.
pub fn ends(action: CampaignAction) -> bool {
    matches!(action, CampaignAction::Complete | CampaignAction::Cancel)
}

/// Address of the page with the confirmation.
pub fn href(tab: Tab, id: CampaignId, action: CampaignAction) -> String {
    let href = tab.href(id);
    let joint = if href.contains('?') { '&' } else { '?' };
    format!("{href}{joint}sure={action}")
}

/// The action to confirm, and the open leads. Created with the page: a `Resource` created after a wait would get different hydration ids on
/// the two sides.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    pub action: Memo<Option<CampaignAction>>,
    open: Resource<ask::Result<OpenLeads>>,
}

impl Ending {
    pub fn new(id: Memo<Option<CampaignId>>) -> Self {
        let query = use_query();
        let action = Memo::new(move |_| {
            let word = query.with(|query| query.get("sure"));
            word.and_then(|word| word.parse::<CampaignAction>().ok()).filter(|action| ends(*action))
        });
        let ask = |id: Option<CampaignId>| async move {
            match id {
                Some(id) => leads_still_open(id).await,
                None => Ok(OpenLeads::default()),
            }
        };
        Self { action, open: reading(Resource::new(move || id.get().filter(|_| action.get().is_some()), ask)) }
    }
}

/// `12 leads are still open: Ana, Ben, Cid and 9 more. It ends for them.`
fn sentence(open: &OpenLeads) -> String {
    let OpenLeads { count, names } = open;
    let more = count - names.len() as i64;
    let (last, first) = match names.split_last() {
        None => return "No leads are still open.".to_owned(),
        Some(_) if more > 0 => (format!("{} more", grouped(more)), names.as_slice()),
        Some((last, first)) => (last.clone(), first),
    };
    let names = if first.is_empty() { last } else { format!("{} and {last}", first.join(", ")) };
    let leads = if *count == 1 { "1 lead is".to_owned() } else { format!("{} leads are", grouped(*count)) };
    format!("{leads} still open: {names}. They get no further steps.")
}

#[component]
pub fn Question(
    campaign: RwSignal<Campaign>,
    tab: Memo<Tab>,
    ending: Ending,
    action: CampaignAction,
    act: ServerAction<ActOnCampaign>,
) -> impl IntoView {
    let id = campaign.with_untracked(|campaign| campaign.id);
    let (icon, label) = button(action);
    let (asks, does) = if action == CampaignAction::Complete { ("Complete ", "Complete campaign") } else { ("Stop ", label) };
    let title = move || campaign.with(|campaign| format!("{asks}{}? ", campaign.name));
    let stays = move || if campaign.with(|campaign| campaign.status == CampaignStatus::Active) { "Keep running" } else { "Keep campaign" };
    let go = use_navigate();
    expect_context::<Keys>().bind(move |key| {
        let escape = key.name == "Escape";
        if escape {
            go(&tab.get_untracked().href(id), NavigateOptions::default());
        }
        escape
    });
    let open = move || {
        suspend(async move {
            match ending.open.await {
                Ok(open) => view! { <span>{sentence(&open)}</span> }.into_any(),
                Err(error) => view! { <Problem error/> }.into_any(),
            }
        })
    };
    view! {
        <div class="callout" data-tone="warning" role="status">
            <Icon name="warn"/>
            // Each text in an element of its own: the browser joins a text of a `Transition` with the one beside it.
            <div><b>{title}</b><Transition>{open}</Transition><span>" You can reopen it."</span></div>
            <div class="end row">
                <a class="btn" href=move || tab.get().href(id)>{stays}</a>
                <ActionForm action=act>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="tab" value=move || tab.get().word()/>
                    <button class="btn danger" type="submit" name="action" value=action.as_str() data-state=move || act.pending().get().then_some("busy")>
                        <Icon name=icon/>{does}
                    </button>
                </ActionForm>
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_some_and_counts_the_rest() {
        let said = |count, names: &[&str]| sentence(&OpenLeads { count, names: names.iter().map(|name| (*name).to_owned()).collect() });
        assert_eq!(said(0, &[]), "No leads are still open.");
        assert_eq!(said(1, &["Ana"]), "1 lead is still open: Ana. They get no further steps.");
        assert_eq!(said(2, &["Ana", "Ben"]), "2 leads are still open: Ana and Ben. They get no further steps.");
        assert_eq!(
            said(1_203, &["Ana", "Ben", "Cid"]),
            "1,203 leads are still open: Ana, Ben, Cid and 1,200 more. They get no further steps."
        );
    }
}
