//! Live store of the person's views, for tabs and sidebar.

use super::{
    api::{ViewList, list_views},
    count::{COUNTED, shown},
};
use crate::{
    ask,
    live::{Live, LiveEvent, reading},
};
use domain::{
    Entity, Record, ViewId,
    live::{Delta, DeltaOp, Query},
    views::View,
};
use leptos::prelude::*;
use std::collections::HashMap;

#[derive(Debug, Clone, Copy)]
pub struct Views {
    loaded: Resource<ask::Result<ViewList>>,
    current: RwSignal<Option<Vec<View>>>,
    counts: RwSignal<HashMap<ViewId, i64>>,
}

impl Views {
    pub fn new() -> Self {
        Self {
            loaded: reading(Resource::new(|| (), |()| list_views())),
            current: RwSignal::new(None),
            counts: RwSignal::new(HashMap::new()),
        }
    }

    /// Subscribes to changes until the current owner is cleaned up.
    pub fn follow(self, live: Live) {
        let Self { loaded, current, counts } = self;
        Effect::new(move |_| {
            let Some(Ok(known)) = loaded.get() else { return };
            current.set(Some(known.views.data));
            live.subscribe(Query::list(Entity::View), known.views.as_of, move |event| match event {
                LiveEvent::Deltas { items, .. } if !items.is_empty() => current.update(|views| {
                    if let Some(views) = views {
                        for delta in &items {
                            apply(views, delta);
                        }
                    }
                }),
                LiveEvent::Reset => loaded.refetch(),
                _ => {}
            });
        });
        let asked = Memo::new(move |_| {
            current.with(|views| views.iter().flatten().take(COUNTED).map(|view| (view.id, shown(view))).collect::<Vec<_>>())
        });
        Effect::new(move |_| {
            for (id, rule) in asked.get() {
                live.count(rule, move |now| {
                    counts.update(|counts| {
                        counts.insert(id, now);
                    });
                });
            }
        });
    }

    /// Number of leads in a view, once known. Must be read under a `Transition`.
    pub fn count(self, id: ViewId) -> Option<i64> {
        let first = self.loaded.get().and_then(Result::ok);
        self.counts.with(|counts| counts.get(&id).copied()).or_else(|| first?.counts.get(&id).copied())
    }

    /// All views in order. Must be read under a `Transition`.
    pub fn all(self) -> Vec<View> {
        let first = self.loaded.get().and_then(Result::ok);
        self.current.get().or(first.map(|known| known.views.data)).unwrap_or_default()
    }

    pub fn find(self, id: ViewId) -> Option<View> {
        self.all().into_iter().find(|view| view.id == id)
    }
}

impl Default for Views {
    fn default() -> Self {
        Self::new()
    }
}

fn apply(views: &mut Vec<View>, delta: &Delta) {
    let id = ViewId(delta.id);
    let record = delta.record.as_ref().and_then(Record::as_view).filter(|_| delta.op != DeltaOp::Leave);
    let known = views.iter().position(|view| view.id == id);
    match (known, record) {
        (Some(at), None) => {
            views.remove(at);
        }
        (Some(at), Some(view)) if view.revision >= views[at].revision => views[at] = view.clone(),
        (None, Some(view)) => views.push(view.clone()),
        _ => {}
    }
    views.sort_by_key(|view| (view.position, view.id));
}
