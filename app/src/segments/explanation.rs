//! A rule as a tree of sentences; with an explanation, each with the lead's value and whether it passes.

use super::choices::Choices;
use crate::ui::Icon;
use domain::rule::{Explanation, Rule};
use leptos::prelude::*;

/// `why` has the shape of the rule, and below a test of segments the rules of these.
#[component]
pub fn RuleTree(rule: Rule, #[prop(optional_no_strip)] why: Option<Explanation>, choices: Choices) -> impl IntoView {
    view! { <ul class="rule-tree">{branch(&rule, why.as_ref(), choices)}</ul> }
}

fn branch(rule: &Rule, why: Option<&Explanation>, choices: Choices) -> AnyView {
    let name = |id| choices.name(id);
    let (text, parts) = match rule {
        Rule::All(parts) if parts.is_empty() => ("All leads".to_owned(), Vec::new()),
        Rule::Any(parts) if parts.is_empty() => ("No leads".to_owned(), Vec::new()),
        Rule::All(parts) => ("All of these".to_owned(), parts.iter().collect()),
        Rule::Any(parts) => ("Any of these".to_owned(), parts.iter().collect()),
        Rule::Not(part) => ("Not".to_owned(), vec![&**part]),
        Rule::Test(_) => (capital(&choices.describe(rule)), Vec::new()),
    };
    let mark = why.map(|why| mark(why.passed));
    // The ids of records are shown by their names.
    let actual = why.filter(|why| matches!(rule, Rule::Test(_)) && why.parts.is_empty()).map(|why| {
        let named = |text: &String| text.parse().ok().and_then(name).unwrap_or_else(|| text.clone());
        let actual = why.actual.as_ref().map_or_else(|| "no value".to_owned(), named);
        view! { <span class="muted small" dir="auto">{actual}</span> }
    });
    let parts: Vec<_> = match why {
        Some(why) if parts.is_empty() => why.parts.iter().map(|part| told(part, choices)).collect(),
        _ => parts.into_iter().enumerate().map(|(at, part)| branch(part, why.and_then(|why| why.parts.get(at)), choices)).collect(),
    };
    view! {
        <li>
            <span class="row g-s15">{mark}<span dir="auto">{text}</span>{actual}</span>
            {(!parts.is_empty()).then(|| view! { <ul class="rule-tree">{parts}</ul> })}
        </li>
    }
    .into_any()
}

fn mark(passed: bool) -> AnyView {
    let (tone, icon, label) = if passed { ("success", "ok", "Yes: ") } else { ("danger", "x", "No: ") };
    view! { <span class="status" data-tone=tone><Icon name=icon small=true/><span class="sr">{label}</span></span> }.into_any()
}

/// A segment, or a part of its rule, which is not on the page: in the words of the explanation.
fn told(why: &Explanation, choices: Choices) -> AnyView {
    let actual = why.actual.as_ref().map(|actual| view! { <span class="muted small" dir="auto">{named(actual, choices)}</span> });
    let parts: Vec<_> = why.parts.iter().map(|part| told(part, choices)).collect();
    view! {
        <li>
            <span class="row g-s15">{mark(why.passed)}<span dir="auto">{capital(&named(&why.sentence, choices))}</span>{actual}</span>
            {(!parts.is_empty()).then(|| view! { <ul class="rule-tree">{parts}</ul> })}
        </li>
    }
    .into_any()
}

/// With the names of the ids in it.
fn named(text: &str, choices: Choices) -> String {
    let word = |word: &str| word.parse().ok().and_then(|id| choices.name(id)).unwrap_or_else(|| word.to_owned());
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
