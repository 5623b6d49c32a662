//! What must be true of every run after the storm.

mod agents;
mod order;
mod rows;
mod steps;

use crate::{
    expected::{self, Expected},
    outside::Heard,
    posting::Ledger,
    reading::{Run, World},
    report::Report,
    second::Frozen,
    shape::Shape,
    storm::Storm,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Checks everything.
pub fn all(
    world: &World,
    shape: &Shape,
    ledger: &Ledger,
    frozen: &[Frozen],
    (storm, heard, storm_end): (&Storm, &[Heard], usize),
) -> Report {
    let mut report = Report::default();
    keys(&mut report, world, ledger);
    let mut known = HashSet::new();
    for run in &world.runs {
        let expected = expected::of_run(shape, &run.head.input_data);
        one_run(&mut report, world, shape, run, &expected, frozen);
        known.insert(run.head.id.clone());
        if let Some(child) = &shape.child {
            children(&mut report, world, child, run, frozen, &mut known);
        }
    }
    for (_, line) in world.recorder.lines() {
        report.check("what was recorded belongs to a run that exists", known.contains(&line.run), || {
            format!("{line:?}")
        });
    }
    rows::all(&mut report, world);
    if shape.child.is_some() {
        agents::all(&mut report, world, heard, storm_end, storm);
    }
    late_results(&mut report, world, frozen);
    effect(&mut report, world, storm);
    report
}

/// Every key has one run, and there are no others.
fn keys(report: &mut Report, world: &World, ledger: &Ledger) {
    let entries = ledger.entries();
    let promised: BTreeMap<_, _> = entries.iter().map(|(key, entry)| (entry.run.as_str(), key)).collect();
    let listed: BTreeSet<_> = world.runs.iter().map(|run| run.head.id.as_str()).collect();
    for (run, key) in &promised {
        report.check("each acknowledged key has its run", listed.contains(run), || {
            format!("{key}: {run} is gone")
        });
    }
    for run in &listed {
        report.check("each run has its key", promised.contains_key(run), || format!("{run} has no key"));
    }
    report.check("keys, runs and list have the same number", promised.len() == entries.len(), || {
        format!("{} keys share {} runs", entries.len(), promised.len())
    });
    report.check("keys, runs and list have the same number", listed.len() == world.runs.len(), || {
        "the list shows a run twice".to_owned()
    });
    report.check("a key gives its run again", world.keys_that_changed.is_empty(), || {
        world.keys_that_changed.join("; ")
    });
}

fn one_run(
    report: &mut Report,
    world: &World,
    shape: &Shape,
    run: &Run,
    expected: &Expected,
    frozen: &[Frozen],
) {
    let id = &run.head.id;
    report.check("each run completed", run.head.status == "completed", || {
        format!("{id} is {}: {}", run.head.status, run.head.error_message.as_deref().unwrap_or("no message"))
    });
    report.check("each run gives the pure function", run.head.output_data == expected.output, || {
        format!("{id} gave {} instead of {}", run.head.output_data, expected.output)
    });
    for node in &shape.nodes {
        steps::rows(report, run, node.name, &expected.nodes[node.name]);
        if shape.is_probe(node.name) {
            steps::recorded(report, world, run, node.name, frozen);
        }
    }
    order::parents_first(report, world, shape, run);
    order::events(report, run, expected);
}

/// The runs that the for_each of a run started.
fn children(
    report: &mut Report,
    world: &World,
    shape: &Shape,
    parent: &Run,
    frozen: &[Frozen],
    known: &mut HashSet<String>,
) {
    let none = Vec::new();
    let found = world.children.get(&parent.head.id).unwrap_or(&none);
    let mut items: Vec<_> =
        found.iter().filter_map(|run| run.head.parent.as_ref()).map(|p| p.item_index).collect();
    items.sort_unstable();
    let wanted = parent.head.input_data["items"].as_array().map_or(0, Vec::len);
    report.check("each item has exactly one child run", items == (0..wanted).collect::<Vec<_>>(), || {
        format!("{} has {wanted} items and children for {items:?}", parent.head.id)
    });
    for run in found {
        known.insert(run.head.id.clone());
        let item = run.head.parent.as_ref().map(|p| &parent.head.input_data["items"][p.item_index]);
        report.check("a child run has the input of its item", item == Some(&run.head.input_data), || {
            format!("{} got {} instead of {item:?}", run.head.id, run.head.input_data)
        });
        let expected = expected::of_item(run.head.input_data.as_i64().unwrap_or_default());
        one_run(report, world, shape, run, &expected, frozen);
        order::within_parent(report, parent, run);
    }
}

/// What a frozen server had under way was done by another, and its own result did not count.
fn late_results(report: &mut Report, world: &World, frozen: &[Frozen]) {
    let mut late = 0;
    for server in frozen {
        for held in &server.held {
            let run =
                world.runs.iter().chain(world.children.values().flatten()).find(|r| r.head.id == held.run);
            let row = run.and_then(|r| r.of(&held.name).find(|e| e.attempt == held.attempt));
            let status = row.map(|row| row.status.as_str());
            report.check("what a frozen server held was interrupted", status == Some("interrupted"), || {
                format!("{} of {}: attempt {} is {status:?}", held.name, held.run, held.attempt)
            });
            late += usize::from(world.recorder.of(&held.run, &held.name).any(|(_, line)| {
                line.pid == server.pid
                    && line.attempt == held.attempt
                    && line.event == crate::recorder::Event::End
            }));
        }
    }
    if !frozen.is_empty() {
        report.note(format!("{late} results came too late from a frozen server"));
        report.check("a late result was put to the test", late > 0, || {
            "no frozen server ended what it had begun: the refusal was not seen".to_owned()
        });
    }
}

/// A storm that hits nothing proves nothing.
fn effect(report: &mut Report, world: &World, storm: &Storm) {
    let executions =
        || world.runs.iter().chain(world.children.values().flatten()).flat_map(|run| &run.executions);
    let interrupted = executions().filter(|e| e.status == "interrupted").count();
    let again = executions().filter(|e| e.status == "completed" && e.attempt > 1).count();
    report.note(format!(
        "{} runs and {} child runs, {} executions, {interrupted} interrupted, {again} steps needed several attempts, \
         {} lines recorded, {} cut by a kill",
        world.runs.len(),
        world.children.values().map(Vec::len).sum::<usize>(),
        executions().count(),
        world.recorder.len(),
        world.recorder.cut
    ));
    report.check("the kills hit steps that were under way", storm.kills == 0 || interrupted > 0, || {
        "no attempt was interrupted".to_owned()
    });
}
