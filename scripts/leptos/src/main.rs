//! `cargo leptos`: the published tool as a library, so that Cargo.lock beside this file says what it is built from.

use cargo_leptos::{config::Cli, run};
use clap::Parser;

#[tokio::main]
async fn main() -> color_eyre::Result<()> {
    color_eyre::install()?;
    // Cargo calls it as `cargo-leptos leptos …`.
    let mut arguments: Vec<_> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == "leptos") {
        arguments.remove(1);
    }
    let cli = Cli::parse_from(arguments);
    cargo_leptos::logger::setup(cli.opts().map_or(0, |options| options.verbose), &cli.log);
    run(cli).await
}
