//! What a run and a node may use.

use std::time::Duration;

/// The limits of the configuration that the engine keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineLimits {
    /// Nodes of one run that execute at once.
    pub parallel_nodes: usize,
    /// Runs that execute at once; the others stay pending, first come first served.
    pub parallel_runs: usize,
    /// Bytes of JSON that a node may give.
    pub output_bytes: usize,
    /// How long an attempt may take, where the node sets nothing else.
    pub node_timeout: Duration,
    /// How long a run may take.
    pub run_timeout: Duration,
    /// Calls of language models that run or wait in a model's queue at once.
    pub model_calls: usize,
    /// Outgoing HTTP requests under way at once.
    pub http_calls: usize,
    /// Runs above a child run, at most.
    pub depth: i32,
    /// How often a node may be interrupted by the end of the process before it counts as its fault.
    pub interruptions: u32,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            parallel_nodes: 8,
            parallel_runs: 256,
            output_bytes: 4 * 1024 * 1024,
            node_timeout: Duration::from_secs(600),
            run_timeout: Duration::from_secs(3600),
            model_calls: 8,
            http_calls: 32,
            depth: 16,
            interruptions: 20,
        }
    }
}
