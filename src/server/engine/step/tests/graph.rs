//! Random workflows, and what the reference needs to know of them: in the plan's order, but from the drawing, not from
//! the plan.

use super::random::Random;
use crate::{
    server::engine::plan::Plan,
    workflow::{
        document::{Backoff, Edge, Join, Node, Retry, Settings, Workflow},
        ids::{EdgeId, NodeId},
    },
};
use uuid::Uuid;

pub const ERROR: &str = "error";

/// What a step can do, and its ports without `error`; the first is where it emits unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Branch,
    Delay,
    Approval,
    Children,
}

const KINDS: [Kind; 8] = [
    Kind::Plain,
    Kind::Plain,
    Kind::Plain,
    Kind::Branch,
    Kind::Branch,
    Kind::Delay,
    Kind::Approval,
    Kind::Children,
];

impl Kind {
    pub fn ports(self) -> &'static [&'static str] {
        match self {
            Self::Plain | Self::Delay | Self::Children => &["out"],
            Self::Branch => &["true", "false"],
            Self::Approval => &["approved", "rejected"],
        }
    }

    fn node_type(self) -> &'static str {
        match self {
            Self::Plain => "transform",
            Self::Branch => "condition",
            Self::Delay => "delay",
            Self::Approval => "approval",
            Self::Children => "sub_workflow",
        }
    }
}

/// One step as it is drawn.
#[derive(Debug, Clone)]
pub struct Step {
    pub kind: Kind,
    pub join: Join,
    pub retry: Option<Retry>,
    /// Source and port of each incoming edge.
    pub incoming: Vec<(usize, &'static str)>,
    /// An edge leaves its error port.
    pub catches: bool,
}

/// A workflow: as the core sees it, and as the reference sees it. No edge leads backwards.
pub struct Graph {
    pub plan: Plan,
    pub steps: Vec<Step>,
}

/// An edge of the drawing: source, port (none is the first), target.
type Line = (usize, Option<&'static str>, usize);

impl Graph {
    pub fn random(random: &mut Random) -> Self {
        let size = match random.below(10) {
            0..4 => random.between(1, 8),
            4..8 => random.between(9, 24),
            _ => random.between(25, 60),
        } as usize;
        let drawn: Vec<Step> = (0..size).map(|_| Step::random(random)).collect();
        let lines = lines(random, &drawn);
        // The document lists the nodes in any order: the plan has to find its own.
        let mut listed: Vec<usize> = (0..size).collect();
        random.shuffle(&mut listed);
        let document = Workflow {
            name: "drawn".to_owned(),
            description: String::new(),
            input_schema: None,
            vars: serde_json::Map::new(),
            nodes: listed.iter().map(|n| drawn[*n].node(*n)).collect(),
            edges: lines.iter().enumerate().map(|(n, line)| edge(n, *line)).collect(),
            notes: Vec::new(),
        };
        let plan = Plan::of(&document).expect("the lines go one way only");
        let place: Vec<usize> = (0..size).map(|n| plan.find(id(n)).expect("every node is planned")).collect();
        let mut steps: Vec<Option<Step>> = vec![None; size];
        for (step, place) in drawn.into_iter().zip(&place) {
            steps[*place] = Some(step);
        }
        let mut steps: Vec<Step> =
            steps.into_iter().map(|step| step.expect("no place is taken twice")).collect();
        for (source, port, target) in lines {
            let (source, target) = (place[source], place[target]);
            assert!(source < target, "the plan puts a node before its predecessor");
            let port = port.unwrap_or(steps[source].kind.ports()[0]);
            steps[source].catches |= port == ERROR;
            steps[target].incoming.push((source, port));
        }
        Self { plan, steps }
    }
}

impl Step {
    fn random(random: &mut Random) -> Self {
        let retry = random.chance(40).then(|| Retry {
            max_attempts: random.below(6) as u32,
            backoff: random.pick(&[Backoff::Fixed, Backoff::Exponential]),
            delay_ms: random.pick(&[0, 1, 50, 333, 1000, 4000]),
            max_delay_ms: random.pick(&[0, 700, 5000, 60_000, 60_000, 60_000]),
        });
        let join = random.pick(&[Join::Any, Join::Any, Join::All]);
        Self { kind: random.pick(&KINDS), join, retry, incoming: Vec::new(), catches: false }
    }

    fn node(&self, number: usize) -> Node {
        Node {
            id: id(number),
            name: format!("n{number}"),
            node_type: self.kind.node_type().to_owned(),
            config: serde_json::Map::new(),
            settings: Settings { retry: self.retry.clone(), join: self.join, ..Settings::default() },
            position_x: 0.0,
            position_y: 0.0,
        }
    }
}

/// Long and narrow or short and wide, sparse or dense; now and then from a port that nothing is emitted on.
fn lines(random: &mut Random, drawn: &[Step]) -> Vec<Line> {
    let size = drawn.len();
    let reach = random.pick(&[2, 4, 10, 60]);
    let count = size * random.pick(&[1, 2, 3, 4, 5]) / 2;
    let mut lines = Vec::with_capacity(count);
    for _ in 0..count {
        let source = random.below(size);
        let target = source + 1 + random.below(reach);
        if target >= size {
            continue;
        }
        let port = match random.below(20) {
            0..3 => Some(ERROR),
            3 => Some("nowhere"),
            4..8 => None,
            _ => Some(random.pick(drawn[source].kind.ports())),
        };
        if !lines.contains(&(source, port, target)) {
            lines.push((source, port, target));
        }
    }
    lines
}

fn edge(number: usize, (source, port, target): Line) -> Edge {
    Edge {
        id: EdgeId(Uuid::from_u128(number as u128 + 1)),
        source_node_id: id(source),
        source_port: port.map(str::to_owned),
        target_node_id: id(target),
        target_port: None,
    }
}

fn id(node: usize) -> NodeId {
    NodeId(Uuid::from_u128(node as u128 + 1))
}
