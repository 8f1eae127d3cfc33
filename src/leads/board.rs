//! The board: a column per stage, with the number of its leads and their value.

use super::{Cursor, Lead, Sort, Stage};
use crate::rule::Rule;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Sums of one stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageSum {
    pub leads: i64,
    /// Expected revenue in minor units (cents).
    pub value: i64,
}

impl StageSum {
    /// Values wrap on overflow, so that subtracting what was added is exact, and every sum that fits is right.
    fn plus(self, leads: i64, value: i64) -> Self {
        Self { leads: self.leads + leads, value: self.value.wrapping_add(value) }
    }
}

/// Sums per stage, in the order of `Stage::ALL`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StageSums(pub [StageSum; Stage::COUNT]);

impl StageSums {
    pub fn of(&self, stage: Stage) -> StageSum {
        self.0.get(stage.rank() as usize).copied().unwrap_or_default()
    }

    /// Adds `leads` leads with a total of `value` to the stage; both may be negative.
    #[must_use]
    pub fn with(mut self, stage: Stage, leads: i64, value: i64) -> Self {
        if let Some(sum) = self.0.get_mut(stage.rank() as usize) {
            *sum = sum.plus(leads, value);
        }
        self
    }

    pub fn leads(&self) -> i64 {
        self.0.iter().map(|sum| sum.leads).sum()
    }
}

impl AddAssign for StageSums {
    fn add_assign(&mut self, by: Self) {
        for (sum, by) in self.0.iter_mut().zip(by.0) {
            *sum = sum.plus(by.leads, by.value);
        }
    }
}

/// Query for a board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardQuery {
    pub rule: Rule,
    pub sort: Sort,
    /// Leads per column, 1–200.
    pub limit: u32,
}

impl Default for BoardQuery {
    fn default() -> Self {
        Self { rule: Rule::everyone(), sort: Sort::default(), limit: 24 }
    }
}

/// The first leads and the sums of each stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// In the order of `Stage::ALL`.
    pub columns: Vec<BoardColumn>,
    /// `None` while they are being counted; the live query sends them.
    pub sums: Option<StageSums>,
}

impl Board {
    /// See `Lead::in_list`.
    #[must_use]
    pub fn in_list(self) -> Self {
        let short = |column: BoardColumn| BoardColumn { leads: column.leads.into_iter().map(Lead::in_list).collect(), ..column };
        Self { columns: self.columns.into_iter().map(short).collect(), ..self }
    }
}

/// The first leads of one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardColumn {
    pub stage: Stage,
    pub leads: Vec<Lead>,
    /// Cursor for the next page of leads in this stage; `None` at the end.
    pub next: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_move_by_differences() {
        let mut sums = StageSums::default().with(Stage::NewLead, 3, 500);
        sums += StageSums::default().with(Stage::NewLead, -1, -200).with(Stage::ClosedWon, 1, 200);
        assert_eq!(sums.of(Stage::NewLead), StageSum { leads: 2, value: 300 });
        assert_eq!((sums.of(Stage::ClosedWon).value, sums.leads()), (200, 3));
    }
}
