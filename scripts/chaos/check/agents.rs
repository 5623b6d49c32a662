//! What agents have done: every call of a tool came, under one key each, and none again whose result was known.

use crate::{
    outside::{CALLS, Heard},
    reading::{Run, World},
    report::Report,
    storm::Storm,
};
use std::collections::{BTreeSet, HashMap};

/// The name of the step.
const STEP: &str = "Agent";

/// `storm_end`: how much was heard when the last server was killed. One that is frozen later may send what it was about to
/// send when it thaws.
pub fn all(report: &mut Report, world: &World, heard: &[Heard], storm_end: usize, storm: &Storm) {
    let mut calls: HashMap<&str, Vec<(usize, &str)>> = HashMap::new();
    let mut shown: HashMap<&str, usize> = HashMap::new();
    for (place, what) in heard.iter().enumerate() {
        match what {
            Heard::Asked { run, results } => {
                let most = shown.entry(run).or_default();
                *most = (*most).max(*results);
            }
            Heard::Called { run, call, key } => {
                calls.entry(run).or_default().push((*call, key));
                let known = shown.get(run.as_str()).copied().unwrap_or_default();
                report.check(
                    "a finished call of an agent is never made again",
                    *call >= known || place >= storm_end,
                    || format!("call {call} of {run} came after the model was shown {known} results"),
                );
            }
        }
    }
    let (mut repeated, mut interrupted) = (0, 0);
    for run in &world.runs {
        let found = calls.remove(run.head.id.as_str()).unwrap_or_default();
        let broken = broken_off(run);
        let keys: BTreeSet<_> = found.iter().copied().collect();
        let each = keys.iter().map(|(call, _)| *call).eq(0..CALLS);
        let apart = keys.iter().map(|(_, key)| *key).collect::<BTreeSet<_>>().len() == CALLS;
        report.check("each call of an agent came, under one key of its own", each && apart, || {
            format!("{}: {found:?}", run.head.id)
        });
        report.check(
            "a call came twice only where an attempt was broken off",
            found.len() <= CALLS + broken,
            || format!("{}: {} calls, {broken} attempts broken off", run.head.id, found.len()),
        );
        repeated += found.len().saturating_sub(CALLS);
        interrupted += broken;
    }
    report.check("each call belongs to a run", calls.is_empty(), || format!("{calls:?}"));
    report.note(format!(
        "{} calls of agents, {interrupted} attempts of agents broken off, {repeated} calls under way made again with their key",
        world.runs.len() * CALLS + repeated
    ));
    report.check("the kills hit agents at work", storm.kills < 30 || interrupted > 0, || {
        "no attempt of an agent was interrupted".to_owned()
    });
}

fn broken_off(run: &Run) -> usize {
    run.of(STEP).filter(|row| row.status == "interrupted").count()
}
