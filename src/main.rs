//! The `omeet` program.

use std::process::ExitCode;

use clap::Parser as _;

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
