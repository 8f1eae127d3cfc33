//! Rows of the file, in either format. Amounts are plain decimals, times ISO 8601 in UTC.

use super::{Column, ExportFormat, OrderColumn, column::custom};
use crate::{
    UserId,
    currency::Currency,
    imports::{ERROR_COLUMNS, Target, guess},
    leads::Lead,
    orders::ListedOrder,
    text::{
        csv::{self, line},
        fold,
    },
};
use serde::Serialize;
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt::Write,
};

const DELIMITER: char = ',';

/// How rows are written.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub format: ExportFormat,
    pub bom: bool,
    pub currency: Currency,
    /// Names of owners.
    pub owners: HashMap<UserId, String>,
}

/// A value of a row.
enum Cell<'r> {
    Empty,
    /// Written by people.
    Text(Cow<'r, str>),
    /// A word, figure or time of ours, which is no formula.
    Own(String),
    Number(i64),
    /// In hundredths.
    Amount(i64),
    Flag(bool),
    Tags(&'r [String]),
    Custom(&'r BTreeMap<String, String>),
}

/// `-0.50`, `12400.00`
fn decimal(hundredths: i64) -> String {
    let (sign, cents) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// Tags have no commas. One with another delimiter of imports is kept whole by a comma in the cell.
fn joined(tags: &[String]) -> String {
    let mut text = tags.join(",");
    if tags.len() == 1 && text.contains([';', '|']) {
        text.push(',');
    }
    text
}

impl Cell<'_> {
    fn csv(&self, out: &mut String) {
        let own = |out: &mut String, text: &str| csv::cell(out, DELIMITER, text, false);
        match self {
            Self::Empty | Self::Custom(_) => {}
            Self::Text(text) => csv::cell(out, DELIMITER, text, true),
            Self::Own(text) => own(out, text),
            Self::Number(number) => own(out, &number.to_string()),
            Self::Amount(hundredths) => own(out, &decimal(*hundredths)),
            Self::Flag(flag) => own(out, if *flag { "yes" } else { "no" }),
            Self::Tags(tags) => csv::cell(out, DELIMITER, &joined(tags), true),
        }
    }

    /// Nothing for an empty cell.
    fn json(&self, name: &str, out: &mut String) {
        let text = match self {
            Self::Empty => return,
            Self::Text(text) => quoted(text),
            Self::Own(text) => quoted(text),
            Self::Number(number) => number.to_string(),
            Self::Amount(hundredths) => decimal(*hundredths),
            Self::Flag(flag) => flag.to_string(),
            Self::Tags(tags) => quoted(tags),
            Self::Custom(custom) => quoted(custom),
        };
        if !out.ends_with('{') {
            out.push(',');
        }
        // Writing to a string does not fail.
        let _ = write!(out, "{}:{text}", quoted(name));
    }
}

fn quoted(value: &(impl Serialize + ?Sized)) -> String {
    // Texts, lists and maps of texts are always JSON.
    serde_json::to_string(value).unwrap_or_default()
}

fn some<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell<'static>) -> Cell<'static> {
    value.map_or(Cell::Empty, cell)
}

fn order_cell(listed: &ListedOrder, column: OrderColumn) -> Cell<'_> {
    let order = &listed.order;
    match column {
        OrderColumn::Id => Cell::Own(order.id.to_string()),
        OrderColumn::OrderId => text(order.order_id.as_deref()),
        OrderColumn::Customer => Cell::Text(Cow::Borrowed(&order.customer)),
        OrderColumn::LeadId => some(order.lead_id, |id| Cell::Own(id.to_string())),
        OrderColumn::LeadName => text(listed.lead_name.as_deref()),
        OrderColumn::Amount => Cell::Amount(order.amount),
        OrderColumn::OrderedAt => Cell::Own(order.ordered_at.to_string()),
        OrderColumn::Products => {
            let one = |line: &crate::orders::OrderLine| format!("{} × {} ({})", line.quantity, line.name, decimal(line.price));
            Cell::Text(Cow::Owned(order.lines.iter().map(one).collect::<Vec<_>>().join("; ")))
        }
        OrderColumn::CreatedAt => Cell::Own(order.created_at.to_string()),
    }
}

fn text(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Empty, |text| Cell::Text(Cow::Borrowed(text)))
}

