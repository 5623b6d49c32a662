//! One step of one run: its rows, and what its probe wrote down.

use crate::{
    expected::Outcome,
    reading::{Run, World},
    recorder::Event,
    report::Report,
    second::Frozen,
    shape::FAILURES,
};

/// The attempts in the database: whole, in order, one of them completed with the right output.
pub fn rows(report: &mut Report, run: &Run, name: &str, expected: &Outcome) {
    let mut rows: Vec<_> = run.of(name).collect();
    rows.sort_by_key(|row| row.attempt);
    let at = || {
        let attempts: Vec<_> = rows.iter().map(|r| format!("{} {}", r.attempt, r.status)).collect();
        format!("{name} of {}: {}", run.head.id, attempts.join(", "))
    };
    let Outcome::Gives(port, output) = expected else {
        let one = rows.len() == 1 && rows[0].attempt == 0 && rows[0].status == "skipped";
        report.check("the branch that was not taken is skipped", one, at);
        return;
    };
    let completed: Vec<_> = rows.iter().filter(|row| row.status == "completed").collect();
    report.check("each step completed exactly once", completed.len() == 1, at);
    let numbered = rows.iter().zip(1..).all(|(row, number)| row.attempt == number);
    report.check("attempts are numbered without gaps", numbered && !rows.is_empty(), at);
    let before_last = rows.iter().rev().skip(1).all(|row| {
        row.status == "interrupted" || (name == "Flaky" && row.status == "failed" && row.attempt <= FAILURES)
    });
    let last = rows.last().is_some_and(|row| row.status == "completed");
    report.check("attempts before the last were interrupted or told to fail", before_last && last, at);
    if let Some(row) = completed.first() {
        let right = row.output_data == *output && row.port.as_deref() == Some(*port);
        report.check("each step gives the pure function", right, || {
            format!("{name} of {}: {} on {:?} instead of {output}", run.head.id, row.output_data, row.port)
        });
    }
}

/// The probe's own lines: an attempt begins once, and nothing begins after the end that was committed.
pub fn recorded(report: &mut Report, world: &World, run: &Run, name: &str, frozen: &[Frozen]) {
    let lines: Vec<_> = world.recorder.of(&run.head.id, name).collect();
    let Some(row) = run.completed(name) else {
        report.check("a skipped step did nothing", lines.is_empty(), || {
            format!("{name} of {} was skipped and ran", run.head.id)
        });
        return;
    };
    let at = || {
        let shown: Vec<_> = lines
            .iter()
            .map(|(place, l)| format!("{place}: {:?} {} {} by {}", l.event, l.attempt, l.result, l.pid))
            .collect();
        format!("{name} of {}, completed by attempt {}: {}", run.head.id, row.attempt, shown.join("; "))
    };
    let count = |event: Event, attempt: i32| {
        lines.iter().filter(|(_, line)| line.event == event && line.attempt == attempt).count()
    };
    let once = (1..=row.attempt).all(|attempt| count(Event::Start, attempt) <= 1);
    report.check("no attempt began twice", once, at);
    let whole = count(Event::Start, row.attempt) == 1 && count(Event::End, row.attempt) == 1;
    report.check("the completed attempt began once and ended once", whole, at);
    let end = lines.iter().find(|(_, line)| line.event == Event::End && line.attempt == row.attempt);
    let again = lines.iter().any(|(place, line)| {
        line.event == Event::Start
            && (line.attempt > row.attempt
                || (end.is_some_and(|(end, _)| place > end)
                    // A server that was frozen between its commit and this line knows nothing of what came after.
                    && !frozen.iter().any(|server| server.pid == line.pid)))
    });
    report.check("no finished step ran again", !again, at);
    let same = lines.windows(2).all(|pair| pair[0].1.input == pair[1].1.input);
    report.check("every attempt of a step got the same input", same, at);
}
