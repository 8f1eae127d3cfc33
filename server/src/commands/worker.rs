//! `linnet worker`.

use super::signals::Signals;
use crate::{
    background::Background,
    clock::SystemClock,
    config::{BrokerOptions, DataLocation, LogFormat},
    core::{Core, Ingestion},
    store::sqlite_file,
};
use clap::Args;
use domain::{Error, Result};
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Worker {
    #[command(flatten)]
    pub(super) location: DataLocation,
    #[command(flatten)]
    pub(super) broker: BrokerOptions,
    /// `text` or `json` [default: text on a terminal, else json]
    #[arg(long, value_name = "FORMAT", env = "LINNET_LOG_FORMAT")]
    pub(super) log_format: Option<LogFormat>,
}

pub(super) async fn run(Worker { location, broker, .. }: Worker) -> Result<()> {
    if sqlite_file(&location.database_url()).is_some() {
        let remedy = "let `linnet serve` do the work, or use Postgres: --database postgres://USER:PASSWORD@HOST/NAME";
        return Err(Error::Unavailable(format!("A SQLite database belongs to one process: {remedy}")));
    }
    let ingestion = Ingestion { broker: broker.address()?, no_consume: false };
    let mut signals = Signals::listen()?;
    let core = Core::open(&location, ingestion, 0, Arc::new(SystemClock)).await?;
    core.ingest.resume().await?;
    tracing::info!("Linnet applies what is ingested");
    signals.next().await;
    tracing::info!("stopping; a second signal stops at once");
    tokio::select! {
        () = core.close() => tracing::info!("stopped"),
        () = signals.next() => tracing::warn!("stopped at once"),
    }
    Ok(())
}
