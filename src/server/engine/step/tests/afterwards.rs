//! What a run is taken up from, after a crash or as the copy of another; and the last word about one that has ended.

use super::{
    life::Life,
    script::{Ending, foretell},
    tally::Met,
    witness::Stage,
};
use crate::{
    api::runs::NodeStatus,
    server::engine::{
        recovery::replay,
        step::{Event, NodeState, Outcome, State},
    },
};

impl Life<'_> {
    /// Now and then the run is the copy of another: some of what completed there is here from the start.
    pub(super) fn reuse(&mut self) {
        if !self.random.chance(15) {
            return;
        }
        let foretold = foretell(self.graph, &self.scripts, &self.doomed);
        let mut reused = vec![false; foretold.len()];
        for (node, (ending, _)) in foretold.iter().enumerate() {
            let is_settled =
                |(source, _): &(usize, &str)| reused[*source] || foretold[*source].0 == Ending::Skipped;
            let may = self.graph.steps[node].incoming.iter().all(is_settled);
            if let (true, Ending::Completed(port), true) = (may, ending, self.random.chance(70)) {
                reused[node] = true;
                self.rows.reused(node, port);
                self.witness.reused(node, port);
                self.history.push(Event::Started { node, attempt: 0 });
                self.history.push(Event::Completed { node, port: (*port).to_owned() });
                self.tally.count(Met::Reused);
            }
        }
        self.take_up();
    }

    /// The process ends, perhaps before its last write is durable; another one goes on.
    pub(super) fn crash(&mut self) {
        self.tally.count(Met::Crash);
        if self.random.chance(40) {
            self.tally.count(Met::LostWrite);
            for _ in 0..self.random.between(1, 3) {
                if let Some(event) = self.next() {
                    let moment = self.moment();
                    self.state.step(&self.graph.plan, &event, moment);
                }
            }
        }
        let under_way = self.take_up();
        let downtime = self.random.pick(&[0, 10, 4000, 600_000]);
        self.pass(downtime);
        self.parallel = self.random.pick(&[self.parallel, self.parallel, 1, 8]);
        for node in under_way {
            let too_often = self.state.interruptions(node) + 1 >= self.patience;
            let event = if too_often {
                self.doomed[node] = true;
                self.tally.count(Met::CrashedRepeatedly);
                Event::Failed { node, retryable: false }
            } else {
                Event::Interrupted { node }
            };
            self.note(&event);
            self.state.apply(&self.graph.plan, &event);
            self.history.push(event);
        }
        self.take(if self.cancel_is_stored { Event::CancelRequested } else { Event::TimePassed });
    }

    /// Works out where the run stands, from the events and from the rows; gives what was under way.
    fn take_up(&mut self) -> Vec<usize> {
        let mut folded = State::new(&self.graph.plan);
        for event in &self.history {
            folded.apply(&self.graph.plan, event);
        }
        self.witness.agrees_with(&folded);
        let standing = replay(&self.graph.plan, self.rows.stored().to_vec());
        assert_eq!(standing.state, folded, "what the rows tell, and what the events tell");
        let mut executes: Vec<usize> = folded.running().collect();
        let mut under_way = standing.under_way;
        under_way.sort_unstable();
        executes.sort_unstable();
        assert_eq!(under_way, executes, "what was under way");
        let keeps = |node: &usize| matches!(self.witness.tracks[*node].stage, Stage::Waits(_));
        let mut kept: Vec<usize> = standing.kept.into_keys().collect();
        kept.sort_unstable();
        assert_eq!(
            kept,
            (0..self.doomed.len()).filter(keeps).collect::<Vec<_>>(),
            "what waits and keeps something"
        );
        self.rows.taken_over(&folded, standing.next_order);
        self.state = if self.random.chance(50) { folded } else { standing.state };
        under_way
    }

    /// The run has ended: was it as it had to be?
    pub(super) fn judge(&mut self) {
        self.tally.count(Met::Run);
        let outcome = self.witness.ended.expect("it has ended");
        self.tally.count(match outcome {
            Outcome::Completed => Met::Completed,
            Outcome::Failed => Met::Failed,
            Outcome::Cancelled => Met::Cancelled,
        });
        assert_eq!(self.history.last(), Some(&Event::Ended(outcome)), "the last event");
        assert_eq!(
            self.state.last_completed(&self.graph.plan),
            self.witness.last_done(),
            "who gives the output"
        );
        let foretold = foretell(self.graph, &self.scripts, &self.doomed);
        let breaks = |(node, (ending, _)): (usize, &(Ending, u32))| {
            *ending == Ending::Failed && !self.graph.steps[node].catches
        };
        let fatal = foretold.iter().enumerate().any(breaks);
        match outcome {
            Outcome::Completed => assert!(!fatal, "a run that had to fail completed"),
            Outcome::Failed => {
                assert!(fatal || self.tally.of(Met::TimedOut) > 0, "a run failed without a reason")
            }
            Outcome::Cancelled => assert!(self.cancel_is_stored, "nobody wanted it to stop"),
        }
        for (node, (ending, attempts)) in foretold.into_iter().enumerate() {
            self.judge_ending(node, ending, attempts, outcome);
            self.judge_rows(node);
        }
        // The rows tell the same, but for what stands in the run's own row.
        let mut standing = replay(&self.graph.plan, self.rows.stored().to_vec());
        assert!(standing.under_way.is_empty(), "something is under way in a run that has ended");
        for event in [Event::CancelRequested, Event::TimedOut, Event::Ended(outcome)] {
            if self.history.contains(&event) {
                standing.state.apply(&self.graph.plan, &event);
            }
        }
        assert_eq!(standing.state, self.state, "what the rows tell in the end");
    }

    /// What a step came to, against what it had to come to.
    fn judge_ending(&mut self, node: usize, foretold: Ending, attempts: u32, outcome: Outcome) {
        let track = &self.witness.tracks[node];
        let is = match &track.stage {
            Stage::Done(port) => Some((port.as_str(), Ending::Completed(""))),
            Stage::Broken => Some(("", Ending::Failed)),
            Stage::Skipped => Some(("", Ending::Skipped)),
            _ => None,
        };
        let Some((emitted, is)) = is else {
            assert_ne!(outcome, Outcome::Completed, "n{node} is {:?} in a run that completed", track.stage);
            return;
        };
        // A run that stops repeats nothing: then a failure stands that would have been repeated.
        let given_up = is == Ending::Failed
            && outcome != Outcome::Completed
            && track.failures <= self.scripts[node].failures
            && (foretold != Ending::Failed || track.failures < attempts);
        if given_up {
            return;
        }
        match foretold {
            Ending::Completed(port) => assert_eq!((is, emitted), (Ending::Completed(""), port), "n{node}"),
            other => assert_eq!(is, other, "n{node}"),
        }
        let reused = track.number == 0 && is == Ending::Completed("");
        if !self.doomed[node] && !reused {
            let counted = self
                .rows
                .of(node)
                .filter(|row| matches!(row.status, NodeStatus::Completed | NodeStatus::Failed));
            assert_eq!(counted.count(), attempts as usize, "attempts of n{node} that count");
        }
        if is == Ending::Failed && *self.state.node(node) == (NodeState::Failed { caught: true }) {
            self.tally.count(Met::Caught);
        }
    }

    /// The rows of a step: numbered without gaps, all of them final, and only the last one the last word.
    fn judge_rows(&self, node: usize) {
        let rows: Vec<_> = self.rows.of(node).collect();
        if let [only] = rows.as_slice()
            && only.attempt == 0
        {
            assert!(matches!(only.status, NodeStatus::Skipped | NodeStatus::Completed), "{only:?}");
            return;
        }
        for (before, row) in rows.iter().enumerate() {
            assert_eq!(row.attempt, before as i32 + 1, "a gap in the attempts of n{node}");
            let is_last = before + 1 == rows.len();
            let fits = match row.status {
                NodeStatus::Failed | NodeStatus::Interrupted => true,
                NodeStatus::Completed | NodeStatus::Cancelled => is_last,
                _ => false,
            };
            assert!(fits, "n{node} has ended: {row:?}");
            let has_begun = row.started_at.is_some();
            assert!(has_begun || row.status == NodeStatus::Cancelled, "it never started: {row:?}");
        }
        let last = rows.last().map(|row| row.status);
        let is_broken = self.witness.tracks[node].stage == Stage::Broken;
        assert_eq!(last == Some(NodeStatus::Failed), is_broken, "the last word on n{node}");
    }
}
