//! Picking a stage or a status in the row: a small menu at the cell.

use super::{edit::Editing, store::Row};
use crate::ui::{StageBadge, StatusPill, inside, walk};
use domain::leads::{LeadPatch, Stage, Status};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

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

    /// Whose button was pressed, if one was.
    pub fn pressed(event: &ev::MouseEvent) -> Option<(Self, web_sys::Element)> {
        let button = inside(event, "[data-facet]:enabled")?;
        let word = button.get_attribute("data-facet")?;
        [Self::Stage, Self::Status].into_iter().find(|facet| facet.word() == word).map(|facet| (facet, button))
    }
}

/// Which cell is being changed, and where it is on the screen.
#[derive(Debug, Clone)]
struct Choosing {
    row: Row,
    facet: Facet,
    left: f64,
    top: f64,
}

#[derive(Debug, Clone, Copy)]
pub struct Chooser(RwSignal<Option<Choosing>>);

impl Chooser {
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Opens at the button that was pressed.
    pub fn open(self, row: Row, facet: Facet, button: &web_sys::Element) {
        let place = button.get_bounding_client_rect();
        let room = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        self.0.set(Some(Choosing { row, facet, left: place.left(), top: place.bottom().min(room - 260.0) }));
    }

    fn close(self) {
        self.0.set(None);
    }
}

impl Default for Chooser {
    fn default() -> Self {
        Self::new()
    }
}

/// The one menu of a page; rows only say when.
#[component]
pub fn ChooserMenu() -> impl IntoView {
    let Chooser(choosing) = expect_context::<Chooser>();
    view! { {move || choosing.get().map(|choosing| view! { <Choices choosing/> })} }
}

#[component]
fn Choices(choosing: Choosing) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let chooser = expect_context::<Chooser>();
    let Choosing { row, facet, left, top } = choosing;
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(current) = node.get().and_then(|menu| menu.query_selector("[aria-checked=true]").ok().flatten())
            && let Ok(current) = current.dyn_into::<web_sys::HtmlElement>()
        {
            let _ = current.focus();
        }
    });
    let keys = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            chooser.close();
            event.prevent_default();
            event.stop_propagation();
        }
        _ => walk(event),
    };
    let items = match facet {
        Facet::Stage => {
            let now = row.lead.with_untracked(|lead| lead.stage);
            let item = |stage: Stage| {
                let row = row.clone();
                let pick = move |_| {
                    chooser.close();
                    editing.edit(row.clone(), LeadPatch { stage: Some(stage), ..LeadPatch::default() });
                };
                view! {
                    <button type="button" role="menuitemradio" aria-checked=(stage == now).to_string() on:click=pick><StageBadge stage/></button>
                }
            };
            Stage::ALL.iter().copied().map(item).collect_view().into_any()
        }
        Facet::Status => {
            let now = row.lead.with_untracked(|lead| lead.status);
            let item = |status: Status| {
                let row = row.clone();
                let pick = move |_| {
                    chooser.close();
                    editing.edit(row.clone(), LeadPatch { status: Some(status), ..LeadPatch::default() });
                };
                view! {
                    <button type="button" role="menuitemradio" aria-checked=(status == now).to_string() on:click=pick>
                        <StatusPill status bare=true/>
                    </button>
                }
            };
            Status::ALL.iter().copied().map(item).collect_view().into_any()
        }
    };
    view! {
        <div style="position:fixed;inset:0;z-index:39" on:click=move |_| chooser.close()></div>
        <div
            node_ref=node
            class="popover menu"
            role="menu"
            aria-label=if facet == Facet::Stage { "Stage" } else { "Status" }
            style=format!("position:fixed;inset-block-start:{top}px;inset-inline-start:{left}px")
            on:keydown=keys
        >
            {items}
        </div>
    }
}
