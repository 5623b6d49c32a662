//! What steps have written into tables: each completed step exactly once, and nobody else anything.

use crate::{
    reading::{Row, Run, World},
    report::Report,
    shape::{ITEMS, OUTCOMES},
};
use std::collections::HashMap;

/// The rows of every run and of every child run.
pub fn all(report: &mut Report, world: &World) {
    of_table(report, world, OUTCOMES, &world.runs, "Write", |run| {
        run.completed("Merge")?.output_data["value"].as_i64()
    });
    if world.rows.contains_key(ITEMS) {
        let children: Vec<_> = world.children.values().flatten().cloned().collect();
        of_table(report, world, ITEMS, &children, "Note", |run| run.completed("Weigh")?.output_data.as_i64());
    }
}

fn of_table(
    report: &mut Report,
    world: &World,
    table: &'static str,
    runs: &[Run],
    step: &str,
    value: impl Fn(&Run) -> Option<i64>,
) {
    let none = Vec::new();
    let rows = world.rows.get(table).unwrap_or(&none);
    let mut by_run: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in rows {
        by_run.entry(&row.run).or_default().push(row);
    }
    for run in runs {
        let found = by_run.remove(run.head.id.as_str()).unwrap_or_default();
        let wanted = usize::from(run.completed(step).is_some());
        report.check("each row was written exactly once", found.len() == wanted, || {
            format!("{table}: {} has {} rows instead of {wanted}", run.head.id, found.len())
        });
        report.check(
            "each row holds what its step was given",
            found.iter().all(|row| Some(row.value) == value(run)),
            || format!("{table}: {} wrote {found:?} instead of {:?}", run.head.id, value(run)),
        );
    }
    report.check("each row belongs to a run", by_run.is_empty(), || format!("{table}: {by_run:?}"));
    report.note(format!("{} rows in the table {table}", rows.len()));
}
