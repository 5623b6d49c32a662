//! From the rows of a run back to where it stands: after a crash, after a restart, or before it ever began. Pure.

use super::{
    data::{Data, Output},
    plan::{NodeIx, Plan},
    step::{Event, State, Wake},
};
use crate::{api::runs::NodeStatus, server::store::engine_runs::PastAttempt};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The field that has the number of the step inside the step which ends the waiting, where the handler is called again
/// then.
pub use crate::server::store::approvals::SEQ as THEN_AGAIN;
pub use crate::server::store::approvals::WAITS_FOR;
/// It waits for its child runs.
pub const CHILDREN: &str = "children";

/// Where a run stands.
#[derive(Debug)]
pub struct Standing {
    pub state: State,
    pub data: Data,
    /// Nodes whose attempt was under way when the process ended.
    pub under_way: Vec<NodeIx>,
    /// What waiting nodes keep.
    pub kept: HashMap<NodeIx, Arc<Value>>,
    /// The place in the order of starting that the next attempt takes.
    pub next_order: i32,
}

/// Folds the attempts of a run, given in the order of their starting.
#[must_use]
pub fn replay(plan: &Plan, history: Vec<PastAttempt>) -> Standing {
    let mut standing = Standing {
        state: State::new(plan),
        data: Data::default(),
        under_way: Vec::new(),
        kept: HashMap::new(),
        next_order: 1,
    };
    // A failure that another attempt followed was not the last word.
    let mut later = HashSet::new();
    let mut last = Vec::with_capacity(history.len());
    for past in history.into_iter().rev() {
        let repeated = !later.insert(past.node);
        last.push((past, repeated));
    }
    for (past, repeated) in last.into_iter().rev() {
        standing.next_order = standing.next_order.max(past.execution_order + 1);
        if let Some(node) = plan.find(past.node) {
            standing.fold(plan, node, past, repeated);
        }
    }
    standing
}

impl Standing {
    fn fold(&mut self, plan: &Plan, node: NodeIx, past: PastAttempt, repeated: bool) {
        let due = past.due_at.map(|due| due.timestamp_millis());
        let mut happened = |event: Event| self.state.apply(plan, &event);
        match past.status {
            NodeStatus::Skipped => return happened(Event::Skipped { node }),
            // It has not begun: the failure before it told when it will.
            NodeStatus::Waiting if past.started_at.is_none() => {
                let due = due.unwrap_or_default();
                return happened(Event::Retrying { node, attempt: past.attempt, due });
            }
            _ => happened(Event::Started { node, attempt: past.attempt }),
        }
        match past.status {
            NodeStatus::Completed => {
                let port = past.port.unwrap_or_else(|| plan.nodes[node].first_port.clone());
                happened(Event::Completed { node, port });
                self.data.completed(node, Output { value: Arc::new(past.output_data), text: None });
            }
            NodeStatus::Failed => {
                happened(Event::Failed { node, retryable: repeated });
                let code = past.error_code.unwrap_or_default();
                let message = past.error_message.unwrap_or_default();
                self.data.failed(plan, node, &code, &message);
            }
            NodeStatus::Interrupted => happened(Event::Interrupted { node }),
            NodeStatus::Cancelled => happened(Event::Cancelled { node }),
            NodeStatus::Waiting => {
                let wake = match due {
                    // A timer keeps the port that it will emit on.
                    Some(due) if past.port.is_some() => Wake::Timer { due },
                    _ if past.output_data.get(WAITS_FOR).is_some_and(|w| w == CHILDREN) => Wake::Children,
                    due => Wake::Approval { due },
                };
                happened(Event::Waits { node, wake });
                self.kept.insert(node, Arc::new(past.output_data));
            }
            NodeStatus::Pending | NodeStatus::Running => self.under_way.push(node),
            NodeStatus::Skipped => {}
        }
    }
}
