//! `probe`: records the beginning and the end of each attempt in the file that `MILLRACE_PROBE_FILE` names, so that a
//! program which kills servers can tell from outside what ran, how often and in which order (feature `chaos`).

use super::{NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeRegistry, NodeStep};
use crate::server::hex::hex;
use crate::workflow::catalog;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

/// Names the recorder; without it there is no probe, not even in the catalogue.
const FILE: &str = "MILLRACE_PROBE_FILE";

/// Adds the probe where the environment names a recorder.
pub(super) fn offer(registry: NodeRegistry) -> NodeRegistry {
    let Some(path) = std::env::var_os(FILE) else { return registry };
    match Probe::open(Path::new(&path)) {
        Ok(probe) => {
            catalog::probe::offer();
            registry.with("probe", probe)
        }
        Err(error) => {
            tracing::error!(%error, file = %Path::new(&path).display(), "there is no probe: {FILE} cannot be written");
            registry
        }
    }
}

struct Probe {
    recorder: File,
    began: Instant,
}

impl Probe {
    fn open(path: &Path) -> std::io::Result<Self> {
        let recorder = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { recorder, began: Instant::now() })
    }

    async fn act(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let config: catalog::probe::Probe =
            serde_json::from_value(Value::Object(context.node_config.clone())).map_err(|e| {
                NodeError::permanent("bad_config", format!("{e}; correct the settings of this step"))
            })?;
        self.record(context, "start", "")?;
        tokio::time::sleep(Duration::from_millis(config.sleep_ms)).await;
        if context.attempt <= config.fail_times {
            self.record(context, "end", "failed")?;
            return Err(NodeError::passing(
                "probe_failed",
                format!("attempt {} was told to fail; try again", context.attempt),
            ));
        }
        self.record(context, "end", "completed")?;
        Ok(NodeOutput::of(config.value).into())
    }

    /// Appends one line with one write. The line break in front keeps a line whole that follows one which a kill cut.
    fn record(&self, context: &NodeContext, event: &str, result: &str) -> Result<(), NodeError> {
        let line = json!({
            "event": event,
            "result": result,
            "run": context.workflow_run_id,
            "node": context.node_id,
            "name": context.node_name,
            "attempt": context.attempt,
            "input": fingerprint(&context.input),
            "pid": std::process::id(),
            "at": context.now(),
            "monotonic_ns": u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX),
        });
        (&self.recorder).write_all(format!("\n{line}\n").as_bytes()).map_err(|e| {
            NodeError::permanent("recorder", format!("the recorder cannot be written: {e}; make room for it"))
        })
    }
}

impl NodeHandler for Probe {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(self.act(context))
    }
}

/// The first half of the SHA-256 of a value's compact JSON.
fn fingerprint(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string().as_bytes());
    hex(&digest[..16])
}
