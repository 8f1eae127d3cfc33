//! How many uploaded files are kept at once, and how large. Files are kept until their import has ended, or is discarded.

use super::{Imports, sql};
use crate::store::{self, Conn, Requester};
use domain::{
    Actor, ActorRef, Error, Result,
    imports::{FILES, FILES_EACH},
    text::grouped,
};

/// Files of the largest size that one person or key may keep, and all together.
const LARGEST_EACH: u64 = 2;
const LARGEST: u64 = 10;

impl Imports {
    /// Bytes that the actor's next file may have.
    ///
    /// # Errors
    /// `Invalid` on `file` when the actor, or all together, keep too many files.
    pub(super) async fn room(&self, actor: &Actor) -> Result<u64> {
        let (actor, file_max) = (actor.clone(), self.file_max);
        self.store.read(move |conn| Box::pin(async move { room(conn, &actor, file_max).await })).await
    }
}

/// As `Imports::room`. The command line has no limit but that of a file.
///
/// # Errors
/// As `Imports::room`.
pub(super) async fn room(conn: &mut Conn, actor: &Actor, file_max: u64) -> Result<u64> {
    if actor.who == ActorRef::System {
        return Ok(file_max);
    }
    let kept = store::sql(sql::KEPT_FILES).bind(Requester::from(actor));
    let (own, own_bytes, files, bytes) = conn.one::<(i64, i64, i64, i64)>(kept).await?;
    let left = |largest: u64, bytes: i64| file_max.saturating_mul(largest).saturating_sub(bytes.unsigned_abs());
    if own >= FILES_EACH {
        return Err(full(&format!("You have {} uploaded files that wait for their import or are imported", grouped(own))));
    }
    if files >= FILES {
        return Err(full(&format!("There are {} uploaded files that wait for their import or are imported", grouped(files))));
    }
    match left(LARGEST_EACH, own_bytes).min(left(LARGEST, bytes)) {
        0 => Err(no_room(0)),
        left => Ok(left.min(file_max)),
    }
}

/// The error for a file that is larger than the `room` in bytes.
pub(super) fn no_room(room: u64) -> Error {
    full(&format!("The files that wait for their import leave room for {} kB", grouped((room / 1_000).cast_signed())))
}

fn full(why: &str) -> Error {
    Error::invalid("file", format!("{why}; start, stop or discard some of them under Imports, then send this file again"))
}
