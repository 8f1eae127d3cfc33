//! The leads by stage: a column for each, how many stand in it and what they are worth.

use super::{Cursor, Lead, Sort, Stage};
use crate::rule::Rule;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// One stage summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageSum {
    pub leads: i64,
    /// Expected revenue in minor units (cents).
    pub value: i64,
}

impl StageSum {
    /// Values wrap: what is added comes off again exactly, and a sum is right whenever it is one that fits.
    fn plus(self, leads: i64, value: i64) -> Self {
        Self { leads: self.leads + leads, value: self.value.wrapping_add(value) }
    }
}

/// In the order of `Stage::ALL`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StageSums(pub [StageSum; Stage::COUNT]);

impl StageSums {
    pub fn of(&self, stage: Stage) -> StageSum {
        self.0.get(stage.rank() as usize).copied().unwrap_or_default()
    }

    /// `leads` more in the stage, that are worth `value` together; fewer when negative.
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardQuery {
    pub rule: Rule,
    pub sort: Sort,
    /// Leads of each column, 1–200.
    pub limit: u32,
}

impl Default for BoardQuery {
    fn default() -> Self {
        Self { rule: Rule::everyone(), sort: Sort::default(), limit: 24 }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// In the order of `Stage::ALL`.
    pub columns: Vec<BoardColumn>,
    /// Absent while they are still being counted: the live query tells them.
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
    /// Where the column goes on, as a page of the leads that are in this stage; absent at its end.
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
