//! Moves of enrollments after their campaign's steps were reordered, added or removed.

use super::Step;
use crate::StepId;

/// Enrollments whose last completed step is `from` get `to` instead; `None` is before the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepMove {
    pub from: StepId,
    pub to: Option<StepId>,
}

/// The moves required by an edit of the steps. An enrollment moves to the last step, in the new order, that it has passed: no step is done
/// twice, and removed steps are skipped. Moves can be applied in sequence: no `to` is another move's `from`.
pub fn step_moves(before: &[Step], after: &[Step]) -> Vec<StepMove> {
    let mut moves = Vec::new();
    for (at, step) in before.iter().enumerate() {
        let passed = |one: &&Step| before[..=at].iter().any(|step| step.id == one.id);
        let to = after.iter().rev().find(passed).map(|step| step.id);
        if to != Some(step.id) {
            moves.push(StepMove { from: step.id, to });
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaigns::starter_sequence;
    use uuid::Uuid;

    fn steps(ids: &str) -> Vec<Step> {
        let step = |(at, id)| Step { id: StepId(Uuid::from_u128(id as u128)), position: at as i64 + 1, ..starter_sequence()[1].clone() };
        ids.chars().enumerate().map(step).collect()
    }

    /// `B>A` for each move; `-` is before the first step.
    fn moves(before: &str, after: &str) -> String {
        let name = |id: StepId| u32::try_from(id.0.as_u128()).ok().and_then(char::from_u32).unwrap();
        let one = |one: StepMove| format!("{}>{}", name(one.from), one.to.map_or('-', name));
        step_moves(&steps(before), &steps(after)).into_iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn nothing_is_done_twice_and_what_is_removed_is_left_out() {
        for (before, after, expected) in [
            ("ABC", "ABC", ""),
            ("ABC", "ABCD", ""),
            ("ABC", "AXBC", ""),
            ("ABC", "AC", "B>A"),
            ("ABC", "BC", "A>-"),
            ("ABC", "C", "A>- B>-"),
            ("ABC", "", "A>- B>- C>-"),
            ("ABC", "BAC", "B>A"),
            ("ABC", "CBA", "B>A C>A"),
            ("ABCD", "DXB", "A>- C>B D>B"),
        ] {
            assert_eq!(moves(before, after), expected, "{before} to {after}");
        }
    }

    #[test]
    fn no_move_ends_where_another_begins() {
        // Every order of every subset of these steps.
        let mut orders = vec![String::new()];
        for at in 0..65 {
            let longer = "ABCD".chars().filter(|step| !orders[at].contains(*step)).map(|step| format!("{}{step}", orders[at]));
            orders.extend(longer.collect::<Vec<_>>());
        }
        assert_eq!(orders.len(), 65);
        for after in orders {
            let moves = step_moves(&steps("ABCD"), &steps(&after));
            assert!(moves.iter().all(|one| moves.iter().all(|other| one.to != Some(other.from))), "{after}: {moves:?}");
        }
    }
}
