//! How often and how soon a failed attempt is repeated.

use super::Millis;
use crate::{
    server::engine::plan::{NodeIx, Plan},
    workflow::document::Backoff,
};

/// Attempts of a node in all, the first included.
pub(super) fn attempts(plan: &Plan, node: NodeIx) -> u32 {
    plan.nodes[node].node.settings.retry.as_ref().map_or(1, |retry| retry.max_attempts)
}

/// The wait after that many failures, in milliseconds, give or take a tenth.
pub(super) fn delay(plan: &Plan, node: NodeIx, failures: u32, jitter: u16) -> Millis {
    let Some(retry) = &plan.nodes[node].node.settings.retry else { return 0 };
    let delay = match retry.backoff {
        Backoff::Fixed => retry.delay_ms,
        Backoff::Exponential => {
            let doublings = failures.saturating_sub(1).min(63);
            retry.delay_ms.saturating_mul(1_u64 << doublings)
        }
    };
    let delay =
        Millis::try_from(delay.min(retry.max_delay_ms)).unwrap_or(Millis::MAX / 4).min(Millis::MAX / 4);
    delay + delay / 1000 * (i64::from(jitter) - 500) / 5 + delay % 1000 * (i64::from(jitter) - 500) / 5000
}
