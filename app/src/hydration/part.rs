//! A part of the page whose hydration can be deferred.

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::any_attribute::AnyAttribute,
        hydration::Cursor,
        no_attrs,
        renderer::types::{Element, Node},
        ssr::StreamBuilder,
        view::{Mountable, Position, PositionState, Render, RenderHtml, any_view::AnyViewState},
    },
};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsCast;

/// One element with its content.
pub struct Part {
    owner: Owner,
    view: Children,
}

impl Part {
    /// Builds the view when its slice runs. `view` must not create a `Resource` or `Transition`: server data in the page is matched by
    /// creation order, and the server creates everything at once.
    pub fn new(view: Children) -> Self {
        Self { owner: Owner::current().unwrap_or_default(), view }
    }

    /// Builds the view at once, and hydrates it when its slice runs.
    pub fn of(view: AnyView) -> Self {
        Self::new(Box::new(move || view))
    }

    fn make(self) -> AnyView {
        self.owner.with(self.view)
    }
}

/// View state of a part, before or after its hydration.
pub struct PartState(Rc<RefCell<PartView>>);

enum PartView {
    /// Not hydrated yet: the element that the server rendered.
    Waits(Element),
    Done(AnyViewState),
}

no_attrs!(Part);

impl Render for Part {
    type State = PartState;

    fn build(self) -> PartState {
        PartState(Rc::new(RefCell::new(PartView::Done(self.make().build()))))
    }

    fn rebuild(self, state: &mut PartState) {
        let view = self.make();
        let mut shown = state.0.borrow_mut();
        match &mut *shown {
            PartView::Done(state) => view.rebuild(state),
            PartView::Waits(element) => {
                let mut state = view.build();
                insert_before(element, &mut state);
                element.remove();
                *shown = PartView::Done(state);
            }
        }
    }
}

impl RenderHtml for Part {
    type AsyncOutput = AnyView;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    /// Nothing to do: any data that a part waits for is inside a `Transition` of its own.
    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> AnyView {
        self.make().resolve().await
    }

    fn to_html_with_buf(self, buf: &mut String, position: &mut Position, escape: bool, mark_branches: bool, attrs: Vec<AnyAttribute>) {
        self.make().to_html_with_buf(buf, position, escape, mark_branches, attrs);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        attrs: Vec<AnyAttribute>,
    ) {
        self.make().to_html_async_with_buf::<OUT_OF_ORDER>(buf, position, escape, mark_branches, attrs);
    }

    /// Moves the cursor past the element and queues its hydration.
    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> PartState {
        match position.get() {
            Position::Current => {}
            Position::FirstChild => cursor.child(),
            _ => cursor.sibling(),
        }
        position.set(Position::NextChild);
        let element: Element = cursor.current().unchecked_into();
        let state = Rc::new(RefCell::new(PartView::Waits(element.clone())));
        #[cfg(feature = "hydrate")]
        super::queue::push(Box::new({
            let (state, around) = (Rc::downgrade(&state), Owner::current().unwrap_or_default());
            move || {
                // The part may have been removed or rebuilt meanwhile.
                let Some(state) = state.upgrade().filter(|state| matches!(*state.borrow(), PartView::Waits(_))) else { return };
                let view = self.make();
                let done = around.with(|| view.hydrate::<FROM_SERVER>(&Cursor::new(element), &PositionState::new(Position::Current)));
                state.replace(PartView::Done(done));
            }
        }));
        PartState(state)
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Mountable for PartState {
    fn unmount(&mut self) {
        match &mut *self.0.borrow_mut() {
            PartView::Waits(element) => element.remove(),
            PartView::Done(state) => state.unmount(),
        }
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        match &mut *self.0.borrow_mut() {
            PartView::Waits(element) => {
                // As elsewhere in `tachys`: an insert fails only when the parent is gone.
                let _ = parent.insert_before(element, marker);
            }
            PartView::Done(state) => state.mount(parent, marker),
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match &*self.0.borrow() {
            PartView::Waits(element) => insert_before(element, child),
            PartView::Done(state) => state.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<Element> {
        match &*self.0.borrow() {
            PartView::Waits(element) => vec![element.clone()],
            PartView::Done(state) => state.elements(),
        }
    }
}

fn insert_before(element: &Element, child: &mut dyn Mountable) -> bool {
    let Some(parent) = element.parent_element() else { return false };
    child.mount(&parent, Some(element));
    true
}
