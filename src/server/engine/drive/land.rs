//! A completion that changes more than its run: rows of a table. It is a write of its own, before anything that follows
//! from it is decided: what the database refuses of it is the failure of this step, and concerns no other.

use super::{Driver, NodeIx, Report, Stopped};
use crate::server::{
    engine::{draft::Told, executor::Made, step::NodeState},
    nodes::{Effect, NodeError},
};

impl Driver {
    /// Makes the effect of a completion durable together with the completion. Afterwards the report tells of a completion
    /// that is written already, or of a failure. Other reports stay as they are.
    pub(super) async fn land(
        &mut self,
        node: NodeIx,
        attempt: i32,
        mut report: Report,
    ) -> Result<Report, Stopped> {
        let finished = match report.result {
            Ok(Made::Finished(finished)) if finished.effect.is_some() => finished,
            other => return Ok(Report { result: other, ..report }),
        };
        // Nobody wants it any more: then it has no effect either.
        if *self.state.node(node) != NodeState::Running {
            report.result = Ok(Made::Finished(finished));
            return Ok(report);
        }
        let told = Told {
            logs: std::mem::take(&mut report.logs),
            elapsed: report.elapsed,
            queued: report.queued,
            input_bytes: report.input_bytes,
        };
        let mut draft = self.draft();
        draft.complete(&self.plan.nodes[node], attempt, &finished, &told);
        draft.write.effect = finished.effect.as_ref().map(|Effect::Rows(rows)| rows.clone());
        match self.commit(draft).await? {
            None => report.result = Ok(Made::Written(finished)),
            Some(refusal) => {
                report.logs = told.logs;
                report.result = Err(NodeError::permanent(refusal.code, refusal.message));
            }
        }
        Ok(report)
    }
}
