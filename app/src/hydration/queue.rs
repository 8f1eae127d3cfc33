//! Queue of parts and tasks that wait until the page is hydrated.

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use gloo_timers::future::TimeoutFuture;
use hydration_context::{HydrateSharedContext, SharedContext};
use leptos::{
    IntoView,
    prelude::Owner,
    tachys::{
        dom::body,
        hydration::Cursor,
        view::{PositionState, RenderHtml},
    },
};
use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    mem::{forget, replace, take},
    sync::Arc,
    task::Poll,
};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;

/// Time per slice in ms, about half a frame. Then the browser may paint and handle input.
const SLICE_MS: f64 = 8.0;

/// Events of a person's interaction. The first one runs the whole queue before it is handled.
const INTERACTIONS: [&str; 9] = ["pointerdown", "click", "keydown", "focusin", "input", "change", "submit", "scroll", "popstate"];

type Part = Box<dyn FnOnce()>;

struct Queue {
    page: Arc<HydrateSharedContext>,
    /// In reverse order: the next one is last.
    parts: Vec<Part>,
    /// Queued by the part that is running, or by the first pass over the page.
    inner: Vec<Part>,
    /// Effects, and the loading of data that they start.
    tasks: VecDeque<PinnedLocalFuture<()>>,
}

thread_local! {
    /// `None` once the page is hydrated.
    static QUEUE: RefCell<Option<Queue>> = const { RefCell::new(None) };
}

/// Hydrates the page like `leptos::mount::hydrate_body`, but in slices.
pub fn start<V: IntoView + 'static>(app: fn() -> V) {
    let page = Arc::new(HydrateSharedContext::new());
    QUEUE.set(Some(Queue { page: page.clone(), parts: Vec::new(), inner: Vec::new(), tasks: VecDeque::new() }));
    // Fails only when an executor is set, which means that the page is hydrated already.
    let _ = Executor::init_custom_executor(Spawner);
    let owner = Owner::new_root(Some(page));
    let state = owner.with(|| app().into_view().hydrate::<true>(&Cursor::new(body().unchecked_into()), &PositionState::default()));
    // Owner and state live as long as the page.
    forget((owner, state));
    finish_on_interaction();
    spawn_local(run_queue());
}

/// Queues spawned tasks until all parts are hydrated.
struct Spawner;

impl CustomExecutor for Spawner {
    fn spawn(&self, task: PinnedFuture<()>) {
        self.spawn_local(task);
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        QUEUE.with_borrow_mut(|queue| match queue {
            Some(queue) => queue.tasks.push_back(task),
            None => spawn_local(task),
        });
    }

    fn poll_local(&self) {}
}

/// Queues `part`, or runs it now when the page is hydrated.
pub(super) fn push(part: Part) {
    let late = QUEUE.with_borrow_mut(|queue| match queue {
        Some(queue) => {
            queue.inner.push(part);
            None
        }
        None => Some(part),
    });
    if let Some(part) = late {
        part();
    }
}

enum QueueItem {
    Part(Part),
    Task(PinnedLocalFuture<()>),
}

/// Next item: first the parts in document order, as the server created them, then the tasks. Items that these add go to the end. When
/// none is left, the queue is removed.
fn next() -> Option<QueueItem> {
    QUEUE.with_borrow_mut(|queue| {
        let waiting = queue.as_mut()?;
        let inner = take(&mut waiting.inner);
        waiting.parts.extend(inner.into_iter().rev());
        if let Some(part) = waiting.parts.pop() {
            return Some(QueueItem::Part(part));
        }
        waiting.page.hydration_complete();
        let task = waiting.tasks.pop_front().map(QueueItem::Task);
        if task.is_none() {
            *queue = None;
        }
        task
    })
}

async fn run_queue() {
    let mut slice = Slice::begin().await;
    while let Some(item) = next() {
        match item {
            QueueItem::Part(part) => part(),
            QueueItem::Task(task) => {
                spawn_local(task);
                // Let the task run until its first `await` that is not ready.
                yield_now().await;
            }
        }
        slice.pause().await;
    }
}

/// Runs the whole queue at once.
fn finish() {
    while let Some(item) = next() {
        match item {
            QueueItem::Part(part) => part(),
            QueueItem::Task(task) => spawn_local(task),
        }
    }
}

fn finish_on_interaction() {
    let Some(window) = web_sys::window() else { return };
    let options = web_sys::AddEventListenerOptions::new();
    options.set_capture(true);
    options.set_once(true);
    let listener = Closure::<dyn Fn()>::new(finish).into_js_value().unchecked_into();
    for act in INTERACTIONS {
        let _ = window.add_event_listener_with_callback_and_add_event_listener_options(act, &listener, &options);
    }
}

struct Slice {
    began: f64,
}

impl Slice {
    async fn begin() -> Self {
        TimeoutFuture::new(0).await;
        Self { began: js_sys::Date::now() }
    }

    async fn pause(&mut self) {
        if js_sys::Date::now() - self.began >= SLICE_MS {
            *self = Self::begin().await;
        }
    }
}

/// Yields once, so that other ready tasks run first.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
