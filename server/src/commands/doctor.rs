//! `linnet doctor`: checks what the server needs, before it starts, and that stored counts are right.

use crate::{
    campaigns,
    clock::{Clock, SystemClock},
    config::{Config, leptos_options},
    http::Site,
    ingest::{Broker, BrokerAddress},
    orders, private,
    refold::{self, Clashes, clashes},
    segments,
    store::{Store, log, newest_migration},
};
use domain::{Error, Result, Timestamp, time::DAY};
use std::{io::Write, path::Path, process::ExitCode, sync::Arc};

/// An earlier date means that the machine's clock is wrong.
const LAUNCH: Timestamp = Timestamp(20_000 * DAY);

pub(super) async fn run(config: &Config) -> ExitCode {
    let mut well = true;
    let mut say = |what: &str, found: Result<String>| match found {
        Ok(fine) => println!("ok    {what}: {fine}"),
        Err(error) => {
            well = false;
            println!("FAIL  {what}: {error}");
        }
    };
    say("configuration", configuration(config));
    let store = Store::open_to_read(&config.location.database_url(), Arc::new(SystemClock)).await;
    say("database", answers(&store, config).await);
    say("migrations", migrations(&store).await);
    if let Ok(store) = store {
        say("addresses", addresses(&store).await);
        say("campaigns", counts(&store).await);
        say("segments", sizes(&store).await);
        say("orders", sums(&store).await);
        store.close().await;
    }
    match config.broker.address() {
        Ok(None) => {}
        Ok(Some(address)) => say("broker", broker(&address).await),
        Err(error) => say("broker", Err(error)),
    }
    say("disk", disk(&config.location.data()));
    say("clock", clock());
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn configuration(config: &Config) -> Result<String> {
    let options = leptos_options()?;
    Site::open(&options)?;
    for origin in &config.allowed_origins {
        drop(
            tower_http::csrf::CsrfLayer::new()
                .add_trusted_origin(origin)
                .map_err(|error| Error::invalid("allowed-origin", error.to_string()))?,
        );
    }
    Ok(format!("listens on {}, data in {}", config.listen(&options), config.location.data().display()))
}

async fn broker(address: &BrokerAddress) -> Result<String> {
    Broker::check(address).await.map_err(Error::Unavailable)?;
    Ok(format!("{address} answers, and has the queues"))
}

async fn migrations(store: &Result<Store>) -> Result<String> {
    refold::check(store.as_ref().map_err(Clone::clone)?).await?;
    Ok(format!("up to date ({:04})", newest_migration()))
}

/// Clashes of addresses and names since a change of text folding. Never a failure.
async fn addresses(store: &Store) -> Result<String> {
    let Clashes { addresses, names } = clashes(store).await?;
    if addresses.is_empty() && names.is_empty() {
        return Ok("each belongs to one person".to_owned());
    }
    let clashes: Vec<String> = addresses.iter().chain(&names).take(20).cloned().collect();
    let rest = addresses.len() + names.len() - clashes.len();
    let rest = if rest > 0 { format!("\n      and {rest} more") } else { String::new() };
    Ok(format!("{} to look at\n      {}{rest}", addresses.len() + names.len(), clashes.join("\n      ")))
}

/// Stored counts of campaigns against a recount.
async fn counts(store: &Store) -> Result<String> {
    let differs = campaigns::audit(store).await?;
    if differs.is_empty() {
        return Ok("their counts are those of a recount".to_owned());
    }
    Err(Error::Conflict(format!(
        "the stored counts are wrong; deleting a campaign and undoing the deletion counts it anew\n      {}",
        differs.join("\n      ")
    )))
}

/// Stored sizes of segments against a count.
async fn sizes(store: &Store) -> Result<String> {
    let differs = segments::audit(store).await?;
    if differs.is_empty() {
        return Ok("their sizes are those of a count".to_owned());
    }
    Err(Error::Conflict(format!(
        "the stored sizes are wrong; deleting a segment and undoing the deletion counts it anew\n      {}",
        differs.join("\n      ")
    )))
}

/// Stored sums of leads against a recount.
async fn sums(store: &Store) -> Result<String> {
    let differs = orders::audit(store).await?;
    if differs.is_empty() {
        return Ok("the sums of their leads are those of a recount".to_owned());
    }
    let shown = differs.iter().take(20).cloned().collect::<Vec<_>>().join("\n      ");
    let rest = if differs.len() > 20 { format!("\n      and {} more", differs.len() - 20) } else { String::new() };
    Err(Error::Conflict(format!("stored sums are wrong; `linnet doctor --mend` corrects them\n      {shown}{rest}")))
}

/// Corrects the stored sums of leads, possibly while a server runs.
pub(super) async fn mend(config: &Config) -> Result<()> {
    let store = super::open(&config.location).await?;
    let mended = orders::mend(&store).await?;
    println!("mend  orders: the sums of {mended} leads were corrected");
    store.close().await;
    Ok(())
}

async fn answers(store: &Result<Store>, config: &Config) -> Result<String> {
    let store = store.as_ref().map_err(Clone::clone)?;
    let head = store.read(|conn| Box::pin(log::head(conn))).await?;
    let kind = if store.is_postgres() { "Postgres".to_owned() } else { config.location.database_url() };
    Ok(format!("{kind} answers, {head} changes so far"))
}

/// Writes and syncs a file of 16 MiB, the log of a busy hour.
fn disk(folder: &Path) -> Result<String> {
    const SIZE: usize = 16 * 1024 * 1024;
    let probe = folder.join(".doctor");
    let wrote = private::create(&probe)
        .and_then(|mut file| file.write_all(&vec![0_u8; SIZE]))
        .and_then(|()| std::fs::File::open(&probe)?.sync_all());
    drop(std::fs::remove_file(&probe));
    match wrote {
        Ok(()) => Ok(format!("{} can be written", folder.display())),
        Err(error) => Err(Error::Unavailable(format!(
            "{} cannot be written: {error}; free some space or choose another folder with --data",
            folder.display()
        ))),
    }
}

fn clock() -> Result<String> {
    let now = SystemClock.now();
    if now < LAUNCH {
        return Err(Error::Unavailable(format!("it says {now}, which is past; set the machine's time")));
    }
    Ok(now.to_string())
}
