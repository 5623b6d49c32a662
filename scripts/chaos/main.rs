//! `make chaos`: proves from outside that no finished step is lost or done twice. Starts the server, starts runs, and
//! kills it with SIGKILL again and again; on Postgres it also stops the database, ends its connections and freezes a
//! second server. Then it reads every run over HTTP and the probes' recorder, and compares them with what must be.

mod check;
mod client;
mod expected;
mod outside;
mod postgres;
mod posting;
mod reading;
mod recorder;
mod report;
mod second;
mod server;
mod shape;
mod storm;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

/// Kills a server many times while it works, and checks that nothing finished is lost or done twice.
#[derive(Debug, Parser)]
struct Options {
    /// The program, built with the feature `chaos`.
    #[arg(long)]
    server: PathBuf,
    #[arg(long, value_enum, default_value = "sqlite")]
    database: Database,
    /// Runs to start.
    #[arg(long, default_value_t = 300)]
    runs: usize,
    /// How often a server is killed.
    #[arg(long, default_value_t = 60)]
    kills: usize,
    /// Servers on the same database (Postgres only).
    #[arg(long, default_value_t = 2)]
    servers: usize,
    /// How often a second server is frozen past its lease (Postgres only).
    #[arg(long, default_value_t = 3)]
    freezes: usize,
    /// Repeats the same choices; their timing is the machine's.
    #[arg(long)]
    seed: Option<u64>,
    /// Without the for_each, the agent and the step that has to be tried again.
    #[arg(long)]
    plain: bool,
    /// Leave the data, the recorder and the logs where they are.
    #[arg(long)]
    keep: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(|| rand::rng().random_range(0..1_000_000));
    match run(&options, seed).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error:#}\nthe seed was {seed}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options, seed: u64) -> Result<bool> {
    let began = Instant::now();
    let mut folder = tempfile::Builder::new().prefix("millrace-chaos-").tempdir()?;
    let database = options.database.to_possible_value().map_or(String::new(), |v| v.get_name().to_owned());
    println!(
        "chaos on {database}: {} runs, {} kills, seed {seed}, in {}",
        options.runs,
        options.kills,
        folder.path().display()
    );
    let cluster = match options.database {
        Database::Sqlite => None,
        Database::Postgres => Some(postgres::Cluster::start(&folder.path().join("pg"))?),
    };
    let done = play(options, seed, folder.path(), cluster.as_ref()).await;
    let passed = match &done {
        Ok(report) => {
            report.print();
            report.passed()
        }
        Err(_) => false,
    };
    if options.keep || !passed {
        folder.disable_cleanup(true);
        println!("data, recorder and logs stay in {}", folder.path().display());
    }
    println!("{} s, seed {seed}", began.elapsed().as_secs());
    done.map(|_| passed)
}

async fn play(
    options: &Options,
    seed: u64,
    folder: &std::path::Path,
    cluster: Option<&postgres::Cluster>,
) -> Result<report::Report> {
    let recorder = folder.join("recorder");
    let place = server::Place {
        program: options.server.canonicalize().context("--server")?,
        recorder: recorder.clone(),
        database_url: cluster.map(|c| c.url().to_owned()),
    };
    let mut servers = Vec::new();
    let count = if cluster.is_some() { options.servers.max(1) } else { 1 };
    for name in ["first", "second", "third", "fourth"].into_iter().take(count) {
        let mut server = server::Server::new(place.clone(), folder.join(name))?;
        server.start()?;
        server.wait_until_ready().await?;
        servers.push(server);
    }
    let mut client = client::Client::new(servers.iter().map(server::Server::address).collect());
    client.register().await?;
    let outside = outside::Outside::open().await?;
    let workflow = shape::create(&client, &outside.address, options.plain).await?;

    let ledger = Arc::new(posting::Ledger::new(options.runs));
    let mut rng = StdRng::seed_from_u64(seed);
    let posting = tokio::spawn(posting::post_all(client.clone(), workflow.id.clone(), Arc::clone(&ledger)));
    let storm = storm::rage(&mut servers, cluster, &ledger, options.kills, &mut rng).await?;
    posting.await.context("posting")??;
    for server in &mut servers {
        server.wait_until_ready().await?;
    }
    println!("the storm is over: {storm}");
    let storm_end = outside.heard().len();

    let mut frozen = Vec::new();
    if let Some(cluster) = cluster.filter(|_| options.freezes > 0) {
        let stage =
            second::Stage { place, folder, workflow: &workflow, ledger: &ledger, client: &client, cluster };
        frozen = second::freeze(&stage, options.freezes, &mut rng).await?;
    }
    reading::wait_for_all(&client, &workflow, &mut servers).await?;
    let world = reading::read_all(&client, &workflow, &ledger, &recorder).await?;
    servers.iter_mut().try_for_each(server::Server::kill)?;
    Ok(check::all(&world, &workflow, &ledger, &frozen, (&storm, &outside.heard(), storm_end)))
}
