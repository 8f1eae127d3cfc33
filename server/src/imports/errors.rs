//! Rejected rows: the first few for the page, all of them as a CSV to correct and import again.

use super::{Imports, sql};
use crate::store::sql as text;
use bytes::Bytes;
use domain::{
    Actor, Error, ImportId, Permission, Result,
    imports::{ERROR_COLUMNS, Import, RejectedRow},
    text::csv::line,
};
use futures::Stream;
use sqlx::types::Json;
use std::collections::VecDeque;

/// Rows per read for the CSV; each row may have 4 MiB.
const ROWS: i64 = 32;

#[derive(sqlx::FromRow)]
struct RejectedLine {
    line: i64,
    field: String,
    value: String,
    reason: String,
    imported: bool,
}

#[derive(sqlx::FromRow)]
struct RejectedCells {
    line: i64,
    reason: String,
    cells: Json<VecDeque<String>>,
}

impl Imports {
    pub(super) async fn rejected_rows(&self, id: ImportId, limit: u32) -> Result<Vec<RejectedRow>> {
        let rows = self.store.read(move |conn| Box::pin(conn.all::<RejectedLine>(text(sql::REJECTED).bind(id).bind(limit)))).await?;
        let rejected_row = |row: RejectedLine| RejectedRow {
            line: row.line,
            column: row.field,
            value: row.value,
            reason: row.reason,
            imported: row.imported,
        };
        Ok(rows.into_iter().map(rejected_row).collect())
    }

    /// The rejected rows as CSV, with the file's name. `imported`: instead the rows that were imported with some cells left out.
    ///
    /// Columns: the file's own (without those that an earlier such CSV added), then `line`, `reason`, and the cells beyond the last column.
    /// Delimiter as in the file. UTF-8 with a byte order mark, which spreadsheets need; cells that a spreadsheet would run as formulas
    /// start with `'`.
    pub async fn errors_csv(
        &self,
        actor: &Actor,
        id: ImportId,
        imported: bool,
    ) -> Result<(String, impl Stream<Item = Result<Bytes>> + Send + use<>)> {
        actor.require(Permission::Read)?;
        let import: Import =
            self.store.read(move |conn| Box::pin(sql::get(conn, id))).await?.ok_or_else(|| Error::not_found("Import", id))?;
        let stem = import.file.rsplit_once('.').map_or(import.file.as_str(), |(stem, _)| stem);
        let name = format!("{stem} - {}.csv", if imported { "incomplete" } else { "rejected" });
        let (kept, delimiter) = (import.kept_columns(), import.delimiter);
        let mut header = String::from('\u{feff}');
        let headers = import.columns.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(column, _)| column.header.as_str());
        line(&mut header, delimiter, headers.chain([ERROR_COLUMNS.0, ERROR_COLUMNS.1]));
        let store = self.store.clone();
        // The header until it is sent, and the last line sent. `None` at the end.
        let rows = futures::stream::try_unfold((Some(header), Some(0)), move |(header, after)| {
            let (store, kept) = (store.clone(), kept.clone());
            async move {
                if let Some(header) = header {
                    return Ok(Some((Bytes::from(header), (None, after))));
                }
                let Some(after) = after else { return Ok(None) };
                let query = text(sql::REJECTED_CELLS).bind(id).bind(after).bind(ROWS).bind(imported);
                let rows = store.read(move |conn| Box::pin(conn.all::<RejectedCells>(query))).await?;
                let next = rows.last().map(|row| row.line).filter(|_| rows.len() as i64 == ROWS);
                let mut out = String::new();
                for row in &rows {
                    let cells = kept.iter().enumerate().filter(|(_, kept)| **kept);
                    let cells = cells.map(|(at, _)| row.cells.get(at).map_or("", String::as_str));
                    let place = row.line.to_string();
                    let beyond = row.cells.iter().skip(kept.len()).map(String::as_str);
                    line(&mut out, delimiter, cells.chain([place.as_str(), row.reason.as_str()]).chain(beyond));
                }
                Ok(Some((Bytes::from(out), (None, next))))
            }
        });
        Ok((name, rows))
    }
}
