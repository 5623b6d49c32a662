//! The pure core against a slow and obvious interpreter, over random graphs in random order.

use super::{Event, Moment, NodeState, Outcome, State};
use crate::{
    server::engine::plan::Plan,
    workflow::{
        catalog,
        document::{Edge, Join, Node, Settings, Workflow},
        ids::{EdgeId, NodeId},
    },
};
use proptest::prelude::*;

/// What a node does when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Emit(&'static str),
    Fail,
}

#[derive(Debug, Clone)]
struct Case {
    acts: Vec<Act>,
    joins: Vec<Join>,
    /// Source, port, target; the source is smaller than the target.
    edges: Vec<(usize, &'static str, usize)>,
    /// Which of the running nodes ends next, and whether the process dies before.
    schedule: Vec<(usize, bool)>,
    parallel: usize,
}

fn case() -> impl Strategy<Value = Case> {
    (1_usize..24).prop_flat_map(|nodes| {
        let act =
            prop_oneof![5 => Just(Act::Emit("true")), 3 => Just(Act::Emit("false")), 1 => Just(Act::Fail)];
        let join = prop_oneof![2 => Just(Join::Any), 1 => Just(Join::All)];
        let port = prop_oneof![4 => Just("true"), 2 => Just("false"), 2 => Just(catalog::ERROR_PORT)];
        (
            prop::collection::vec(act, nodes),
            prop::collection::vec(join, nodes),
            prop::collection::vec((0..nodes, port, 0..nodes), 0..nodes * 3),
            prop::collection::vec((0_usize..100, prop::bool::weighted(0.1)), 200),
            1_usize..6,
        )
            .prop_map(|(acts, joins, edges, schedule, parallel)| {
                let edges = edges
                    .into_iter()
                    .filter(|(a, _, b)| a != b)
                    .map(|(a, port, b)| (a.min(b), port, a.max(b)))
                    .collect();
                Case { acts, joins, edges, schedule, parallel }
            })
    })
}

impl Case {
    fn moment(&self) -> Moment {
        Moment { at: 0, jitter: 0, parallel: self.parallel }
    }

    /// The document lists the nodes backwards, so that the plan has to find their order.
    fn plan(&self) -> (Plan, Vec<usize>) {
        let ids: Vec<NodeId> = self.acts.iter().map(|_| NodeId::new()).collect();
        let node = |i: usize| Node {
            id: ids[i],
            name: format!("n{i}"),
            node_type: "condition".to_owned(),
            config: serde_json::Map::new(),
            settings: Settings { join: self.joins[i], ..Settings::default() },
            position_x: 0.0,
            position_y: 0.0,
        };
        let edge = |(source, port, target): &(usize, &str, usize)| Edge {
            id: EdgeId::new(),
            source_node_id: ids[*source],
            source_port: Some((*port).to_owned()),
            target_node_id: ids[*target],
            target_port: None,
        };
        let document = Workflow {
            name: "w".to_owned(),
            description: String::new(),
            input_schema: None,
            vars: serde_json::Map::new(),
            nodes: (0..ids.len()).rev().map(node).collect(),
            edges: self.edges.iter().map(edge).collect(),
        };
        let plan = Plan::of(&document).expect("edges go upwards only");
        let of_plan =
            plan.nodes.iter().map(|p| ids.iter().position(|id| *id == p.node.id).expect("one of ours"));
        let order = of_plan.collect();
        (plan, order)
    }

    fn catches(&self, node: usize) -> bool {
        self.edges.iter().any(|(source, port, _)| *source == node && *port == catalog::ERROR_PORT)
    }

