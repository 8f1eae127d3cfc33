//! How a form's steps become a sequence, and what its buttons do to it.

use super::step_fields::StepFields;
use domain::{
    Error, FieldError, Result, StepId,
    campaigns::{Step, StepKind},
};
use uuid::Uuid;

/// # Errors
/// `Invalid` on `steps.<n>.<field>` for what is no number or no kind; the rest is checked with the campaign.
pub fn read(fields: &[StepFields]) -> Result<Vec<Step>> {
    let mut errors = Vec::new();
    let mut wrong = |at: usize, field: &str, message: &str| errors.push(FieldError::new(format!("steps.{at}.{field}"), message));
    let mut steps = Vec::with_capacity(fields.len());
    for (at, typed) in fields.iter().enumerate() {
        let delay_days = typed.delay_days.trim();
        steps.push(Step {
            id: typed.id.parse().unwrap_or(StepId(Uuid::nil())),
            position: at as i64 + 1,
            kind: typed.kind.parse().unwrap_or_else(|_| {
                wrong(at, "kind", "Choose what is done");
                StepKind::default()
            }),
            title: typed.title.clone(),
            content: typed.content.clone(),
            delay_days: if delay_days.is_empty() { Ok(0) } else { delay_days.parse() }.unwrap_or_else(|_| {
                wrong(at, "delayDays", "Enter a whole number of days");
                0
            }),
            active: typed.active,
        });
    }
    if errors.is_empty() { Ok(steps) } else { Err(Error::Invalid(errors)) }
}

/// The steps after a button other than “Save” was pressed: `add`, `up-<n>` or `remove-<n>`, counted from 0.
pub fn changed(mut steps: Vec<Step>, then: &str) -> Vec<Step> {
    let (what, at) = then.split_once('-').unwrap_or((then, ""));
    match (what, at.parse::<usize>()) {
        ("add", _) => steps.push(Step {
            id: StepId(Uuid::nil()),
            position: 0,
            kind: StepKind::default(),
            title: "New step".to_owned(),
            content: String::new(),
            delay_days: 3,
            active: true,
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

    fn typed(title: &str, days: &str) -> StepFields {
        StepFields { title: title.into(), kind: "call".into(), delay_days: days.into(), active: true, ..StepFields::default() }
    }

    #[test]
    fn what_is_typed_becomes_steps_or_is_named() {
        let steps = read(&[typed("One", ""), typed("Two", " 3 ")]).unwrap();
        assert_eq!(steps.iter().map(|step| (step.position, step.delay_days)).collect::<Vec<_>>(), [(1, 0), (2, 3)]);
        let error = read(&[typed("One", "0"), StepFields { kind: "fax".into(), ..typed("Two", "soon") }]).unwrap_err();
        assert!(error.on_field("steps.1.kind").is_some() && error.on_field("steps.1.delayDays").is_some());
        assert_eq!(read(&[StepFields::from(&steps[1])]).unwrap()[0].title, "Two");
    }

    #[test]
    fn buttons_add_move_and_remove() {
        let steps = read(&[typed("One", "0"), typed("Two", "0"), typed("Three", "0")]).unwrap();
        let titles = |then: &str| changed(steps.clone(), then).iter().map(|step| step.title.clone()).collect::<Vec<_>>();
        assert_eq!(titles("add"), ["One", "Two", "Three", "New step"]);
        assert_eq!(titles("up-2"), ["One", "Three", "Two"]);
        assert_eq!(titles("remove-0"), ["Two", "Three"]);
        assert_eq!([titles("up-0"), titles("remove-9"), titles("")], [titles("none"), titles("none"), titles("none")]);
    }
}
