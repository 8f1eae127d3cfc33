//! Columns of the list: their order, defaults, widths and sorting.

use domain::leads::{SortColumn, TextField, label};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    Name,
    Email,
    Text(TextField),
    Status,
    Stage,
    Score,
    Owner,
    Value,
    TotalSpend,
    Visits,
    LastActive,
    Activity,
    Contacted,
    Created,
}

impl Column {
    const COMPANY: Self = Self::Text(TextField::Company);
    pub const ALL: &[Self] = &[
        Self::Name,
        Self::Email,
        Self::Text(TextField::Company),
        Self::Text(TextField::Title),
        Self::Text(TextField::Location),
        Self::Text(TextField::CustomerId),
        Self::Status,
        Self::Stage,
        Self::Score,
        Self::Owner,
        Self::Value,
        Self::TotalSpend,
        Self::Visits,
        Self::LastActive,
        Self::Activity,
        Self::Contacted,
        Self::Created,
    ];

    /// Whether the column is shown by default.
    pub fn is_default(self) -> bool {
        !matches!(self, Self::Email | Self::TotalSpend | Self::Visits | Self::LastActive | Self::Contacted | Self::Created)
            && (!matches!(self, Self::Text(_)) || self == Self::COMPANY)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Text(text) => text.name(),
            Self::Status => "status",
            Self::Stage => "stage",
            Self::Score => "score",
            Self::Owner => "owner",
            Self::Value => "value",
            Self::TotalSpend => "spend",
            Self::Visits => "visits",
            Self::LastActive => "active",
            Self::Activity => "activity",
            Self::Contacted => "contacted",
            Self::Created => "created",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Name => label::NAME,
            Self::Email => label::EMAIL,
            Self::Text(text) => text.label(),
            Self::Status => label::STATUS,
            Self::Stage => label::STAGE,
            Self::Score => label::SCORE,
            Self::Owner => label::OWNER,
            Self::Value => label::VALUE,
            Self::TotalSpend => label::TOTAL_SPEND,
            Self::Visits => label::VISITS,
            Self::LastActive => label::LAST_ACTIVE,
            Self::Activity => label::LAST_ACTIVITY,
            Self::Contacted => label::LAST_CONTACTED,
            Self::Created => label::CREATED,
        }
    }

    pub fn sort(self) -> Option<SortColumn> {
        Some(match self {
            // A text that can be sorted has the same name in both lists.
            Self::Text(text) => return SortColumn::ALL.iter().copied().find(|column| column.as_str() == text.name()),
            Self::Name => SortColumn::Name,
            Self::Status => SortColumn::Status,
            Self::Stage => SortColumn::Stage,
            Self::Score => SortColumn::Score,
            Self::Owner => SortColumn::Owner,
            Self::Value => SortColumn::Value,
            Self::TotalSpend => SortColumn::TotalSpend,
            Self::Activity => SortColumn::LastActivity,
            Self::Contacted => SortColumn::LastContacted,
            Self::Created => SortColumn::CreatedAt,
            Self::Email | Self::Visits | Self::LastActive => return None,
        })
    }

    /// Direction of the first sort: names ascending, figures and times descending.
    pub fn starts_descending(self) -> bool {
        matches!(self, Self::Score | Self::Value | Self::TotalSpend | Self::Activity | Self::Contacted | Self::Created)
    }

    /// Width in rem. `None`: name, company and activity share the remaining width.
    fn width(self) -> Option<f32> {
        Some(match self {
            Self::Name | Self::COMPANY | Self::Activity => return None,
            Self::Email => 12.0,
            Self::Contacted => 8.5,
            Self::Stage => 9.375,
            Self::Text(_) => 8.0,
            Self::Status | Self::LastActive | Self::Created => 6.5,
            Self::Score | Self::Value | Self::TotalSpend => 5.5,
            Self::Visits | Self::Owner => 4.25,
        })
    }

    /// Minimum width in rem.
    fn least(self) -> f32 {
        self.width().unwrap_or(match self {
            Self::Name => 8.5,
            Self::Activity => 8.0,
            _ => 7.5,
        })
    }

    /// Minimum width in rem. `amount`: characters of the longest amount of money, which is never truncated.
    fn least_for(self, amount: usize) -> f32 {
        if matches!(self, Self::Value | Self::TotalSpend) { self.least().max(1.25 + 0.5 * amount as f32) } else { self.least() }
    }

    fn track(self, amount: usize) -> String {
        let rem = self.least_for(amount);
        if self.width().is_none() { format!(" minmax({rem}rem,1fr)") } else { format!(" {rem}rem") }
    }

    /// Columns hidden first on a narrow table: 3, then 2. `None` is never hidden.
    pub fn priority(self) -> Option<&'static str> {
        match self {
            Self::COMPANY | Self::Score | Self::Email | Self::Value | Self::Visits => Some("2"),
            Self::Owner | Self::Text(_) | Self::Contacted | Self::Created | Self::Status | Self::LastActive => Some("3"),
            _ => None,
        }
    }

    pub fn is_figure(self) -> bool {
        matches!(self, Self::Value | Self::TotalSpend | Self::Visits)
    }
}

/// Parses `name,stage`. The name column is always included; unknown columns are ignored.
pub fn read_columns(words: &str) -> Vec<Column> {
    let named: Vec<&str> = words.split(',').map(str::trim).collect();
    Column::ALL.iter().copied().filter(|column| *column == Column::Name || named.contains(&column.word())).collect()
}

pub fn write_columns(columns: &[Column]) -> String {
    columns.iter().map(|column| column.word()).collect::<Vec<_>>().join(",")
}

/// Width in rem of the checkbox cell and the actions cell.
const AROUND: f32 = 4.875;

/// CSS variables per rank of shown columns (`priority`): the grid tracks of each row, and the width below which the table scrolls instead
/// of squeezing the name. `amount`: characters of the longest amount of money in the rows.
pub fn tracks(columns: &[Column], amount: usize) -> String {
    let rank = |rank: &str, fits: &dyn Fn(Option<&str>) -> bool| {
        let shown = || columns.iter().filter(|column| fits(column.priority()));
        let least = shown().map(|column| column.least_for(amount)).sum::<f32>() + AROUND;
        let tracks: String = shown().map(|column| column.track(amount)).collect();
        format!("--min-{rank}:{least}rem;--tracks-{rank}:{tracks};")
    };
    rank("3", &|_| true) + &rank("2", &|rank| rank != Some("3")) + &rank("1", &|rank| rank.is_none())
}

pub fn default_columns() -> Vec<Column> {
    Column::ALL.iter().copied().filter(|column| column.is_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_survive_the_address() {
        let shown = default_columns();
        assert_eq!(read_columns(&write_columns(&shown)), shown);
        assert_eq!(read_columns("stage, nonsense"), [Column::Name, Column::Stage]);
    }
}
