//! The definitions that this page knows, the same on both sides and live.

use super::api::list_fields;
use crate::{
    live::{Live, LiveEvent},
    workspace::PageWorkspace,
};
use domain::{
    Entity, Record,
    fields::Fields,
    live::{DeltaOp, Query},
};
use leptos::{prelude::*, task::spawn_local};

/// In the context of the whole app.
#[derive(Clone, Copy)]
pub struct CurrentFields {
    pub now: RwSignal<Fields>,
    as_of: StoredValue<i64>,
}

impl CurrentFields {
    /// Not a `Resource`, for the reasons of `CurrentMe`.
    pub fn new() -> Self {
        let page = SharedValue::new(|| use_context::<PageWorkspace>().map(|page| (page.as_of, page.fields)).unwrap_or_default());
        let (as_of, fields) = page.into_inner();
        Self { now: RwSignal::new(fields), as_of: StoredValue::new(as_of) }
    }

    /// Subscribes to changes until the current owner is cleaned up.
    pub fn follow(self, live: Live) {
        let Self { now, as_of } = self;
        Effect::new(move |_| {
            live.subscribe(Query::list(Entity::Field), as_of.get_value(), move |event| match event {
                LiveEvent::Deltas { items, .. } => {
                    for delta in items {
                        let gone = delta.op == DeltaOp::Leave;
                        now.update(|fields| {
                            *fields = match &delta.record {
                                Some(Record::Field(field)) if !gone => fields.with(field),
                                _ => fields.without(delta.id.into()),
                            };
                        });
                    }
                }
                LiveEvent::Reset => spawn_local(async move {
                    // Without an answer the next reconnect asks again.
                    if let Ok(fields) = list_fields().await {
                        now.set(fields);
                    }
                }),
                LiveEvent::Total(_) => {}
            });
        });
    }
}

impl Default for CurrentFields {
    fn default() -> Self {
        Self::new()
    }
}

/// The definitions that this page knows.
pub fn use_fields() -> RwSignal<Fields> {
    expect_context::<CurrentFields>().now
}
