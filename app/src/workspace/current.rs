//! What each page knows of the workspace, the same on both sides.

use super::api::load_workspace;
use crate::{
    live::{Live, LiveEvent, Notice},
    ui::has_typed_text,
};
use domain::{Currency, Entity, Record, Workspace, Zone, fields::Fields, live::Query, workspace::ID};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The server puts it into the context of pages of signed-in people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageWorkspace {
    /// `workspace` contains the changes of the log up to this one.
    pub as_of: i64,
    pub workspace: Workspace,
    /// The workspace's time zone.
    pub zone: Zone,
    /// Definitions of custom fields.
    pub fields: Fields,
    /// The person's own time zone, when it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_zone: Option<Zone>,
}

/// In the context of the whole app. It stays as it is while the page is open: after a change the page is loaded again.
#[derive(Clone, Copy)]
pub struct CurrentWorkspace(StoredValue<Arc<PageWorkspace>>);

impl CurrentWorkspace {
    /// Not a `Resource`, for the reasons of `CurrentMe`.
    pub fn new() -> Self {
        let page = SharedValue::new(|| use_context::<PageWorkspace>().unwrap_or_default()).into_inner();
        Self(StoredValue::new(Arc::new(page)))
    }

    pub fn currency(self) -> Currency {
        self.0.with_value(|page| page.workspace.currency)
    }

    pub fn workspace(self) -> Workspace {
        self.0.with_value(|page| page.workspace.clone())
    }

    /// The workspace's time zone: of days, “today” and periods.
    pub fn with_zone<T>(self, read: impl FnOnce(&Zone) -> T) -> T {
        self.0.with_value(|page| read(&page.zone))
    }

    /// The time zone in which the person reads times.
    pub fn with_own_zone<T>(self, read: impl FnOnce(&Zone) -> T) -> T {
        self.0.with_value(|page| read(page.own_zone.as_ref().unwrap_or(&page.zone)))
    }

    /// Loads the page again when the settings change. A page with typed text says so instead.
    pub fn follow(self, live: Live) {
        let (revision, as_of) = self.0.with_value(|page| (page.workspace.revision, page.as_of));
        let changed = move |now: &Workspace| {
            if now.revision <= revision {
                return;
            }
            if has_typed_text() {
                live.notify(Notice::Workspace);
            } else {
                _ = window().location().reload();
            }
        };
        Effect::new(move |_| {
            live.subscribe(Query::One { kind: Entity::Workspace, id: ID }, as_of, move |event| match event {
                LiveEvent::Deltas { items, .. } => {
                    for delta in items {
                        if let Some(Record::Workspace(now)) = &delta.record {
                            changed(now);
                        }
                    }
                }
                LiveEvent::Reset => spawn_local(async move {
                    // Without an answer the next reconnect asks again.
                    if let Ok(now) = load_workspace().await {
                        changed(&now);
                    }
                }),
                LiveEvent::Total(_) => {}
            });
        });
    }
}

impl Default for CurrentWorkspace {
    fn default() -> Self {
        Self::new()
    }
}

/// What this page knows of the workspace.
pub fn use_workspace() -> CurrentWorkspace {
    expect_context()
}
