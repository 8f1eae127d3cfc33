//! Placeholders for fields of the lead in a step's text: `{firstName}`.

use super::Step;
use crate::{FieldError, leads::TextField};

/// Names allowed in braces, besides `custom.` with the name of a custom field.
pub fn placeholders() -> impl Iterator<Item = &'static str> {
    let texts = TextField::ALL.into_iter().filter(|field| !field.has_lines()).map(TextField::name);
    ["firstName", "lastName", "name", "email"].into_iter().chain(texts)
}

/// Older texts use it for `title`.
const FORMER: &str = "position";

/// The first name in braces that is not a field of a lead.
fn unknown(text: &str) -> Option<&str> {
    let in_braces = |(at, _): (usize, &str)| {
        let (name, _) = text[at + 1..].split_once('}')?;
        (!name.contains(['{', '\n'])).then_some(name)
    };
    let known = |name: &str| {
        placeholders().any(|known| known == name)
            || name == FORMER
            || name.strip_prefix("custom.").is_some_and(|key| !key.trim().is_empty())
    };
    text.match_indices('{').filter_map(in_braces).find(|name| !known(name))
}

/// Errors of the steps' texts. A text that is unchanged from `before` is not checked.
pub(super) fn check_placeholders(steps: &[Step], before: &[Step]) -> Vec<FieldError> {
    let known = placeholders().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
    let new = |step: &Step| !before.iter().any(|one| one.id == step.id && one.content == step.content);
    let wrong = |(at, step): (usize, &Step)| {
        let name = unknown(&step.content)?;
        let meant = placeholders().find(|one| one.eq_ignore_ascii_case(name.trim()));
        let instead = meant.map(|one| format!("; write {{{one}}}")).unwrap_or_default();
        let message = format!("{{{name}}} is not a field of a lead{instead}. Fields are {known} and {{custom.field name}}");
        Some(FieldError::new(format!("steps.{at}.content"), message))
    };
    steps.iter().enumerate().filter(|(_, step)| new(step)).filter_map(wrong).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaigns::starter_sequence;

    fn steps(content: &str) -> Vec<Step> {
        vec![Step { content: content.to_owned(), ..starter_sequence()[1].clone() }]
    }

    #[test]
    fn unknown_names_are_refused_and_the_known_are_named() {
        for (text, field) in
            [("Hi {firstname}", "{firstName}"), ("In {shoeSize}", "{linkedinUrl}"), ("{}", "{company}"), ("{first name}", "{name}")]
        {
            let errors = check_placeholders(&steps(text), &[]);
            assert_eq!((errors.len(), errors[0].field.as_str()), (1, "steps.0.content"), "{text}");
            assert!(errors[0].message.contains(field), "{}", errors[0].message);
        }
        for text in ["Hi {firstName}, {title}, {custom.Industry}", "{position}", "a {\nb } c {", "no braces", "{{firstName}}"] {
            assert_eq!(check_placeholders(&steps(text), &[]), [], "{text}");
        }
        let old = steps("Hi {shoeSize}");
        assert_eq!(check_placeholders(&old, &old), [], "it was there before");
        assert_eq!(check_placeholders(&starter_sequence(), &[]), []);
    }
}
