//! Data that is read again by itself: when the server was away, the page is whole once it is back.

use super::Live;
use crate::ask;
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

/// What a `Resource` holds.
pub trait Answer: Send + Sync + 'static {
    /// There was no answer, or none that would stay the same if it were asked again.
    fn is_missing(&self) -> bool;
}

impl<T: Send + Sync + 'static> Answer for ask::Result<T> {
    fn is_missing(&self) -> bool {
        self.as_ref().is_err_and(ask::AppError::may_pass)
    }
}

/// Not always asked for.
impl<T: Send + Sync + 'static> Answer for Option<ask::Result<T>> {
    fn is_missing(&self) -> bool {
        self.as_ref().is_some_and(Answer::is_missing)
    }
}

/// The same resource; when its answer is missing, it reads again once the connection is back or someone presses “Retry”.
pub fn reading<T: Answer + Serialize + DeserializeOwned>(resource: Resource<T>) -> Resource<T> {
    let live = expect_context::<Live>();
    Effect::new(move |before: Option<u32>| {
        let now = live.returned.get();
        let came_back = before.is_some_and(|before| before != now);
        if came_back && resource.with_untracked(|answer| answer.as_ref().is_some_and(Answer::is_missing)) {
            resource.refetch();
        }
        now
    });
    resource
}
