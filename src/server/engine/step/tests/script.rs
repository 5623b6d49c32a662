//! What the steps of one run do when they run, laid down before it begins; and what must become of them then, from the
//! definition alone: no order of execution, no time, no crash comes into it.

use super::{
    graph::{ERROR, Graph, Kind, Step},
    random::Random,
};
use crate::{server::engine::step::Millis, workflow::document::Join};

/// What an attempt does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Emit(&'static str),
    Fail {
        retryable: bool,
        /// It has waited for child runs before.
        late: bool,
    },
    /// Waits that long, or not at all where that is past.
    Sleep(Millis),
    /// Asks a person, who answers with that port, or nobody does within that time.
    Ask {
        within: Option<Millis>,
        answer: Option<&'static str>,
    },
    /// Emits on that port when its child runs have ended.
    Children(&'static str),
}

/// What a step does: a number of attempts that fail and may be repeated, and then something else.
#[derive(Debug, Clone)]
pub struct Script {
    pub failures: u32,
    late: bool,
    last: Act,
}

/// What must become of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Completed(&'static str),
    Failed,
    Skipped,
}

impl Script {
    /// Where a failure for good ends the run, it is rare, or does not come at all unless the run `breaks`.
    pub fn random(random: &mut Random, step: &Step, breaks: bool) -> Self {
        let fails = match (step.catches, breaks) {
            (true, _) => 30,
            (false, true) => 4,
            (false, false) => 0,
        };
        let bearable = step.retry.as_ref().map_or(0, |retry| retry.max_attempts.saturating_sub(1));
        let failures = if random.chance(fails / 2) {
            random.pick(&[1, 2, 4, 6])
        } else if random.chance(60) {
            random.between(0, i64::from(bearable)) as u32
        } else {
            0
        };
        let port = random.pick(step.kind.ports());
        let last = match step.kind {
            _ if random.chance(fails / 2) => Act::Fail { retryable: false, late: random.chance(20) },
            Kind::Plain | Kind::Branch => Act::Emit(port),
            Kind::Delay => Act::Sleep(random.pick(&[-50, 0, 1, 200, 3000, 86_400_000])),
            Kind::Approval if random.chance(fails * 2) => {
                Act::Ask { within: Some(random.pick(&[-1, 0, 500, 60_000])), answer: None }
            }
            Kind::Approval => {
                let within = random.pick(&[None, Some(1000), Some(86_400_000)]);
                Act::Ask { within, answer: Some(port) }
            }
            Kind::Children => Act::Children(port),
        };
        Self { failures, late: random.chance(20), last }
    }

    /// What the attempt does that comes after so many failed ones.
    pub fn act(&self, failures: u32) -> Act {
        if failures < self.failures { Act::Fail { retryable: true, late: self.late } } else { self.last }
    }

    fn run(&self, step: &Step) -> (Ending, u32) {
        let allowed = step.retry.as_ref().map_or(1, |retry| retry.max_attempts).max(1);
        if self.failures >= allowed {
            return (Ending::Failed, allowed);
        }
        let ending = match self.last {
            Act::Emit(port) | Act::Children(port) => Ending::Completed(port),
            Act::Sleep(_) => Ending::Completed(step.kind.ports()[0]),
            Act::Ask { answer, .. } => answer.map_or(Ending::Failed, Ending::Completed),
            Act::Fail { .. } => Ending::Failed,
        };
        (ending, self.failures + 1)
    }
}

/// What becomes of each step if nothing ends the run before, and how many attempts that takes. `doomed` steps bring
/// the process down until that is held against them.
pub fn foretell(graph: &Graph, scripts: &[Script], doomed: &[bool]) -> Vec<(Ending, u32)> {
    let mut endings: Vec<(Ending, u32)> = Vec::new();
    for (node, step) in graph.steps.iter().enumerate() {
        let is_live = |(source, port): &&(usize, &str)| match endings[*source].0 {
            Ending::Completed(emitted) => emitted == *port,
            Ending::Failed => *port == ERROR,
            Ending::Skipped => false,
        };
        let live = step.incoming.iter().filter(is_live).count();
        let starts = match step.join {
            _ if step.incoming.is_empty() => true,
            Join::Any => live > 0,
            Join::All => live == step.incoming.len(),
        };
        endings.push(match starts {
            false => (Ending::Skipped, 0),
            true if doomed[node] => (Ending::Failed, 0),
            true => scripts[node].run(step),
        });
    }
    endings
}
