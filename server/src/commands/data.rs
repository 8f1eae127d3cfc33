//! `linnet migrate`, `import`, `export`, `demo` and `backup`.

use super::{beside, open};
use crate::{clock::SystemClock, config::DataLocation, demo, refold, store::Store};
use clap::Args;
use domain::{
    Actor, CampaignId, Error, Result,
    exports::{ExportFormat, ExportOf, NewExport},
    imports::{ForeignAmounts, ImportKind, ImportOptions, ImportProgress, OnDuplicate, RejectedRow},
    leads::{Selection, Sort, SortColumn},
    rule::Rule,
    text::grouped,
};
use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Rejected rows whose reasons `import` prints.
const REASONS: u32 = 20;

#[derive(Args)]
pub(super) struct ImportLeads {
    /// The file
    file: PathBuf,
    /// What to do with rows whose e-mail a lead already has: `skip` or `update`
    #[arg(long, default_value = "skip", value_parser = on_duplicate)]
    on_duplicate: OnDuplicate,
    /// What to do with amounts in another currency than the workspace's, which are never converted: `leave_out` or `as_they_are`
    #[arg(long, default_value = "leave_out", value_parser = foreign_amounts)]
    foreign_amounts: ForeignAmounts,
    /// A tag for every new or updated lead; repeat it or use commas
    #[arg(long = "tag", value_delimiter = ',')]
    tags: Vec<String>,
    /// The id of a campaign in which every new or updated lead is enrolled
    #[arg(long = "campaign")]
    campaign_id: Option<CampaignId>,
    #[command(flatten)]
    location: DataLocation,
}

#[derive(Args)]
pub(super) struct ImportOrders {
    /// The file
    file: PathBuf,
    /// What to do with orders in another currency than the workspace's, which are never converted: `leave_out` or `as_they_are`
    #[arg(long, default_value = "leave_out", value_parser = foreign_amounts)]
    foreign_amounts: ForeignAmounts,
    #[command(flatten)]
    location: DataLocation,
}

#[derive(Args)]
pub(super) struct ExportLeads {
    /// The file to write; it must not exist yet
    file: PathBuf,
    /// Only leads that match this rule, as JSON
    #[arg(long, default_value = r#"{"all":[]}"#, value_parser = rule)]
    rule: Rule,
    /// Columns in order, such as `name,email,custom.plan`; without this, all
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// `csv` or `jsonl`
    #[arg(long, default_value = "csv", value_parser = format)]
    format: ExportFormat,
    #[command(flatten)]
    location: DataLocation,
}

fn rule(text: &str) -> std::result::Result<Rule, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn format(text: &str) -> std::result::Result<ExportFormat, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

fn on_duplicate(text: &str) -> std::result::Result<OnDuplicate, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

fn foreign_amounts(text: &str) -> std::result::Result<ForeignAmounts, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

pub(super) async fn migrate(location: &DataLocation) -> Result<()> {
    let store = Store::open(&location.database_url(), Arc::new(SystemClock)).await?;
    let refolded = refold::run(&store).await;
    store.close().await;
    refolded?;
    println!("The database is up to date ({:04})", crate::store::newest_migration());
    Ok(())
}

pub(super) async fn import_leads(
    ImportLeads { file, on_duplicate, foreign_amounts, tags, campaign_id, location }: ImportLeads,
) -> Result<()> {
    let options = ImportOptions { on_duplicate, foreign_amounts, tags, campaign_id, ..ImportOptions::default() };
    import(ImportKind::Leads, &file, options, &location).await
}

pub(super) async fn import_orders(ImportOrders { file, foreign_amounts, location }: ImportOrders) -> Result<()> {
    import(ImportKind::Orders, &file, ImportOptions { foreign_amounts, ..ImportOptions::default() }, &location).await
}

async fn import(kind: ImportKind, file: &Path, options: ImportOptions, location: &DataLocation) -> Result<()> {
    let core = beside(location).await?;
    let options = ImportOptions { kind: Some(kind), ..options };
    let terminal = std::io::stderr().is_terminal();
    let progress = move |now: &ImportProgress| {
        if terminal {
            eprint!("\r{} rows, {} % ", grouped(now.counts.rows), now.read * 100 / now.size.max(1));
        }
    };
    let system = Actor::system();
    let done = async {
        let import = core.imports.import_file(&system, file, options, progress).await?;
        let rejected = core.services.imports.rejected(&system, import.id, REASONS).await?;
        Ok((import, rejected))
    }
    .await;
    core.close().await;
    if terminal {
        eprintln!();
    }
    let (import, rejected) = done?;
    if let Some(error) = import.error {
        return Err(Error::Unavailable(error));
    }
    let counts = import.counts;
    println!("{} rows", grouped(counts.rows));
    let results = match kind {
        ImportKind::Leads => {
            vec![(counts.created, "new"), (counts.updated, "updated"), (counts.duplicates, "duplicates"), (counts.rejected, "rejected")]
        }
        ImportKind::Orders => vec![
            (counts.orders, "new orders"),
            (counts.waiting, "of them wait for their customer"),
            (counts.duplicates, "rows of orders that were there"),
            (counts.rejected, "rows rejected"),
        ],
    };
    for (count, what) in results {
        println!("{} {what}", grouped(count));
    }
    if counts.incomplete > 0 {
        println!("{} of them without a cell that could not be read", grouped(counts.incomplete));
    }
    for RejectedRow { line, column, reason, .. } in &rejected {
        println!("Line {line}, {column}: {reason}");
    }
    let more = counts.rejected + counts.incomplete - rejected.len() as i64;
    if more > 0 {
        println!("… and {} more; Imports → {} shows all of them", grouped(more), import.file);
    }
    if let Some(remark) = import.remark {
        println!("{remark}");
    }
    Ok(())
}

pub(super) async fn export_leads(export: ExportLeads) -> Result<()> {
    let core = beside(&export.location).await?;
    let of = ExportOf::Leads(Selection::Matching(export.rule));
    let sort = Sort { column: SortColumn::CreatedAt, descending: false };
    let new = NewExport { of, sort, columns: export.columns, format: export.format, bom: false };
    let done = core.exports.export_to(&Actor::system(), &export.file, new).await;
    core.close().await;
    println!("{} rows", grouped(done?));
    Ok(())
}

pub(super) async fn demo(location: &DataLocation) -> Result<()> {
    let store = open(location).await?;
    let filled = fill(&store).await;
    store.close().await;
    println!("{} sample leads", grouped(filled?));
    Ok(())
}

async fn fill(store: &Store) -> Result<i64> {
    store.write(&Actor::system(), |tx| Box::pin(demo::fill(tx))).await
}

pub(super) async fn backup(location: &DataLocation, file: &Path) -> Result<()> {
    let name = file.to_str().ok_or_else(|| Error::invalid("file", "The file's name must be UTF-8"))?;
    let store = Store::open_to_read(&location.database_url(), Arc::new(SystemClock)).await?;
    let copied = store.backup(name).await;
    store.close().await;
    copied?;
    println!("{name}");
    Ok(())
}