    /// What becomes of each node if no failure ends the run: from the definition, without any order of execution.
    fn reference(&self) -> Vec<NodeState> {
        let mut states: Vec<NodeState> = Vec::new();
        for node in 0..self.acts.len() {
            let incoming: Vec<_> = self.edges.iter().filter(|(_, _, target)| *target == node).collect();
            let live = incoming.iter().filter(|(source, port, _)| match &states[*source] {
                NodeState::Completed { port: emitted } => emitted == port,
                NodeState::Failed { .. } => *port == catalog::ERROR_PORT,
                _ => false,
            });
            let live = live.count();
            let runs = match self.joins[node] {
                _ if incoming.is_empty() => true,
                Join::Any => live > 0,
                Join::All => live == incoming.len(),
            };
            states.push(match self.acts[node] {
                _ if !runs => NodeState::Skipped,
                Act::Emit(port) => NodeState::Completed { port: port.to_owned() },
                Act::Fail => NodeState::Failed { caught: self.catches(node) },
            });
        }
        states
    }
}

/// Drives a case to its end; gives the final state and everything that happened.
fn drive(case: &Case, plan: &Plan, order: &[usize]) -> Result<(State, Vec<Event>), TestCaseError> {
    let mut state = State::new(plan);
    let mut history = Vec::new();
    let mut schedule = case.schedule.iter();
    let mut decisions = state.decide(plan, case.moment());
    loop {
        history.extend(decisions);
        prop_assert!(state.running().count() <= case.parallel, "more than the limit run");
        // Who reads the history stands where who lived through it stands.
        let mut replayed = State::new(plan);
        history.iter().for_each(|event| replayed.apply(plan, event));
        prop_assert_eq!(&replayed, &state);
        let mut nothing = replayed.clone();
        prop_assert!(nothing.decide(plan, case.moment()).is_empty(), "a decision was left out");
        if matches!(history.last(), Some(Event::Ended(_))) {
            return Ok((state, history));
        }
        let running: Vec<_> = state.running().collect();
        let (pick, crash) = schedule.next().copied().unwrap_or((0, false));
        if crash {
            for node in running {
                let event = Event::Interrupted { node };
                state.apply(plan, &event);
                history.push(event);
            }
            decisions = state.decide(plan, case.moment());
            continue;
        }
        let node = running[pick % running.len()];
        let event = match case.acts[order[node]] {
            Act::Emit(port) => Event::Completed { node, port: port.to_owned() },
            Act::Fail => Event::Failed { node, retryable: false },
        };
        decisions = state.step(plan, &event, case.moment());
        history.push(event);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_run_ends_as_the_definition_says(case in case()) {
        let (plan, order) = case.plan();
        let (state, history) = drive(&case, &plan, &order)?;
        let expected = case.reference();
        let fatal = expected.contains(&NodeState::Failed { caught: false });
        let outcome = if fatal { Outcome::Failed } else { Outcome::Completed };
        prop_assert_eq!(history.last(), Some(&Event::Ended(outcome)));
        for (node, original) in order.iter().enumerate() {
            let is = state.node(node);
            // A failed run stops early: what it did reach is as it would have been.
            let unreached = fatal && *is == NodeState::Idle;
            prop_assert!(unreached || *is == expected[*original], "n{original}: {is:?}, expected {:?}", expected[*original]);
        }
    }

    #[test]
    fn nothing_starts_before_what_it_depends_on(case in case()) {
        let (plan, order) = case.plan();
        let (_, history) = drive(&case, &plan, &order)?;
        let mut state = State::new(&plan);
        let mut failed = false;
        for event in &history {
            if let Event::Started { node, attempt } = event {
                prop_assert!(!failed, "started after the run had failed");
                prop_assert_eq!(*attempt, state.attempt(*node) + 1);
                for before in plan.predecessors(*node) {
                    let open = matches!(state.node(before), NodeState::Idle | NodeState::Running);
                    prop_assert!(!open, "started before its predecessor was final");
                }
            }
            state.apply(&plan, event);
            failed |= (0..plan.nodes.len()).any(|n| *state.node(n) == NodeState::Failed { caught: false });
        }
    }

    #[test]
    fn a_cancelled_run_ends_at_once(case in case(), after in 0_usize..40) {
        let (plan, order) = case.plan();
        let (_, history) = drive(&case, &plan, &order)?;
        let mut state = State::new(&plan);
        let lived: Vec<_> = history.iter().take(after).take_while(|e| !matches!(e, Event::Ended(_))).collect();
        lived.iter().for_each(|event| state.apply(&plan, event));
        let running: Vec<_> = state.running().collect();
        let decisions = state.step(&plan, &Event::CancelRequested, case.moment());
        let (last, cancelled) = decisions.split_last().expect("a decision");
        prop_assert_eq!(last, &Event::Ended(Outcome::Cancelled));
        prop_assert_eq!(cancelled.len(), running.len());
        prop_assert!(state.decide(&plan, case.moment()).is_empty());
    }
}

#[test]
fn a_cycle_is_no_plan() {
    let nodes: Vec<Node> = ["a", "b"]
        .map(|name| Node {
            id: NodeId::new(),
            name: name.to_owned(),
            node_type: "transform".to_owned(),
            config: serde_json::Map::new(),
            settings: Settings::default(),
            position_x: 0.0,
            position_y: 0.0,
        })
        .to_vec();
    let edge = |a: usize, b: usize| Edge {
        id: EdgeId::new(),
        source_node_id: nodes[a].id,
        source_port: None,
        target_node_id: nodes[b].id,
        target_port: None,
    };
    let document = Workflow {
        name: "w".to_owned(),
        description: String::new(),
        input_schema: None,
        vars: serde_json::Map::new(),
        edges: vec![edge(0, 1), edge(1, 0)],
        nodes: nodes.clone(),
    };
    let error = Plan::of(&document).expect_err("refused").to_string();
    assert!(error.contains("cycle") && (error.contains("\"a\"") || error.contains("\"b\"")), "{error}");
}
