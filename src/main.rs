//! The `omeet` program.

use std::process::ExitCode;

use clap::Parser as _;

// A sixth of the time of a call was the C library's malloc. SQLite keeps that one: mimalloc's feature `override` does not get on with
// libraries that are loaded before it (libfaketime).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match omeet::cli::run(omeet::cli::Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("omeet: {error:#}");
            ExitCode::FAILURE
        }
    }
}
