//! From the rows of a run back to where it stands: after a crash, after a restart, or before it ever began. Pure.

use super::{
    data::Data,
    plan::{NodeIx, Plan},
    step::{Event, State},
};
use crate::{api::runs::NodeStatus, server::store::engine_runs::PastAttempt};
use std::sync::Arc;

/// Where a run stands.
#[derive(Debug)]
pub struct Standing {
    pub state: State,
    pub data: Data,
    /// Nodes whose attempt was under way when the process ended.
    pub under_way: Vec<NodeIx>,
    /// The place in the order of starting that the next attempt takes.
    pub next_order: i32,
}

/// Folds the attempts of a run, given in the order of their starting.
#[must_use]
pub fn replay(plan: &Plan, history: Vec<PastAttempt>) -> Standing {
    let mut state = State::new(plan);
    let mut data = Data::default();
    let mut under_way = Vec::new();
    let mut next_order = 1;
    for past in history {
        next_order = next_order.max(past.execution_order + 1);
        let Some(node) = plan.find(past.node) else { continue };
        if past.status == NodeStatus::Skipped {
            state.apply(plan, &Event::Skipped { node });
            continue;
        }
        state.apply(plan, &Event::Started { node, attempt: past.attempt });
        match past.status {
            NodeStatus::Completed => {
                let port = past.port.unwrap_or_else(|| plan.nodes[node].first_port.clone());
                state.apply(plan, &Event::Completed { node, port });
                data.completed(node, Arc::new(past.output_data));
            }
            NodeStatus::Failed => {
                let code = past.error_code.unwrap_or_default();
                let message = past.error_message.unwrap_or_default();
                state.apply(plan, &Event::Failed { node });
                data.failed(plan, node, &code, &message);
            }
            NodeStatus::Interrupted => state.apply(plan, &Event::Interrupted { node }),
            NodeStatus::Cancelled => state.apply(plan, &Event::Cancelled { node }),
            NodeStatus::Pending | NodeStatus::Running | NodeStatus::Waiting => under_way.push(node),
            NodeStatus::Skipped => {}
        }
    }
    Standing { state, data, under_way, next_order }
}
