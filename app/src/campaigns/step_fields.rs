//! Steps of the sequence form: text as typed, and what the form's buttons do to it.

use domain::campaigns::{Step, StepKind};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StepFields {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub content: String,
    pub delay_days: String,
    pub active: bool,
}

impl From<&Step> for StepFields {
    fn from(step: &Step) -> Self {
        Self {
            id: step.id.to_string(),
            kind: step.kind.to_string(),
            title: step.title.clone(),
            content: step.content.clone(),
            delay_days: step.delay_days.to_string(),
            active: step.active,
        }
    }
}

/// The steps after a press on a button other than “Save”: `add`, `up-<n>` or `remove-<n>`, counted from 0. Nothing is saved.
pub fn arranged(mut steps: Vec<StepFields>, then: &str) -> Vec<StepFields> {
    let (what, at) = then.split_once('-').unwrap_or((then, ""));
    match (what, at.parse::<usize>()) {
        ("add", _) => steps.push(StepFields {
            kind: StepKind::default().to_string(),
            title: "New step".to_owned(),
            delay_days: "3".to_owned(),
            active: true,
            ..StepFields::default()
        }),
        ("up", Ok(at)) if at > 0 && at < steps.len() => steps.swap(at - 1, at),
        ("remove", Ok(at)) if at < steps.len() => drop(steps.remove(at)),
        _ => {}
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(title: &str) -> StepFields {
        StepFields { title: title.into(), delay_days: "soon".into(), ..StepFields::default() }
    }

    #[test]
    fn buttons_add_move_and_remove() {
        let steps = vec![typed("One"), typed("Two"), typed("Three")];
        let titles = |then: &str| arranged(steps.clone(), then).iter().map(|step| step.title.clone()).collect::<Vec<_>>();
        assert_eq!(titles("add"), ["One", "Two", "Three", "New step"]);
        assert_eq!(titles("up-2"), ["One", "Three", "Two"]);
        assert_eq!(titles("remove-0"), ["Two", "Three"]);
        assert_eq!([titles("up-0"), titles("remove-9"), titles("")], [titles("none"), titles("none"), titles("none")]);
    }
}
