//! What came before what: parents and children of the graph, events, runs within runs.

use crate::{
    expected::{Expected, Outcome},
    reading::{Run, World},
    recorder::Event,
    report::Report,
    shape::Shape,
};

/// No step began before all its parents were done: by the rows, and by the order in which probes wrote.
pub fn parents_first(report: &mut Report, world: &World, shape: &Shape, run: &Run) {
    for node in &shape.nodes {
        let begun = run.of(node.name).filter_map(|row| row.started_at).min();
        let order = run.of(node.name).map(|row| row.execution_order).min();
        let first_line = world
            .recorder
            .of(&run.head.id, node.name)
            .find(|(_, line)| line.event == Event::Start)
            .map(|l| l.0);
        for parent in shape.parents(node.name) {
            let Some(before) = run.completed(parent) else { continue };
            let in_time = begun.is_none() || before.completed_at.is_some_and(|done| Some(done) <= begun);
            let in_order = order.is_none_or(|order| before.execution_order < order);
            let at = || format!("{} of {} and its parent {parent}", node.name, run.head.id);
            report.check("no step started before its parents completed", in_time && in_order, at);
            let end = world.recorder.of(&run.head.id, parent).find(|(_, line)| {
                line.event == Event::End && line.attempt == before.attempt && line.result == "completed"
            });
            if let (Some((end, _)), Some(start)) = (end, first_line) {
                report.check("no probe wrote before its parents had", end < start, at);
            }
        }
    }
}

/// Events are numbered without gaps, tell each completion once, and end with the run.
pub fn events(report: &mut Report, run: &Run, expected: &Expected) {
    let at = || format!("{}: {:?}", run.head.id, run.events.iter().map(|e| (e.0, &e.1)).collect::<Vec<_>>());
    let gapless =
        !run.events.is_empty() && run.events.iter().zip(1..).all(|(event, number)| event.0 == number);
    report.check("events are numbered without gaps", gapless, at);
    let ends: Vec<_> = run.events.iter().filter(|e| e.1 == "run.completed").map(|e| e.0).collect();
    let last = run.events.last().map(|e| e.0);
    report.check(
        "the run's end is its last event, once",
        ends.len() == 1 && ends.first().copied() == last,
        at,
    );
    for (name, outcome) in &expected.nodes {
        let wanted = if *outcome == Outcome::Skipped { "node.skipped" } else { "node.completed" };
        let told = run.events.iter().filter(|e| e.1 == wanted && e.2.as_deref() == Some(*name)).count();
        report.check("each completion is told once", told == 1, || {
            format!("{wanted} of {name} of {} was told {told} times", run.head.id)
        });
    }
}

/// A child run lies within the step that started it.
pub fn within_parent(report: &mut Report, parent: &Run, child: &Run) {
    let step = parent.completed("Each");
    let first = parent.of("Each").filter_map(|row| row.started_at).min();
    let is_its = child
        .head
        .parent
        .as_ref()
        .is_some_and(|link| link.run_id == parent.head.id && !link.node_id.is_empty());
    let after = first.is_some() && child.head.started_at >= first;
    let before = step.is_some_and(|step| {
        child.head.completed_at.is_some() && child.head.completed_at <= step.completed_at
    });
    report.check("a child run lies within the step that started it", is_its && after && before, || {
        format!("{} of {}", child.head.id, parent.head.id)
    });
}
