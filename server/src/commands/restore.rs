//! `linnet restore`.

use crate::{
    clock::SystemClock,
    config::DataLocation,
    served,
    store::{restore::restore, sqlite_file},
};
use clap::Args;
use domain::{Error, Result, text::grouped};
use std::{path::PathBuf, sync::Arc};

#[derive(Args)]
pub(super) struct Restore {
    /// The copy, as `linnet backup` writes it; it is not changed
    file: PathBuf,
    /// Replace an existing database; the old one is kept beside the new one
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    location: DataLocation,
}

pub(super) async fn run(Restore { file, force, location }: Restore) -> Result<()> {
    let url = location.database_url();
    let target = sqlite_file(&url).ok_or_else(|| {
        if !url.starts_with("postgres") {
            return Error::invalid("database", "Write sqlite://FILE; copies of Postgres are restored with its own pg_restore");
        }
        let message = "Restore Postgres with its own pg_restore, while no server runs; the next start finds out and begins anew";
        Error::Conflict(message.to_owned())
    })?;
    let restored = restore(&file, &target, force, Arc::new(SystemClock), served::ENDS).await?;
    println!("{}", target.display());
    if let Some(kept) = restored.kept {
        println!("The database before it is kept as {}", kept.display());
    }
    println!("Everyone signs in again; accounts, passwords and roles are those of that time");
    if restored.keys > 0 {
        println!("Keys for programs that open it again, with those that were revoked since: {}", grouped(restored.keys));
    }
    Ok(())
}
