//! `test`: all checks that must pass before a change lands.

pub mod fuzz;
mod parts;
mod postgres;
mod rabbitmq;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{paths::Paths, setup, step::seconds};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// rustfmt
    Fmt,
    /// clippy on both sides; a warning is an error
    Clippy,
    /// licences, sources and permitted dependencies
    Deny,
    /// unit and integration tests, on SQLite and Postgres, with and without RabbitMQ
    Unit,
    /// the browser side and the server, then the browser tests with and without JavaScript
    Browser,
    /// a minute of random requests to every address that the API's description has
    Fuzz,
}

impl Part {
    fn run(self, paths: &Paths) -> Result<()> {
        match self {
            Self::Fmt => parts::fmt(paths),
            Self::Clippy => parts::clippy(paths),
            Self::Deny => parts::deny(paths),
            Self::Unit => parts::unit(paths),
            Self::Browser => parts::browser(paths),
            Self::Fuzz => fuzz::run(paths, fuzz::SECONDS, fuzz::SEED),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Stops at the first part that fails, and prints a summary.
pub fn run(paths: &Paths, only: Option<Part>) -> Result<()> {
    setup::to_test(paths)?;
    let parts = only.map_or_else(|| Part::value_variants().to_vec(), |part| vec![part]);
    let mut summary = Vec::new();
    let mut failure = None;
    for part in parts {
        eprintln!("━━ {}", part.name());
        let start = Instant::now();
        let result = part.run(paths);
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        summary.push(format!("{:8} {word:7} {}", part.name(), seconds(start.elapsed())));
        if let Err(error) = result {
            failure = Some(error);
            break;
        }
    }
    eprintln!("━━\n{}", summary.join("\n"));
    match failure {
        Some(error) => bail!(error),
        None => Ok(()),
    }
}
