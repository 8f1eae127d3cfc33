//! Page data that is read again after an outage, so that the page completes itself after a reconnect.

use super::Live;
use crate::ask;
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

/// The value of a `Resource`.
pub trait Answer: Send + Sync + 'static {
    /// Whether the read failed in a way that a retry may fix.
    fn is_missing(&self) -> bool;
}

impl<T: Send + Sync + 'static> Answer for ask::Result<T> {
    fn is_missing(&self) -> bool {
        self.as_ref().is_err_and(ask::AppError::may_pass)
    }
}

/// `None` when nothing was requested.
impl<T: Send + Sync + 'static> Answer for Option<ask::Result<T>> {
    fn is_missing(&self) -> bool {
        self.as_ref().is_some_and(Answer::is_missing)
    }
}

/// The same resource. If its read failed, it reads again after a reconnect or a press on “Retry”.
pub fn reading<T: Answer + Serialize + DeserializeOwned>(resource: Resource<T>) -> Resource<T> {
    read_again(move || resource.with_untracked(|answer| answer.as_ref().is_some_and(Answer::is_missing)), move || resource.refetch());
    resource
}

/// Like `reading`, for data that only the browser reads, such as the entries of a menu.
pub fn reading_local<T: Answer>(resource: LocalResource<T>) -> LocalResource<T> {
    read_again(move || resource.with_untracked(|answer| answer.as_ref().is_some_and(Answer::is_missing)), move || resource.refetch());
    resource
}

fn read_again(is_missing: impl Fn() -> bool + 'static, read: impl Fn() + 'static) {
    let live = expect_context::<Live>();
    Effect::new(move |before: Option<u32>| {
        let now = live.reconnects.get();
        let came_back = before.is_some_and(|before| before != now);
        if came_back && is_missing() {
            read();
        }
        now
    });
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Resources without `reading`, which stay missing after an outage. `new_blocking` is allowed: it is for pages of people who are not
    /// signed in.
    fn unwrapped(file: &Path) -> Vec<String> {
        let text = fs::read_to_string(file).unwrap();
        let made = |line: &str| {
            let before = line.find("Resource::new(").map(|at| line[..at].trim_end_matches("Local"));
            before.is_some_and(|before| !["reading(", "reading_local("].iter().any(|around| before.ends_with(around)))
        };
        let lines = text.lines().enumerate().filter(|(_, line)| made(line));
        lines.map(|(at, _)| format!("{}:{}", file.display(), at + 1)).collect()
    }

    #[test]
    fn everything_that_is_read_is_read_again() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("live/reading.rs") {
                    found.extend(unwrapped(&path));
                }
            }
        }
        assert!(found.is_empty(), "wrap in live::reading: {found:#?}");
    }
}
