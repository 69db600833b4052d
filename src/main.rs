//! The `omeet` program.

use std::process::ExitCode;

use clap::Parser as _;

// A sixth of the time of a call was the C library's malloc.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
