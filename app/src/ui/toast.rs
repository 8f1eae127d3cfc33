//! Toasts: short messages about what just happened, with “Undo”. Each shows for 10 s. `Z` undoes the latest change, also later and also if
//! it had no toast.

use super::Icon;
use leptos::prelude::*;
use std::{sync::Arc, time::Duration};

const STAYS: Duration = Duration::from_secs(10);
/// Most changes that can be undone one after the other.
const UNDOS_MAX: usize = 50;

/// Not a `Callback`: its owner, the page that pushed the toast, may be gone when it runs.
type Undo = Arc<dyn Fn() + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Neutral,
    Success,
    Warning,
    Danger,
}

impl Tone {
    fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Neutral => "info",
            Self::Success => "ok",
            Self::Warning => "warn",
            Self::Danger => "fail",
        }
    }
}

#[derive(Clone)]
pub struct Toast {
    tone: Tone,
    text: String,
    undo: Option<Undo>,
}

impl Toast {
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), undo: None }
    }

    #[must_use]
    pub fn undo(mut self, undo: impl Fn() + Send + Sync + 'static) -> Self {
        self.undo = Some(Arc::new(undo));
        self
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<(u64, Toast)>>,
    next: StoredValue<u64>,
    /// Changes that can be undone, newest last.
    undos: StoredValue<Vec<(u64, Undo)>>,
    /// Changes that are shown already but wait for their answer, and presses of `Z` meanwhile.
    waiting: StoredValue<(usize, usize)>,
}

/// A change that is shown and waits for its answer. `Z` waits with it, else it would undo the change before.
#[derive(Debug)]
#[must_use]
pub struct Waiting {
    toasts: Toasts,
    /// Undos of changes from now on have this id or a higher one.
    since: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let asked = self.toasts.waiting.try_update_value(|(waiting, asked)| {
            *waiting -= 1;
            if *waiting == 0 { std::mem::take(asked) } else { 0 }
        });
        for _ in 0..asked.unwrap_or_default() {
            // None when the change failed: the one before stays.
            if let Some(Some(id)) = self.toasts.undos.try_with_value(|undos| undos.last().map(|(id, _)| *id).filter(|id| *id >= self.since))
            {
                self.toasts.undo(id);
            }
        }
    }
}

impl std::fmt::Debug for Toast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Toast").field(&self.text).finish()
    }
}

impl Toasts {
    pub fn new() -> Self {
        Self {
            shown: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            undos: StoredValue::new(Vec::new()),
            waiting: StoredValue::new((0, 0)),
        }
    }

    /// Call it before a change that is shown at once; drop the result after its undo was registered.
    pub fn wait(self) -> Waiting {
        self.waiting.update_value(|(waiting, _)| *waiting += 1);
        Waiting { toasts: self, since: self.next.get_value() }
    }

    /// In the browser only: from an event handler or after an answer.
    pub fn push(self, toast: Toast) {
        let id = self.next_id();
        if let Some(undo) = toast.undo.clone() {
            self.keep(id, undo);
        }
        self.shown.update(|shown| shown.push((id, toast)));
        set_timeout(move || self.close(id), STAYS);
    }

    pub fn error(self, text: impl Into<String>) {
        self.push(Toast::new(Tone::Danger, text));
    }

    /// Registers an undo for `Z` without a toast.
    pub fn can_undo(self, undo: impl Fn() + Send + Sync + 'static) {
        self.keep(self.next_id(), Arc::new(undo));
    }

    /// Undoes the latest change, once it has its answer.
    pub fn undo_last(self) {
        let waits = self.waiting.try_update_value(|(waiting, asked)| {
            *asked += usize::from(*waiting > 0);
            *waiting > 0
        });
        if waits == Some(true) {
            return;
        }
        match self.undos.with_value(|undos| undos.last().map(|(id, _)| *id)) {
            Some(id) => self.undo(id),
            None => self.push(Toast::new(Tone::Neutral, "Nothing to undo")),
        }
    }

    fn next_id(self) -> u64 {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        id
    }

    fn keep(self, id: u64, undo: Undo) {
        self.undos.update_value(|undos| {
            if undos.len() == UNDOS_MAX {
                undos.remove(0);
            }
            undos.push((id, undo));
        });
    }

    /// Runs the undo, once only.
    fn undo(self, id: u64) {
        self.close(id);
        let take = |undos: &mut Vec<(u64, Undo)>| undos.iter().position(|(one, _)| *one == id).map(|at| undos.remove(at).1);
        if let Some(Some(undo)) = self.undos.try_update_value(take) {
            undo();
        }
    }

    fn close(self, id: u64) {
        self.shown.update(|shown| shown.retain(|(one, _)| *one != id));
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

/// Layer over every page: `children`, which are not announced, and below them the toasts, which are.
#[component]
pub fn ToastList(children: Children) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let one = move |(id, toast): (u64, Toast)| {
        view! {
            <div class="toast" data-tone=toast.tone.as_str()>
                <Icon name=toast.tone.icon()/>
                <span dir="auto">{toast.text}</span>
                {toast.undo.is_some().then(|| view! { <button class="btn sm" on:click=move |_| toasts.undo(id)>"Undo"<kbd aria-hidden="true">"Z"</kbd></button> })}
                <button class="btn ghost icon sm" aria-label="Dismiss" on:click=move |_| toasts.close(id)><Icon name="x"/></button>
            </div>
        }
    };
    view! {
        <div class="toasts">
            {children()}
            <div role="status" aria-live="polite"><For each=move || toasts.shown.get() key=|(id, _)| *id children=one/></div>
        </div>
    }
}
