//! The steps inside the step of an attempt: read when it begins, and handed to the run's driver when there is one more,
//! which makes it durable with its other writes, in their order and under their fence.

use super::plan::NodeIx;
use crate::{
    server::{
        nodes::{NewStep, NodeError, StepSink},
        store::{
            Store,
            checkpoints::{self, StoredStep},
        },
    },
    workflow::ids::{NodeId, RunId},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// How long to wait before trying again when the database cannot be read.
const AGAIN: Duration = Duration::from_secs(1);

/// A step that an attempt wants to be durable.
pub struct WantedStep {
    pub node: NodeIx,
    pub attempt: i32,
    pub step: NewStep,
    /// Told once it is.
    pub written: oneshot::Sender<()>,
}

/// The steps of one node of one run.
#[derive(Clone)]
pub struct AttemptSteps {
    pub store: Store,
    pub run: RunId,
    pub id: NodeId,
    pub node: NodeIx,
    pub attempt: i32,
    /// `None`: the attempt is only asked what it waits for, and writes nothing.
    pub wanted: Option<mpsc::UnboundedSender<WantedStep>>,
}

impl AttemptSteps {
    /// What was written down; asks until the database answers, as the engine does for all it needs itself.
    pub async fn read(&self) -> Result<Vec<StoredStep>, NodeError> {
        loop {
            match checkpoints::of_node(&self.store, self.run, self.id).await {
                Ok(steps) => return Ok(steps),
                Err(error) if error.is_transient() => tokio::time::sleep(AGAIN).await,
                Err(error) => {
                    return Err(NodeError::permanent(
                        "steps_unreadable",
                        format!("what this step did before cannot be read: {error}; run it again"),
                    ));
                }
            }
        }
    }

    /// Where more of them go.
    pub fn sink(&self) -> StepSink {
        let (wanted, node, attempt) = (self.wanted.clone(), self.node, self.attempt);
        Arc::new(move |step| {
            let wanted = wanted.clone();
            Box::pin(async move {
                // Nobody takes it: the run is somebody else's now, and so is what comes of this attempt.
                let gone = || {
                    NodeError::passing(
                        "not_recorded",
                        "what this step does cannot be written down now; try again",
                    )
                };
                let (written, answer) = oneshot::channel();
                let wanted = wanted.ok_or_else(gone)?;
                wanted.send(WantedStep { node, attempt, step, written }).map_err(|_| gone())?;
                answer.await.map_err(|_| gone())
            })
        })
    }
}
