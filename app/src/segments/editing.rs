//! A segment that is being edited: what is saved, what is typed, and what a colleague saved meanwhile.

use super::{
    builder::{Builder, form},
    nodes::nodes_of,
    save::SaveSegment,
};
use crate::{
    ui::{Toasts, fill, typed_is_saved},
    undo::{after_save, offer_undo},
};
use domain::{
    rule::Rule,
    segments::{EditedSegment, Segment},
};
use leptos::prelude::*;

#[derive(Clone, Copy)]
pub struct Editing {
    pub builder: Builder,
    pub save: ServerAction<SaveSegment>,
    /// The saved segment; `None` for a new one.
    pub saved: RwSignal<Option<Segment>>,
    /// The saved rule, as the builder writes it.
    saved_rule: RwSignal<Rule>,
    /// The version that a colleague saved while this one was edited.
    theirs: RwSignal<Option<Segment>>,
    /// Whether what is typed differs from what is saved.
    pub is_edited: Memo<bool>,
    /// Whether the rule differs: the guard of unsaved text sees only the other fields.
    pub is_rule_edited: Memo<bool>,
}

impl Editing {
    pub fn new(builder: Builder, save: ServerAction<SaveSegment>, segment: Option<Segment>, untouched: Rule) -> Self {
        let saved_rule = RwSignal::new(segment.as_ref().map_or(untouched, |segment| builder.built(&nodes_of(&segment.rule)).rule));
        let saved = RwSignal::new(segment);
        let is_rule_edited = Memo::new(move |_| builder.nodes.with(|nodes| saved_rule.with(|saved| builder.built(nodes).rule != *saved)));
        let is_text_edited = Memo::new(move |_| {
            builder.texts.with(|(name, description)| {
                saved.with(|saved| match saved {
                    Some(saved) => *name != saved.name || *description != saved.description,
                    None => !name.is_empty() || !description.is_empty(),
                })
            })
        });
        let is_edited = Memo::new(move |_| is_rule_edited.get() || is_text_edited.get());
        let editing = Self { builder, save, saved, saved_rule, theirs: RwSignal::new(None), is_edited, is_rule_edited };
        let toasts = expect_context::<Toasts>();
        after_save(save, move |answer| {
            if let Some(EditedSegment { segment, undo }) = answer {
                if let Some(change) = undo {
                    offer_undo(toasts, change, format!("Saved {}", segment.segment.name));
                }
                editing.take_saved(segment.segment);
            }
        });
        Effect::new(move |_| {
            if let Some(Err(_)) = save.value().get() {
                builder.strict.set(true);
            }
        });
        editing
    }

    /// Our own save. What was typed since stays.
    fn take_saved(self, segment: Segment) {
        if self.saved.with_untracked(Option::is_none) {
            // The page of the new segment follows.
            return;
        }
        let (rule, is_as_typed) = self.builder.nodes.with_untracked(|nodes| {
            let built = self.builder.built(nodes);
            let is_as_typed = self.builder.fields.with_untracked(|fields| built.checked(fields)).as_ref() == Ok(&segment.rule);
            (built.rule, is_as_typed)
        });
        self.saved_rule.set(if is_as_typed { rule } else { self.builder.built(&nodes_of(&segment.rule)).rule });
        self.theirs.update(|theirs| {
            if theirs.as_ref().is_some_and(|theirs| theirs.revision <= segment.revision) {
                *theirs = None;
            }
        });
        self.builder.strict.set(false);
        let are_texts_as_typed = self
            .builder
            .texts
            .with_untracked(|(name, description)| name.trim() == segment.name && description.trim() == segment.description);
        if are_texts_as_typed {
            self.show_texts(&segment);
        }
        self.saved.set(Some(segment));
    }

    fn show_texts(self, segment: &Segment) {
        self.builder.texts.set((segment.name.clone(), segment.description.clone()));
        fill("name", &segment.name);
        fill("description", &segment.description);
        if let Some(form) = form() {
            typed_is_saved(&form);
        }
    }

    /// A version from the live feed: shown, unless something is typed.
    pub fn hear(self, segment: Segment) {
        let is_newer = self.saved.with_untracked(|saved| saved.as_ref().is_none_or(|saved| saved.revision < segment.revision));
        if !is_newer {
            return;
        }
        if self.is_edited.get_untracked() {
            self.theirs.set(Some(segment));
        } else {
            self.show(segment);
        }
    }

    /// Shows this version in place of what is typed.
    pub fn show(self, segment: Segment) {
        self.builder.show(&segment.rule);
        self.save.clear();
        self.show_texts(&segment);
        self.take_saved(segment);
    }

    /// Shows what is saved in place of what is typed.
    pub fn discard(self) {
        if let Some(saved) = self.theirs.get_untracked().or_else(|| self.saved.get_untracked()) {
            self.show(saved);
        }
    }

    /// The version that a colleague saved; `None` while our own is being saved.
    pub fn theirs(self) -> Option<Segment> {
        if self.save.pending().get() { None } else { self.theirs.get() }
    }

    /// Saving replaces their version with ours.
    pub fn keep_mine(self) {
        if let Some(theirs) = self.theirs.get_untracked() {
            self.saved_rule.set(self.builder.built(&nodes_of(&theirs.rule)).rule);
            self.saved.set(Some(theirs));
            self.theirs.set(None);
        }
    }
}
