//! Watches a run and says of every decision whether it was allowed, and of every moment whether one is missing. Knows
//! section 5 of the design; asks nothing of the core.

use super::{definition::wake_due, graph::Graph};
use crate::server::engine::step::{Event, Millis, Moment, NodeState, Outcome, State, Wake};

/// Where a step is, by what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    Untouched,
    Executes,
    Interrupted,
    /// Failed, and due to be repeated: a decision is owed.
    Between,
    /// Waits for its next attempt.
    Sleeps(Millis),
    Waits(Wake),
    Done(String),
    Broken,
    Skipped,
    Cancelled,
}

#[derive(Debug, Clone)]
pub struct Track {
    pub stage: Stage,
    pub number: i32,
    pub failures: u32,
    pub interruptions: u32,
}

/// The facts of a run.
pub struct Witness<'a> {
    pub(super) graph: &'a Graph,
    pub tracks: Vec<Track>,
    pub(super) failed: bool,
    pub(super) timed_out: bool,
    pub(super) cancelled: bool,
    pub ended: Option<Outcome>,
}

impl<'a> Witness<'a> {
    pub fn new(graph: &'a Graph) -> Self {
        let track = Track { stage: Stage::Untouched, number: 0, failures: 0, interruptions: 0 };
        let tracks = vec![track; graph.steps.len()];
        Self { graph, tracks, failed: false, timed_out: false, cancelled: false, ended: None }
    }

    /// Something came from outside.
    pub fn happened(&mut self, event: &Event) {
        assert_eq!(self.ended, None, "{event:?} after the end");
        match event {
            Event::Completed { node, port } => self.end(*node, Stage::Done(port.clone())),
            Event::Failed { node, retryable } => {
                let again = *retryable && !self.stops();
                self.failed(*node, again);
            }
            Event::Waits { node, wake } => self.tracks[*node].stage = Stage::Waits(*wake),
            Event::Interrupted { node } => {
                self.tracks[*node].interruptions += 1;
                self.tracks[*node].stage = Stage::Interrupted;
            }
            Event::CancelRequested => self.cancelled = true,
            Event::TimedOut => self.timed_out = true,
            Event::TimePassed => {}
            other => panic!("{other:?} does not come from outside"),
        }
    }

    /// An attempt that was copied from the run before.
    pub fn reused(&mut self, node: usize, port: &str) {
        self.tracks[node].stage = Stage::Done(port.to_owned());
    }

    /// The core decided something.
    pub fn decided(&mut self, event: &Event, moment: Moment) {
        assert_eq!(self.ended, None, "{event:?} after the end");
        match event {
            Event::Started { node, attempt } => self.started(*node, *attempt, moment),
            Event::Skipped { node } => {
                assert!(!self.stops(), "{event:?} although the run stops");
                assert_eq!(self.tracks[*node].stage, Stage::Untouched, "{event:?}");
                assert_eq!(self.wanted(*node), Some(false), "{event:?}");
                self.end(*node, Stage::Skipped);
            }
            Event::Cancelled { node } => {
                let all = self.cancelled || self.timed_out;
                let stage = &self.tracks[*node].stage;
                let waits = matches!(stage, Stage::Sleeps(_) | Stage::Waits(_));
                let executes = matches!(stage, Stage::Executes | Stage::Between);
                assert!(
                    (waits && self.failed) || (all && (waits || executes)),
                    "{event:?}, which was {stage:?}"
                );
                self.end(*node, Stage::Cancelled);
            }
            Event::Retrying { node, attempt, due } => {
                assert!(!self.stops(), "{event:?} although the run stops");
                let track = &self.tracks[*node];
                assert_eq!((&track.stage, *attempt), (&Stage::Between, track.number + 1), "{event:?}");
                let (soonest, latest) = self.delay(*node);
                let delay = *due - moment.at;
                assert!(
                    soonest <= delay && delay <= latest,
                    "{event:?} in {delay} ms: {soonest} to {latest} ms"
                );
                self.tracks[*node].number = *attempt;
                self.tracks[*node].stage = Stage::Sleeps(*due);
            }
            Event::Completed { node, port } => {
                assert!(!self.stops(), "{event:?} although the run stops");
                let stage = &self.tracks[*node].stage;
                let is_due = matches!(stage, Stage::Waits(Wake::Timer { due }) if *due <= moment.at);
                assert!(is_due, "{event:?} at {}, which was {stage:?}", moment.at);
                assert_eq!(port, self.graph.steps[*node].kind.ports()[0], "{event:?}");
                self.end(*node, Stage::Done(port.clone()));
            }
            Event::Failed { node, retryable } => {
                let stage = &self.tracks[*node].stage;
                let too_late =
                    matches!(stage, Stage::Waits(Wake::Approval { due: Some(due) }) if *due <= moment.at);
                let given_up = self.stops() && *stage == Stage::Between;
                assert!(
                    !retryable && (given_up || (too_late && !self.stops())),
                    "{event:?}, which was {stage:?}"
                );
                self.failed(*node, false);
            }
            Event::Ended(outcome) => {
                let expected = match () {
                    () if self.cancelled => Outcome::Cancelled,
                    () if self.failed || self.timed_out => Outcome::Failed,
                    () => Outcome::Completed,
                };
                assert_eq!(*outcome, expected, "how it ended");
                self.ended = Some(*outcome);
            }
            other => panic!("{other:?} is no decision"),
        }
    }

