//! The `linnet` program.

use std::process::ExitCode;

/// Rows are allocated on SQLite's threads and freed on the runtime's. With the system's allocator these threads wait for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::commands::main()
}
