//! The `omeet` program.

use std::process::ExitCode;

use clap::Parser as _;

// A fifth of the time of a call was the C library's malloc; also what SQLite asks for comes from here (feature `override`).
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
