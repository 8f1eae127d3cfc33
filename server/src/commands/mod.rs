//! The command line. Without a sub-command it runs `serve`.

mod account;
mod data;
mod doctor;
mod restore;
mod serve;
mod signals;
mod worker;

use crate::{
    clock::SystemClock,
    config::{Config, DataLocation, LogFormat},
    core::Core,
    refold,
    store::Store,
};
use clap::{Args, Parser, Subcommand};
use domain::{Result, Role};
use std::{io::IsTerminal, path::PathBuf, process::ExitCode, sync::Arc};
use tracing_subscriber::EnvFilter;

/// Stack of worker threads: pages are deep trees of types, and an unoptimised build needs more than 2 MiB to render them.
const STACK: usize = 8 * 1024 * 1024;

#[derive(Parser)]
#[command(
    name = "linnet",
    version,
    about = "Linnet: a self-hosted, real-time lead manager",
    after_help = "Without a command, Linnet serves. Every option can be set as a variable too, named in its help.",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages, the API and the live socket (the default)
    Serve(Config),
    /// Apply what is ingested, without pages and API, beside servers on the same Postgres database
    Worker(worker::Worker),
    /// Bring the database up to date, then exit
    Migrate(DataLocation),
    /// People who sign in
    User {
        #[command(subcommand)]
        what: UserCommand,
    },
    /// Keys for programs
    Key {
        #[command(subcommand)]
        what: KeyCommand,
    },
    /// Import data
    Import {
        #[command(subcommand)]
        what: ImportCommand,
    },
    /// Export data
    Export {
        #[command(subcommand)]
        what: ExportCommand,
    },
    /// Fill an empty database with sample data
    Demo(DataLocation),
    /// Write a full copy of the database to a file, while the server runs
    Backup {
        /// The file to write; it must not exist yet
        file: PathBuf,
        #[command(flatten)]
        location: DataLocation,
    },
    /// Replace the database with a copy, while no server has it open; everyone must sign in again
    Restore(restore::Restore),
    /// Check everything, one line each; fails when something is wrong
    Doctor {
        /// First count the orders of all leads anew, and correct the sums that differ
        #[arg(long)]
        mend: bool,
        #[command(flatten)]
        config: Config,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add someone: with a password from the standard input, or by a link that is printed
    Add(AddUser),
    /// List e-mail, role, name and state of all users, one line each
    List(DataLocation),
    /// Change someone's role
    Role(SetRole),
    /// Deactivate someone at once, and hand over their leads
    Deactivate(Deactivate),
    /// Let someone sign in again
    Activate(Whom),
    /// Print a link to choose a new password, alone on the last line
    ResetLink(Whom),
    /// End all sessions of someone
    SignOut(Whom),
}

impl UserCommand {
    fn location(&self) -> &DataLocation {
        match self {
            Self::Add(new) => &new.location,
            Self::List(location) => location,
            Self::Role(asked) => &asked.location,
            Self::Deactivate(asked) => &asked.location,
            Self::Activate(whom) | Self::ResetLink(whom) | Self::SignOut(whom) => &whom.location,
        }
    }
}

#[derive(Args)]
struct Whom {
    /// The e-mail they sign in with
    email: String,
    #[command(flatten)]
    location: DataLocation,
}

#[derive(Args)]
struct SetRole {
    /// The e-mail they sign in with
    email: String,
    /// admin, manager, member or viewer
    #[arg(value_parser = role)]
    role: Role,
    #[command(flatten)]
    location: DataLocation,
}

#[derive(Args)]
struct Deactivate {
    /// The e-mail they sign in with
    email: String,
    /// Who gets their leads: an e-mail, or `nobody`
    #[arg(long, value_name = "EMAIL")]
    leads_to: String,
    #[command(flatten)]
    location: DataLocation,
}