impl Sheet {
    fn lead<'l>(&'l self, lead: &'l Lead, column: &Column) -> Cell<'l> {
        let time = |at: crate::Timestamp| Cell::Own(at.to_string());
        match column {
            Column::Id => Cell::Own(lead.id.to_string()),
            Column::Name => Cell::Text(Cow::Borrowed(&lead.name)),
            Column::Email => Cell::Text(Cow::Borrowed(&lead.email)),
            Column::Text(field) => text(lead.text(*field)),
            Column::Status => Cell::Own(lead.status.to_string()),
            Column::Connection => Cell::Own(lead.connection.to_string()),
            Column::Consent => Cell::Own(lead.consent.to_string()),
            Column::Stage => Cell::Own(lead.stage.to_string()),
            Column::Engaged => Cell::Flag(lead.engaged),
            Column::Owner => text(lead.owner.and_then(|id| self.owners.get(&id)).map(String::as_str)),
            Column::Value => some(lead.value, Cell::Amount),
            Column::Score => Cell::Number(i64::from(lead.score)),
            Column::Tags => Cell::Tags(&lead.tags),
            Column::TotalSpend => Cell::Amount(lead.total_spend),
            Column::Visits => Cell::Number(lead.visits),
            Column::LastActive => some(lead.last_active_at, time),
            Column::Activity => Cell::Text(Cow::Borrowed(&lead.last_activity)),
            Column::ActivityAt => time(lead.last_activity_at),
            Column::Contacted => some(lead.last_contacted_at, time),
            Column::Created => time(lead.created_at),
            Column::Updated => time(lead.updated_at),
            Column::EveryCustom => Cell::Custom(&lead.custom),
            Column::Custom(key) => text(custom(&lead.custom, key).map(String::as_str)),
        }
    }

    /// Header of a column of leads. An import recognises it.
    fn header(&self, column: &Column) -> String {
        match column {
            Column::Custom(key) => {
                // A custom field that is named like another field, or too long for a header, says what it is.
                let clear = guess(std::slice::from_ref(key), &[]) == [Target::Custom(key.clone())] && fold(key) != ERROR_COLUMNS.1;
                if clear { key.clone() } else { format!("custom.{key}") }
            }
            known => {
                let label = Column::menu().find(|(column, ..)| column == known).map_or("", |(_, _, label)| label);
                if known.is_amount() { self.amount_header(label) } else { label.to_owned() }
            }
        }
    }

    /// `Value (EUR)`
    fn amount_header(&self, label: &str) -> String {
        format!("{label} ({})", self.currency.code())
    }

    /// What the file begins with.
    pub fn leads_head(&self, columns: &[Column]) -> String {
        self.head(columns.iter().map(|column| self.header(column)))
    }

    /// What the file begins with.
    pub fn orders_head(&self, columns: &[OrderColumn]) -> String {
        self.head(columns.iter().map(|column| match column {
            OrderColumn::Amount => self.amount_header(column.label()),
            other => other.label().to_owned(),
        }))
    }

    fn head(&self, headers: impl Iterator<Item = String>) -> String {
        let mut out = String::new();
        if self.format == ExportFormat::Csv {
            if self.bom {
                out.push('\u{feff}');
            }
            let headers: Vec<String> = headers.collect();
            line(&mut out, DELIMITER, headers.iter().map(String::as_str));
        }
        out
    }

    pub fn write_lead(&self, out: &mut String, lead: &Lead, columns: &[Column]) {
        match self.format {
            ExportFormat::Csv => csv_row(out, columns.iter().map(|column| self.lead(lead, column))),
            ExportFormat::Lines => {
                out.push('{');
                let mut own = BTreeMap::new();
                for column in columns {
                    match column {
                        Column::Custom(key) => own.extend(custom(&lead.custom, key).map(|text| (key.clone(), text.clone()))),
                        known => {
                            let name = Column::menu().find(|(column, ..)| column == known).map_or("", |(_, name, _)| name);
                            self.lead(lead, known).json(name, out);
                        }
                    }
                }
                if !own.is_empty() {
                    Cell::Custom(&own).json("custom", out);
                }
                self.close(out, columns.iter().any(Column::is_amount));
            }
        }
    }

    pub fn write_order(&self, out: &mut String, order: &ListedOrder, columns: &[OrderColumn]) {
        match self.format {
            ExportFormat::Csv => csv_row(out, columns.iter().map(|column| order_cell(order, *column))),
            ExportFormat::Lines => {
                out.push('{');
                for column in columns {
                    order_cell(order, *column).json(column.as_str(), out);
                }
                self.close(out, columns.contains(&OrderColumn::Amount));
            }
        }
    }

