//! Server functions of ingestion.

use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect_form, refuse, services};
use domain::{
    Snapshot,
    ingest::{IngestState, ParkedCursor, ParkedPage, WhichParked},
};
use leptos::prelude::*;

/// Parked items on a page.
#[cfg(feature = "ssr")]
const SHOWN: u32 = 50;
/// Page of the forms.
#[cfg(feature = "ssr")]
const PAGE: &str = "/settings/ingestion";

/// How far the queues are, and a page of parked items.
#[server(prefix = "/sfn", endpoint = "ingest/load", input = Json, output = Json)]
pub async fn load_ingest(after: Option<ParkedCursor>) -> Result<(Snapshot<IngestState>, ParkedPage)> {
    let (services, actor) = (services()?, actor()?);
    Ok((services.ingest.state(&actor).await?, services.ingest.parked(&actor, after, SHOWN).await?))
}

/// Puts parked items back into the queues. Returns their number.
#[server(prefix = "/sfn", endpoint = "ingest/retry", output = Json)]
pub async fn retry_parked(which: WhichParked) -> Result<i64> {
    let done = async { Ok(services()?.ingest.retry(&actor()?, which).await?) };
    let count = done.await.map_err(|error| refuse::<RetryParked>(PAGE, [], error))?;
    redirect_form(PAGE);
    Ok(count)
}

/// Deletes parked items. Returns their number.
#[server(prefix = "/sfn", endpoint = "ingest/discard", output = Json)]
pub async fn discard_parked(which: WhichParked) -> Result<i64> {
    let done = async { Ok(services()?.ingest.discard(&actor()?, which).await?) };
    let count = done.await.map_err(|error| refuse::<DiscardParked>(PAGE, [], error))?;
    redirect_form(PAGE);
    Ok(count)
}
