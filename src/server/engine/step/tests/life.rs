//! One run from its beginning to its end: what comes from outside, in random order, each write durable or lost.

use super::{
    graph::Graph,
    random::Random,
    rows::Rows,
    script::Script,
    tally::{Met, Tally},
    witness::{Stage, Witness},
};
use crate::server::engine::step::{Event, Millis, Moment, NodeState, State, Wake};

/// Steps of the engine that a run may take; the longest take a few hundred.
const TOO_LONG: u64 = 20_000;

/// A run in the making. Tells where it stands when a test fails in it.
pub struct Life<'a> {
    pub graph: &'a Graph,
    pub scripts: Vec<Script>,
    pub random: Random,
    pub state: State,
    /// Everything durable that came from outside or was decided.
    pub history: Vec<Event>,
    pub rows: Rows<'a>,
    pub witness: Witness<'a>,
    pub tally: Tally,
    /// Steps held to have brought the process down.
    pub doomed: Vec<bool>,
    pub at: Millis,
    pub parallel: usize,
    /// Somebody has asked for the end.
    pub cancel_is_stored: bool,
    /// How often a step may be interrupted.
    pub patience: u32,
    /// Steps that this write touched: nothing else happens to them before it is durable.
    pub fresh: Vec<usize>,
    pub crashes: usize,
    pub cancels: usize,
    pub time_outs: usize,
}

impl<'a> Life<'a> {
    pub fn new(graph: &'a Graph, mut random: Random) -> Self {
        let breaks = random.chance(40);
        let scripts = graph.steps.iter().map(|step| Script::random(&mut random, step, breaks)).collect();
        Self {
            graph,
            scripts,
            state: State::new(&graph.plan),
            history: Vec::new(),
            rows: Rows::new(graph),
            witness: Witness::new(graph),
            tally: Tally::default(),
            doomed: vec![false; graph.steps.len()],
            at: 1_795_000_000_000,
            parallel: random.pick(&[0, 1, 2, 3, 8, 60]),
            cancel_is_stored: false,
            patience: random.pick(&[1, 2, 3, 20, 20, 20]),
            fresh: Vec::new(),
            crashes: random.pick(&[0, 0, 15, 60, 150]),
            cancels: random.pick(&[0, 0, 0, 0, 15]),
            time_outs: random.pick(&[0, 0, 0, 0, 0, 10]),
            random,
        }
    }

    /// Lives it to the end; gives what it met.
    pub fn live(mut self) -> Tally {
        self.reuse();
        self.take(Event::TimePassed);
        self.durable();
        while self.witness.ended.is_none() {
            if self.random.permille(self.crashes) {
                self.crash();
            } else {
                let event = self.next().expect("something is open, and nothing can happen to it");
                self.take(event);
            }
            // One write may hold what several attempts report.
            while self.witness.ended.is_none() && self.random.chance(25) {
                let Some(event) = self.next() else { break };
                self.take(event);
            }
            self.durable();
            assert!(self.tally.of(Met::Step) < TOO_LONG, "the run does not end");
        }
        self.judge();
        std::mem::take(&mut self.tally)
    }

    pub fn moment(&mut self) -> Moment {
        Moment { at: self.at, jitter: self.random.below(1000) as u16, parallel: self.parallel, hold: 0 }
    }

    /// The core takes an event in; everything about its decisions is checked.
    pub fn take(&mut self, event: Event) {
        let moment = self.moment();
        self.note(&event);
        let decisions = self.state.step(&self.graph.plan, &event, moment);
        self.tally.count(Met::Step);
        self.history.push(event);
        for decision in decisions {
            self.meet(&decision);
            self.witness.decided(&decision, moment);
            let node = node_of(&decision);
            self.rows.write(&decision, node.map_or(0, |node| self.state.attempt(node)), self.at);
            self.fresh.extend(node);
            if let Event::Started { node, .. } = decision {
                let live = self.state.live_predecessors(&self.graph.plan, node);
                assert_eq!(live, self.witness.live_sources(node), "who n{node} gets its input from");
            }
            self.history.push(decision);
        }
        self.witness.nothing_is_missing(moment);
        self.witness.agrees_with(&self.state);
        let more = self.state.decide(&self.graph.plan, moment);
        assert!(more.is_empty(), "decided only when asked again: {more:?}");
        assert_eq!(self.state.next_due(self.at), self.witness.next_due(self.at), "the next time to wake");
        assert_eq!(self.state.is_waiting(), self.witness.waits(), "whether the run waits");
    }

    /// Takes down what came from outside.
    pub fn note(&mut self, event: &Event) {
        let node = node_of(event);
        self.rows.write(event, node.map_or(0, |node| self.state.attempt(node)), self.at);
        self.fresh.extend(node);
        match event {
            Event::Waits { wake: Wake::Children, .. } => self.tally.count(Met::Children),
            Event::Completed { node, .. }
                if matches!(self.state.node(*node), NodeState::Waiting(Wake::Approval { .. })) =>
            {
                self.tally.count(Met::Answer);
            }
            Event::Failed { retryable: true, .. } if self.witness.stops() => self.tally.count(Met::GivenUp),
            Event::Interrupted { .. } => self.tally.count(Met::Interrupted),
            Event::TimedOut => self.tally.count(Met::TimedOut),
            _ => {}
        }
        self.witness.happened(event);
    }

    /// Counts a decision; the witness does not know it yet.
    fn meet(&mut self, decision: &Event) {
        let stage = |node: &usize| &self.witness.tracks[*node].stage;
        let met = match decision {
            Event::Started { node, .. } if matches!(stage(node), Stage::Sleeps(_)) => Met::Retry,
            Event::Started { .. } => Met::Start,
            Event::Skipped { .. } => Met::Skip,
            Event::Completed { .. } => Met::Timer,
            Event::Failed { node, .. } if *stage(node) == Stage::Between => Met::GivenUp,
            Event::Failed { .. } => Met::TooLate,
            Event::Cancelled { node } if !matches!(stage(node), Stage::Executes) => Met::CancelledWait,
            _ => return,
        };
        self.tally.count(met);
    }

    fn durable(&mut self) {
        if self.state.running().count() == self.parallel.max(1) {
            self.tally.count(Met::Full);
        }
        self.fresh.clear();
        self.rows.commit();
    }
}

impl Drop for Life<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for (node, step) in self.graph.steps.iter().enumerate() {
                if self.witness.tracks[node].stage != Stage::Untouched {
                    eprintln!(
                        "n{node} is {:?}: {step:?}, {:?}",
                        self.witness.tracks[node], self.scripts[node]
                    );
                }
            }
            let from = self.history.len().saturating_sub(40);
            for event in &self.history[from..] {
                eprintln!("{event:?}");
            }
        }
    }
}

/// The step that an event is about.
pub fn node_of(event: &Event) -> Option<usize> {
    match event {
        Event::Started { node, .. }
        | Event::Skipped { node }
        | Event::Cancelled { node }
        | Event::Retrying { node, .. }
        | Event::Completed { node, .. }
        | Event::Failed { node, .. }
        | Event::Waits { node, .. }
        | Event::Interrupted { node } => Some(*node),
        Event::Ended(_) | Event::CancelRequested | Event::TimedOut | Event::TimePassed => None,
    }
}
