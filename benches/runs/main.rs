//! How fast runs are: HTTP in, HTTP out, durable, by a server of its own for each measurement.
//!
//! `millrace-bench PROGRAM[,OTHER] [SCENE…]`: with two programs each scene is measured turn by turn, and the ratio is
//! given. Scenes: latency, forty, throughput, cancel, restart, bytes, delayed, http, rows. `DATABASE_URL` names a Postgres database
//! that may be emptied; without it each server has a SQLite file of its own.

mod client;
mod http;
mod scenes;
mod server;

use anyhow::{Result, bail};
use scenes::Figure;
use std::path::PathBuf;

const SCENES: [&str; 9] =
    ["latency", "forty", "throughput", "cancel", "restart", "bytes", "delayed", "http", "rows"];
/// Each scene is measured so often with each program; the median counts.
const TURNS: usize = 3;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(programs) = arguments.next() else {
        bail!("usage: millrace-bench PROGRAM[,OTHER] [SCENE…]; scenes: {}", SCENES.join(", "))
    };
    let programs: Vec<PathBuf> = programs.split(',').map(PathBuf::from).collect();
    let wanted: Vec<String> = arguments.collect();
    if let Some(unknown) = wanted.iter().find(|scene| !SCENES.contains(&scene.as_str())) {
        bail!("there is no scene `{unknown}`; scenes: {}", SCENES.join(", "));
    }
    for scene in SCENES.into_iter().filter(|s| wanted.is_empty() || wanted.iter().any(|w| w == s)) {
        let mut figures: Vec<Vec<Vec<Figure>>> = vec![Vec::new(); programs.len()];
        for _ in 0..scenes::turns(scene, TURNS) {
            for (program, of_program) in programs.iter().zip(&mut figures) {
                match scenes::play(scene, program).await {
                    Ok(measured) => of_program.push(measured),
                    Err(error) => println!("{scene}: {} cannot: {error:#}", program.display()),
                }
            }
        }
        tell(scene, &figures);
    }
    Ok(())
}

fn tell(scene: &str, figures: &[Vec<Vec<Figure>>]) {
    let Some(first) = figures.iter().find_map(|turns| turns.first()) else { return };
    for (place, figure) in first.iter().enumerate() {
        let medians: Vec<Option<f64>> = figures.iter().map(|turns| median_of(turns, place)).collect();
        let told: Vec<String> = medians
            .iter()
            .map(|median| median.map_or("-".to_owned(), |m| format!("{m:>10.2} {}", figure.unit)))
            .collect();
        let ratio = match medians.as_slice() {
            [Some(one), Some(other)] if *one > 0.0 => format!("   ratio {:.2}", other / one),
            _ => String::new(),
        };
        println!("{scene:<11} {:<34} {}{ratio}", figure.name, told.join("  "));
    }
}

fn median_of(turns: &[Vec<Figure>], place: usize) -> Option<f64> {
    let mut values: Vec<f64> = turns.iter().filter_map(|turn| Some(turn.get(place)?.value)).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
