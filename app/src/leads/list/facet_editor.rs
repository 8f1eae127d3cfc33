//! Edits stage or status in a row, by a small menu at the cell.

use super::peek::focus_row;
use crate::{
    leads::{edit::Editing, store::Row},
    ui::{Popover, StageBadge, StatusPill, close_popover, inside},
};
use domain::leads::{Lead, LeadPatch, Stage, Status, label};
use leptos::{ev, prelude::*};

/// Id of the page's only such menu, which the buttons of all rows open.
pub const FACET_MENU: &str = "facet-menu";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    Stage,
    Status,
}

impl Facet {
    pub fn word(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Status => "status",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Stage => label::STAGE,
            Self::Status => label::STATUS,
        }
    }

    /// The facet whose button was pressed.
    pub fn pressed(event: &ev::MouseEvent) -> Option<Self> {
        let word = inside(event, "[data-facet]")?.get_attribute("data-facet")?;
        [Self::Stage, Self::Status].into_iter().find(|facet| facet.word() == word)
    }

    fn of(self, lead: &Lead) -> &'static str {
        match self {
            Self::Stage => lead.stage.as_str(),
            Self::Status => lead.status.as_str(),
        }
    }
}

/// The cell that is being edited. The browser opens the menu at the pressed button, after the press was handled.
#[derive(Debug, Clone, Copy)]
pub struct FacetEditor(RwSignal<Option<(Row, Facet)>>);

impl FacetEditor {
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    pub fn choose(self, row: Row, facet: Facet) {
        self.0.set(Some((row, facet)));
    }

    /// Closes the menu when its row was scrolled out of the document.
    pub fn scrolled(self) {
        let id = self.0.with_untracked(|choosing| choosing.as_ref().map(|(row, _)| row.id));
        if id.is_some_and(|id| document().query_selector(&format!("[data-id='{id}']")).is_ok_and(|row| row.is_none())) {
            close_popover(FACET_MENU);
        }
    }
}

impl Default for FacetEditor {
    fn default() -> Self {
        Self::new()
    }
}

#[component]
pub fn FacetMenu() -> impl IntoView {
    let FacetEditor(choosing) = expect_context();
    let label =
        Signal::derive(move || choosing.with(|choosing| choosing.as_ref().map(|(_, facet)| facet.label().to_owned())).unwrap_or_default());
    // Someone else changed this value: the button was replaced and the choice may be outdated, so close the menu.
    Effect::new(move |before: Option<Option<(Row, &'static str)>>| {
        let now = choosing.get().map(|(row, facet)| {
            let word = row.lead.with(|lead| facet.of(lead));
            (row, word)
        });
        if let (Some(Some((was, before))), Some((row, now))) = (before, &now)
            && was.id == row.id
            && before != *now
        {
            close_popover(FACET_MENU);
        }
        now
    });
    view! {
        <div class="scripts-only">
            <Popover id=FACET_MENU role="menu" label closed=Callback::new(move |()| choosing.set(None))>
                {move || choosing.get().map(|(row, facet)| view! { <Choices row facet/> })}
            </Popover>
        </div>
    }
    .into_any()
}

#[component]
fn Choices(row: Row, facet: Facet) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let now = row.lead.with_untracked(|lead| facet.of(lead));
    let item = |word: &'static str, set: LeadPatch, badge: AnyView| {
        let row = row.clone();
        let pick = move |_| {
            close_popover(FACET_MENU);
            editing.edit(row.clone(), set.clone());
            // The button that had the focus may be replaced when its value changes.
            let id = row.id;
            request_animation_frame(move || {
                if document().active_element().is_none_or(|focused| focused.matches("body").unwrap_or_default()) {
                    focus_row(id);
                }
            });
        };
        view! { <button type="button" role="menuitemradio" aria-checked=(word == now).to_string() on:click=pick>{badge}</button> }
    };
    match facet {
        Facet::Stage => {
            let one = |stage: &Stage| {
                let set = LeadPatch { stage: Some(*stage), ..LeadPatch::default() };
                item(stage.as_str(), set, view! { <StageBadge stage=*stage/> }.into_any())
            };
            Stage::ALL.iter().map(one).collect_view().into_any()
        }
        Facet::Status => {
            let one = |status: &Status| {
                let set = LeadPatch { status: Some(*status), ..LeadPatch::default() };
                item(status.as_str(), set, view! { <StatusPill status=*status bare=true/> }.into_any())
            };
            Status::ALL.iter().map(one).collect_view().into_any()
        }
    }
}
