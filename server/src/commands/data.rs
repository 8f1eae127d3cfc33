//! `linnet migrate`, `import`, `demo` and `backup`.

use super::{beside, open};
use crate::{clock::SystemClock, config::DataLocation, demo, refold, store::Store};
use clap::Args;
use domain::{
    Actor, CampaignId, Error, Result,
    imports::{ImportOptions, ImportProgress, OnDuplicate},
    text::grouped,
};
use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(Args)]
pub(super) struct ImportLeads {
    /// The file
    file: PathBuf,
    /// What to do with rows whose e-mail a lead already has: `skip` or `update`
    #[arg(long, default_value = "skip", value_parser = on_duplicate)]
    on_duplicate: OnDuplicate,
    /// A tag for every new or updated lead; repeat it or use commas
    #[arg(long = "tag", value_delimiter = ',')]
    tags: Vec<String>,
    /// The id of a campaign in which every new or updated lead is enrolled
    #[arg(long = "campaign")]
    campaign_id: Option<CampaignId>,
    #[command(flatten)]
    location: DataLocation,
}

fn on_duplicate(text: &str) -> std::result::Result<OnDuplicate, String> {
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

pub(super) async fn import_leads(import: ImportLeads) -> Result<()> {
    let core = beside(&import.location).await?;
    let options =
        ImportOptions { on_duplicate: import.on_duplicate, tags: import.tags, campaign_id: import.campaign_id, ..ImportOptions::default() };
    let terminal = std::io::stderr().is_terminal();
    let progress = move |now: &ImportProgress| {
        if terminal {
            eprint!("\r{} rows, {} % ", grouped(now.counts.rows), now.read * 100 / now.size.max(1));
        }
    };
    let done = core.imports.import_file(&Actor::system(), &import.file, options, progress).await;
    core.close().await;
    if terminal {
        eprintln!();
    }
    let import = done?;
    if let Some(error) = import.error {
        return Err(Error::Unavailable(error));
    }
    let counts = import.counts;
    println!("{} rows", grouped(counts.rows));
    for (count, what) in
        [(counts.created, "new"), (counts.updated, "updated"), (counts.duplicates, "duplicates"), (counts.rejected, "rejected")]
    {
        println!("{} {what}", grouped(count));
    }
    if counts.incomplete > 0 {
        println!("{} of them without a cell that could not be read", grouped(counts.incomplete));
    }
    if let Some(remark) = import.remark {
        println!("{remark}");
    }
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
