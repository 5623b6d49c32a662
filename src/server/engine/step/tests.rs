//! The pure core lives through random runs, and a reference written from section 5 of the design watches: workflows of
//! up to 60 steps, whose attempts complete, fail, wait and are repeated in random order, while time jumps, people
//! answer or do not, the process dies and takes the run up again from its events and from its rows.
//!
//! `MILLRACE_SIM_SEED` sets the seed to begin with; a failure prints the one that shows it again.

mod afterwards;
mod definition;
mod delays;
mod graph;
mod life;
mod outside;
mod random;
mod rows;
mod script;
mod tally;
mod witness;

use crate::{
    server::engine::plan::Plan,
    workflow::{
        document::{Edge, Node, Settings, Workflow},
        ids::{EdgeId, NodeId},
    },
};
use graph::Graph;
use life::Life;
use random::Random;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};
use tally::{Met, Tally};

/// Seeds, each of a workflow, and how often each workflow runs.
const SEEDS: u64 = 11_000;
const LIVES: usize = 6;
/// What each seed begins from, so that neighbours have nothing in common.
const SPREAD: u64 = 0x5851_F42D_4C95_7F2D;

/// Tells the seed when a test fails in its runs.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("to see it again: MILLRACE_SIM_SEED={}", self.0);
        }
    }
}

/// The runs of one workflow.
fn simulate(seed: u64, tally: &mut Tally) {
    let _told = Seed(seed);
    let mut random = Random::new(seed.wrapping_mul(SPREAD));
    let graph = Graph::random(&mut random);
    for _ in 0..LIVES {
        let life = Random::new(random.next());
        tally.add(&Life::new(&graph, life).live());
    }
}

#[test]
fn a_million_steps_go_as_the_design_says() {
    let first = std::env::var("MILLRACE_SIM_SEED")
        .map_or(1, |seed| seed.parse().expect("MILLRACE_SIM_SEED is a whole number"));
    let next = AtomicU64::new(0);
    let worker = || {
        let mut tally = Tally::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= SEEDS {
                return tally;
            }
            simulate(u64::wrapping_add(first, number), &mut tally);
        }
    };
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, |cores| cores.get().min(8));
        let all: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        for one in all {
            match one.join() {
                Ok(part) => tally.add(&part),
                Err(panic) => {
                    next.store(SEEDS, Ordering::Relaxed);
                    std::panic::resume_unwind(panic);
                }
            }
        }
    });
    println!("{:?}", tally.all().collect::<Vec<_>>());
    assert!(tally.of(Met::Step) >= 1_000_000, "only {} steps", tally.of(Met::Step));
    for (met, times) in tally.all() {
        assert!(times >= 1000, "{met:?} was met only {times} times");
    }
}
#[test]
fn a_cycle_is_no_plan() {
    let nodes: Vec<Node> = ["a", "b"]
        .map(|name| Node {
            id: NodeId::new(),
            name: name.to_owned(),
            node_type: "transform".to_owned(),
            config: serde_json::Map::new(),
            settings: Settings::default(),
            position_x: 0.0,
            position_y: 0.0,
        })
        .to_vec();
    let edge = |a: usize, b: usize| Edge {
        id: EdgeId::new(),
        source_node_id: nodes[a].id,
        source_port: None,
        target_node_id: nodes[b].id,
        target_port: None,
    };
    let document = Workflow {
        name: "w".to_owned(),
        description: String::new(),
        input_schema: None,
        vars: serde_json::Map::new(),
        edges: vec![edge(0, 1), edge(1, 0)],
        notes: Vec::new(),
        nodes: nodes.clone(),
    };
    let error = Plan::of(&document).expect_err("refused").to_string();
    assert!(error.contains("cycle") && (error.contains("\"a\"") || error.contains("\"b\"")), "{error}");
}
