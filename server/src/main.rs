//! The `linnet` program.

use std::process::ExitCode;

/// Rows are made on SQLite's threads and freed on the runtime's: the system's allocator makes these wait for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::commands::main()
}
