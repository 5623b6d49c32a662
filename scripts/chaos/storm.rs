//! The storm: SIGKILL at random moments, and on Postgres a database that goes away and connections that end.

use crate::{postgres::Cluster, posting::Ledger, server::Server};
use anyhow::Result;
use rand::{RngExt as _, rngs::StdRng};
use std::{fmt, sync::atomic::Ordering, time::Duration};

/// What happened.
#[derive(Debug, Default)]
pub struct Storm {
    pub kills: usize,
    /// Kills of a server that had not answered yet.
    pub during_start: usize,
    /// Kills after which the server stayed away for longer than its leases.
    pub absences: usize,
    pub database_stops: usize,
    pub ended_connections: u64,
}

impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills ({} counted from the start of the process, {} for longer), {} stops of the database, {} connections ended",
            self.kills, self.during_start, self.absences, self.database_stops, self.ended_connections
        )
    }
}

/// How long a server stays away now and then, where others may go on with its runs: longer than a lease.
const AWAY: Duration = Duration::from_secs(7);

/// Kills servers that often, and leaves them running.
pub async fn rage(
    servers: &mut [Server],
    cluster: Option<&Cluster>,
    ledger: &Ledger,
    kills: usize,
    rng: &mut StdRng,
) -> Result<Storm> {
    let mut storm = Storm::default();
    for kill in 0..kills {
        let pause = Duration::from_millis(rng.random_range(50..=800));
        // A third of the pauses begin with the process, so that recovery itself is hit; the others when it answers.
        let during_start = rng.random_bool(0.33);
        let trouble = rng.random_range(0..10);
        let is_away = servers.len() > 1 && rng.random_bool(0.07);
        let which = rng.random_range(0..servers.len());
        let server = &mut servers[which];
        if during_start {
            storm.during_start += 1;
        } else {
            server.wait_until_ready().await?;
        }
        if let Some(cluster) = cluster.filter(|_| !during_start) {
            match trouble {
                0 => {
                    tokio::time::sleep(pause / 2).await;
                    cluster.stop(rng.random_bool(0.5))?;
                    tokio::time::sleep(pause / 2).await;
                    cluster.resume()?;
                    storm.database_stops += 1;
                }
                1..=3 => {
                    tokio::time::sleep(pause / 2).await;
                    storm.ended_connections += cluster.end_connections().await?;
                }
                _ => {}
            }
        }
        tokio::time::sleep(pause).await;
        server.still_there()?;
        server.kill()?;
        storm.kills += 1;
        if is_away {
            storm.absences += 1;
            tokio::time::sleep(AWAY).await;
        }
        server.start()?;
        ledger.progress.store((kill + 1) * 1000 / kills.max(1), Ordering::Relaxed);
    }
    ledger.progress.store(1000, Ordering::Relaxed);
    Ok(storm)
}
