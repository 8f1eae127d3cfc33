//! Static markup, written as text on both sides and parsed by the browser in one go: a fraction of the cost of views. The element around
//! it handles its events.

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::any_attribute::AnyAttribute,
        hydration::Cursor,
        no_attrs,
        renderer::types::{Element, Node},
        view::{Mountable, Position, PositionState, Render, RenderHtml},
    },
};
use maud::Markup;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTemplateElement};

/// One or more sibling elements; each is replaced when its own markup changes.
pub struct StaticMarkup {
    elements: Vec<String>,
    ticked: bool,
}

impl StaticMarkup {
    /// One element per item.
    pub fn of(elements: impl IntoIterator<Item = Markup>) -> Self {
        Self { elements: elements.into_iter().map(Markup::into_string).collect(), ticked: false }
    }

    /// Whether the checkbox inside is ticked. A checkbox that a person has used ignores its markup, so this sets the property.
    #[must_use]
    pub fn ticked(self, ticked: bool) -> Self {
        Self { ticked, ..self }
    }
}

impl From<Markup> for StaticMarkup {
    fn from(element: Markup) -> Self {
        Self::of([element])
    }
}

pub struct StaticMarkupState {
    elements: Vec<(String, Element)>,
    ticked: bool,
}

impl StaticMarkupState {
    fn tick(&self) {
        for (_, element) in &self.elements {
            if let Some(input) = element.query_selector("input").ok().flatten().and_then(|input| input.dyn_into::<HtmlInputElement>().ok())
            {
                input.set_checked(self.ticked);
            }
        }
    }
}

fn parse(markup: &str) -> Vec<Element> {
    thread_local! {
        static TEMPLATE: HtmlTemplateElement = document().create_element("template").expect("a name that is one").unchecked_into();
    }
    TEMPLATE.with(|template| {
        template.set_inner_html(markup);
        std::iter::successors(template.content().first_element_child(), Element::next_element_sibling).collect()
    })
}

no_attrs!(StaticMarkup);

impl Render for StaticMarkup {
    type State = StaticMarkupState;

    fn build(self) -> StaticMarkupState {
        let made = parse(&self.elements.concat());
        let state = StaticMarkupState { elements: self.elements.into_iter().zip(made).collect(), ticked: self.ticked };
        if state.ticked {
            state.tick();
        }
        state
    }

    fn rebuild(self, state: &mut StaticMarkupState) {
        if self.elements.len() != state.elements.len() {
            let mut made = self.build();
            state.insert_before_this(&mut made);
            state.unmount();
            *state = made;
            return;
        }
        let mut changed = state.ticked != self.ticked;
        for (new, (old, element)) in self.elements.into_iter().zip(&mut state.elements) {
            if new == *old {
                continue;
            }
            if let Some(made) = parse(&new).pop() {
                // As elsewhere in `tachys`: this fails only when the element was removed.
                let _ = element.replace_with_with_node_1(&made);
                *element = made;
            }
            *old = new;
            changed = true;
        }
        if changed {
            state.ticked = self.ticked;
            state.tick();
        }
    }
}

impl RenderHtml for StaticMarkup {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn html_len(&self) -> usize {
        self.elements.iter().map(String::len).sum()
    }

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(self, buf: &mut String, position: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {
        self.elements.iter().for_each(|element| buf.push_str(element));
        *position = Position::NextChild;
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> StaticMarkupState {
        let element = |markup| {
            match position.get() {
                Position::Current => {}
                Position::FirstChild => cursor.child(),
                _ => cursor.sibling(),
            }
            position.set(Position::NextChild);
            (markup, cursor.current().unchecked_into())
        };
        let state = StaticMarkupState { elements: self.elements.into_iter().map(element).collect(), ticked: self.ticked };
        if state.ticked {
            state.tick();
        }
        state
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Mountable for StaticMarkupState {
    fn unmount(&mut self) {
        self.elements.iter().for_each(|(_, element)| element.remove());
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.elements.iter_mut().for_each(|(_, element)| element.mount(parent, marker));
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.elements.first().is_some_and(|(_, element)| element.insert_before_this(child))
    }

    fn elements(&self) -> Vec<Element> {
        self.elements.iter().map(|(_, element)| element.clone()).collect()
    }
}