    fn close(&self, out: &mut String, amounts: bool) {
        if amounts {
            Cell::Own(self.currency.code().to_owned()).json("currency", out);
        }
        out.push_str("}\n");
    }
}

fn csv_row<'r>(out: &mut String, cells: impl Iterator<Item = Cell<'r>>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(DELIMITER);
        }
        cell.csv(out);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        LeadId, Timestamp,
        imports::{self, ImportKind, Mapping},
        leads::NewLead,
    };

    fn sheet(format: ExportFormat) -> Sheet {
        Sheet { format, bom: false, currency: Currency::EUR, owners: HashMap::new() }
    }

    fn lead() -> Lead {
        let custom = [("Plan", "=gold"), ("Company", "'=x"), (&"k".repeat(95), "line 1\nline 2")];
        let new = NewLead {
            name: "=Ana, \"A\"".into(),
            email: "ana@example.com".into(),
            phone: Some("+49 30 1".into()),
            value: Some(1_234_567_850),
            score: 7,
            tags: vec!["a;b".into()],
            custom: custom.into_iter().map(|(key, text)| (key.to_owned(), text.to_owned())).collect(),
            ..NewLead::default()
        };
        new.check().unwrap().into_lead(LeadId(uuid::Uuid::nil()), Timestamp(0))
    }

    fn columns(names: &[&str]) -> Vec<Column> {
        names.iter().map(|name| Column::named(name).unwrap()).collect()
    }

    #[test]
    fn a_row_is_what_a_spreadsheet_may_open() {
        let columns = columns(&["name", "phone", "value", "score", "tags", "createdAt", "custom.plan"]);
        let mut out = sheet(ExportFormat::Csv).leads_head(&columns);
        sheet(ExportFormat::Csv).write_lead(&mut out, &lead(), &columns);
        let row = "\"'=Ana, \"\"A\"\"\",'+49 30 1,12345678.50,7,\"a;b,\",1970-01-01T00:00:00.000Z,'=gold\r\n";
        assert_eq!(out, format!("Name,Phone,Value (EUR),Score,Tags,Created,plan\r\n{row}"));
        let mut out = sheet(ExportFormat::Lines).leads_head(&columns);
        sheet(ExportFormat::Lines).write_lead(&mut out, &lead(), &columns);
        let row = r#"{"name":"=Ana, \"A\"","phone":"+49 30 1","value":12345678.50,"score":7,"tags":["a;b"],"createdAt":"1970-01-01T00:00:00.000Z","custom":{"plan":"=gold"},"currency":"EUR"}"#;
        assert_eq!(out, format!("{row}\n"));
    }

    /// The columns of what people set. The others are computed.
    const FIELDS: [&str; 15] = [
        "name",
        "email",
        "phone",
        "notes",
        "status",
        "connection",
        "consent",
        "stage",
        "engaged",
        "owner",
        "value",
        "score",
        "tags",
        "lastContactedAt",
        "customerId",
    ];

    #[test]
    fn an_import_knows_every_header_that_a_lead_can_take() {
        let lead = lead();
        let keys: Vec<String> = lead.custom.keys().cloned().collect();
        let columns = Column::with_custom(columns(&[FIELDS.as_slice(), &["custom"]].concat()), &keys);
        let sheet = sheet(ExportFormat::Csv);
        let headers: Vec<String> = columns.iter().map(|column| sheet.header(column)).collect();
        let targets: Vec<String> = guess(&headers, &[]).iter().map(Target::name).collect();
        assert_eq!(targets[..FIELDS.len()], FIELDS);
        assert_eq!(targets[FIELDS.len()..], keys.iter().map(|key| format!("custom.{key}")).collect::<Vec<_>>());
        let columns: Vec<imports::Column> = headers
            .iter()
            .zip(guess(&headers, &[]))
            .map(|(header, target)| imports::Column { header: header.clone(), target, ..imports::Column::default() })
            .collect();
        assert!(Mapping::new(ImportKind::Leads, &columns, &[], &[]).is_ok());
    }

    #[test]
    fn every_name_is_that_of_one_column() {
        for (column, name, _) in Column::menu() {
            assert_eq!(Column::named(name).unwrap(), column);
        }
        assert!(Column::named("nonsense").is_err() && Column::named("custom.").is_err());
    }
}