#[derive(Args)]
struct AddUser {
    /// The e-mail to sign in with
    email: String,
    /// The name that others see
    #[arg(long)]
    name: String,
    /// admin, manager, member or viewer
    #[arg(long, default_value = "member", value_parser = role)]
    role: Role,
    /// Read the password from the standard input, up to the first line end; without this, print a link to choose one
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    location: DataLocation,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Add a key and print it, alone on the last line; it is not shown again
    Add(AddKey),
    /// List prefix, role, name, expiry and last use of every key, one line each
    List(DataLocation),
    /// Revoke a key; it stops working at once
    Revoke {
        /// Its prefix, as the list shows it, or its id
        key: String,
        #[command(flatten)]
        location: DataLocation,
    },
}

impl KeyCommand {
    fn location(&self) -> &DataLocation {
        match self {
            Self::Add(new) => &new.location,
            Self::List(location) | Self::Revoke { location, .. } => location,
        }
    }
}

#[derive(Args)]
struct AddKey {
    /// The program that uses it
    name: String,
    /// admin, manager, member or viewer
    #[arg(long, default_value = "member", value_parser = role)]
    role: Role,
    /// Days until it expires; without this it never expires
    #[arg(long)]
    days: Option<u32>,
    #[command(flatten)]
    location: DataLocation,
}

#[derive(Subcommand)]
enum ImportCommand {
    /// Import leads from a CSV or TSV file; columns are guessed by their headers
    Leads(data::ImportLeads),
    /// Import orders from a CSV or TSV file; columns are guessed by their headers
    Orders(data::ImportOrders),
}

#[derive(Subcommand)]
enum ExportCommand {
    /// Export leads to a CSV or JSON lines file
    Leads(data::ExportLeads),
}

fn role(text: &str) -> std::result::Result<Role, String> {
    text.parse().map_err(|error: domain::Error| error.to_string())
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    log(&command);
    let runtime = match tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("linnet: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("linnet: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(config) => serve::run(config).await?,
        Command::Worker(worker) => worker::run(worker).await?,
        Command::Migrate(location) => data::migrate(&location).await?,
        Command::User { what } => account::user(what).await?,
        Command::Key { what } => account::key(what).await?,
        Command::Import { what: ImportCommand::Leads(import) } => data::import_leads(import).await?,
        Command::Import { what: ImportCommand::Orders(import) } => data::import_orders(import).await?,
        Command::Export { what: ExportCommand::Leads(export) } => data::export_leads(export).await?,
        Command::Demo(location) => data::demo(&location).await?,
        Command::Backup { file, location } => data::backup(&location, &file).await?,
        Command::Restore(restore) => restore::run(restore).await?,
        Command::Doctor { mend, config } => {
            if mend {
                doctor::mend(&config).await?;
            }
            return Ok(doctor::run(&config).await);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens an existing database of this version. Only `serve` and `migrate` create one, or bring it up to date.
async fn open(location: &DataLocation) -> Result<Store> {
    let store = Store::open_existing(&location.database_url(), Arc::new(SystemClock)).await?;
    refold::check(&store).await?;
    Ok(store)
}

/// Opens `Core` on an existing database, possibly while a server runs.
async fn beside(location: &DataLocation) -> Result<Core> {
    Core::beside(location, Arc::new(SystemClock)).await
}

/// Opens `Core` for a command that writes nothing.
async fn to_read(location: &DataLocation) -> Result<Core> {
    Core::to_read(location, Arc::new(SystemClock)).await
}

/// Logs go to the standard error; commands print their result on the standard output.
fn log(command: &Command) {
    let (format, default) = match command {
        Command::Serve(Config { log_format, .. }) | Command::Worker(worker::Worker { log_format, .. }) => {
            (*log_format, "info,sqlx=warn,lapin=off")
        }
        _ => (Some(LogFormat::Text), "warn"),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let terminal = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal);
    match format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json }) {
        LogFormat::Json => subscriber.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
        LogFormat::Text => subscriber.init(),
    }
}
