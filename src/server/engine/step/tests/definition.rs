//! Section 5 of the design as questions about the facts of a run: which edges are live, who starts, how long a
//! repetition waits. Slow and obvious: every answer is worked out anew.

use super::{
    graph::ERROR,
    witness::{Stage, Witness},
};
use crate::{
    server::engine::step::{Millis, Wake},
    workflow::document::{Backoff, Join},
};

impl Witness<'_> {
    /// Nothing starts any more.
    pub fn stops(&self) -> bool {
        self.failed || self.timed_out || self.cancelled
    }

    pub fn executing(&self) -> usize {
        self.tracks.iter().filter(|track| track.stage == Stage::Executes).count()
    }

    /// Nothing runs and something waits.
    pub fn waits(&self) -> bool {
        self.ended.is_none() && self.executing() == 0
    }

    /// When the next waiting ends by itself.
    pub fn next_due(&self, after: Millis) -> Option<Millis> {
        let due = |stage: &Stage| match stage {
            Stage::Sleeps(due) => Some(*due),
            Stage::Waits(wake) => wake_due(*wake),
            _ => None,
        };
        self.tracks.iter().filter_map(|track| due(&track.stage)).filter(|due| *due > after).min()
    }

    /// Whether the edge is live; `None` before it is decided.
    fn is_live(&self, source: usize, port: &str) -> Option<bool> {
        match &self.tracks[source].stage {
            Stage::Done(emitted) => Some(emitted == port),
            Stage::Broken => Some(port == ERROR),
            Stage::Skipped | Stage::Cancelled => Some(false),
            _ => None,
        }
    }

    /// Whether the step is to start or to be skipped; `None` before all its incoming edges are decided.
    pub fn wanted(&self, node: usize) -> Option<bool> {
        let step = &self.graph.steps[node];
        let mut live = 0;
        for (source, port) in &step.incoming {
            if self.is_live(*source, port)? {
                live += 1;
            }
        }
        let all = step.incoming.len();
        Some(match step.join {
            Join::Any => live > 0 || all == 0,
            Join::All => live == all,
        })
    }

    /// The steps whose edge to this one is live.
    pub fn live_sources(&self, node: usize) -> Vec<usize> {
        let mut sources = Vec::new();
        for (source, port) in &self.graph.steps[node].incoming {
            if self.is_live(*source, port) == Some(true) && !sources.contains(source) {
                sources.push(*source);
            }
        }
        sources
    }

    /// The completed steps after which none completed.
    pub fn last_done(&self) -> Vec<usize> {
        let done = |node: usize| matches!(self.tracks[node].stage, Stage::Done(_));
        let leads_to = |node: usize, next: usize| {
            self.graph.steps[next].incoming.iter().any(|(source, _)| *source == node)
        };
        let all = 0..self.tracks.len();
        all.clone()
            .filter(|n| done(*n) && !all.clone().any(|next| done(next) && leads_to(*n, next)))
            .collect()
    }

    /// How soon and how late the next attempt may start, counted from the failure: a tenth around what is set, and
    /// what rounding takes.
    pub(super) fn delay(&self, node: usize) -> (Millis, Millis) {
        let retry = self.graph.steps[node].retry.as_ref().expect("only what has retries is repeated");
        let mut delay = u128::from(retry.delay_ms);
        if retry.backoff == Backoff::Exponential {
            for _ in 1..self.tracks[node].failures {
                delay *= 2;
            }
        }
        let delay = delay.min(u128::from(retry.max_delay_ms)) as Millis;
        ((delay * 9 / 10 - 2).max(0), delay * 11 / 10 + 2)
    }

    /// An attempt failed; `again` when the error may be repeated and the run does not stop.
    pub(super) fn failed(&mut self, node: usize, again: bool) {
        let step = &self.graph.steps[node];
        let allowed = step.retry.as_ref().map_or(1, |retry| retry.max_attempts);
        if self.tracks[node].stage != Stage::Between {
            self.tracks[node].failures += 1;
        }
        if again && self.tracks[node].failures < allowed {
            self.tracks[node].stage = Stage::Between;
            return;
        }
        self.end(node, Stage::Broken);
        self.failed |= !step.catches;
    }

    /// A final state is final.
    pub(super) fn end(&mut self, node: usize, stage: Stage) {
        let before = std::mem::replace(&mut self.tracks[node].stage, stage);
        let was_final = matches!(before, Stage::Done(_) | Stage::Broken | Stage::Skipped | Stage::Cancelled);
        assert!(!was_final, "n{node} was {before:?} and became {:?}", self.tracks[node].stage);
    }
}

/// When time ends a waiting.
pub fn wake_due(wake: Wake) -> Option<Millis> {
    match wake {
        Wake::Timer { due } | Wake::Retry { due } => Some(due),
        Wake::Approval { due } => due,
        Wake::Children => None,
    }
}
