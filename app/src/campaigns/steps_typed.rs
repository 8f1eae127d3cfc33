//! Conversion of the form's steps into a sequence.

use super::step_fields::StepFields;
use domain::{
    Error, FieldError, Result, StepId,
    campaigns::{Step, StepKind},
};
use uuid::Uuid;

/// Parses the steps; everything else is checked with the campaign.
///
/// # Errors
/// `Invalid` on `steps.<n>.<field>` for an invalid number or kind.
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
                wrong(at, "kind", "Choose a type");
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
}