    fn started(&mut self, node: usize, attempt: i32, moment: Moment) {
        assert!(!self.stops(), "n{node} started although the run stops");
        assert!(self.executing() < moment.parallel.max(1), "n{node} started, too many execute");
        let track = &self.tracks[node];
        let number = match track.stage {
            Stage::Sleeps(due) => {
                assert!(due <= moment.at, "n{node} started at {}, due at {due}", moment.at);
                track.number
            }
            Stage::Untouched | Stage::Interrupted => track.number + 1,
            _ => panic!("n{node} started, which was {:?}", track.stage),
        };
        assert_eq!(attempt, number, "the number of an attempt of n{node}");
        assert_eq!(self.wanted(node), Some(true), "n{node} started");
        self.tracks[node].number = number;
        self.tracks[node].stage = Stage::Executes;
    }

    /// Nothing that has to be decided at this moment is left out.
    pub fn nothing_is_missing(&self, moment: Moment) {
        let mut waits_for_room = None;
        let mut open = 0;
        for (node, track) in self.tracks.iter().enumerate() {
            match &track.stage {
                Stage::Between => panic!("n{node} is neither repeated nor given up"),
                Stage::Executes => open += 1,
                Stage::Sleeps(_) | Stage::Waits(_) if self.stops() => panic!("n{node} waits, the run stops"),
                Stage::Waits(wake) => {
                    open += 1;
                    assert!(wake_due(*wake).is_none_or(|due| due > moment.at), "n{node} is due: {wake:?}");
                }
                Stage::Sleeps(due) => {
                    open += 1;
                    waits_for_room = waits_for_room.or((*due <= moment.at).then_some(node));
                }
                Stage::Interrupted if !self.stops() => waits_for_room = waits_for_room.or(Some(node)),
                Stage::Untouched if !self.stops() => match self.wanted(node) {
                    Some(true) => waits_for_room = waits_for_room.or(Some(node)),
                    Some(false) => panic!("n{node} is not skipped"),
                    None => {}
                },
                _ => {}
            }
        }
        assert_eq!(self.ended.is_some(), open == 0, "ended, and what is open");
        if self.ended.is_none() {
            assert!(!self.cancelled && !self.timed_out, "a run that must end goes on");
            let has_room = self.executing() < moment.parallel.max(1);
            assert!(!has_room || waits_for_room.is_none(), "there is room for n{waits_for_room:?}");
        }
    }

    /// The core believes the same.
    pub fn agrees_with(&self, state: &State) {
        for (node, track) in self.tracks.iter().enumerate() {
            let is = state.node(node);
            let same = match (&track.stage, is) {
                (Stage::Untouched | Stage::Interrupted, NodeState::Idle)
                | (Stage::Executes, NodeState::Running)
                | (Stage::Skipped, NodeState::Skipped)
                | (Stage::Cancelled, NodeState::Cancelled) => true,
                (Stage::Sleeps(due), NodeState::Waiting(Wake::Retry { due: believed })) => due == believed,
                (Stage::Waits(wake), NodeState::Waiting(believed)) => wake == believed,
                (Stage::Done(port), NodeState::Completed { port: believed }) => port == believed,
                (Stage::Broken, NodeState::Failed { caught }) => *caught == self.graph.steps[node].catches,
                _ => false,
            };
            assert!(same, "n{node} is {:?}, the core believes {is:?}", track.stage);
            assert_eq!(track.number, state.attempt(node), "attempts of n{node}");
            assert_eq!(track.interruptions, state.interruptions(node), "interruptions of n{node}");
        }
    }
}
