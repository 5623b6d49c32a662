//! Makes drafts durable, and what follows from that.

use super::{AGAIN, Draft, Driver, NodeInput, NodeIx, Stopped, Time};
use crate::server::store::{
    data_tables::Refusal,
    journal::{Lease, RunClock, RunWrite, Verdict},
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Instant};

impl Driver {
    /// Makes a draft durable, then tells it and starts what it releases. Where its effect is refused, nothing of the
    /// draft was written, and the refusal is given. The error is why the driver has to stop.
    pub(super) async fn commit(&mut self, draft: Draft) -> Result<Option<Refusal>, Stopped> {
        if draft.is_empty() {
            return Ok(None);
        }
        let next_seq = draft.next_seq();
        let Draft { write, to_start, .. } = draft;
        let write = Arc::new(write);
        let mut unsure = false;
        loop {
            match self.core.journal.commit(Arc::clone(&write)).await {
                Ok(Verdict::Written) => break,
                Ok(Verdict::Fenced | Verdict::Refused(_)) | Err(_)
                    if unsure && self.is_stored(&write, next_seq).await =>
                {
                    break;
                }
                Ok(Verdict::Refused(refusal)) => {
                    self.core.unblock(self.run.id);
                    return Ok(Some(refusal));
                }
                Ok(Verdict::Fenced) => {
                    self.abort();
                    metrics::counter!("millrace_fenced_writes_total").increment(1);
                    tracing::info!(run_id = %self.run.id, "a result came too late: the run is somebody else's or has ended");
                    // After a lost answer the earlier try may have been written.
                    return Err(if unsure { Stopped::Lost } else { Stopped::Done });
                }
                Err(error) if error.is_transient() => {
                    unsure = true;
                    self.core.block(self.run.id, &error);
                    tokio::select! {
                        () = self.core.shutdown.cancelled() => {
                            self.abort();
                            return Err(Stopped::Done);
                        }
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
                Err(error) => {
                    // After a lost answer the same rows may be there already.
                    if !unsure {
                        tracing::error!(run_id = %self.run.id, %error, "a write of a run was refused");
                    }
                    self.abort();
                    return Err(Stopped::Lost);
                }
            }
        }
        self.tell_and_start(write, next_seq, to_start);
        Ok(None)
    }

    /// What follows from a write being durable: it is told, and what it releases starts.
    pub(super) fn tell_and_start(
        &mut self,
        write: Arc<RunWrite>,
        next_seq: i64,
        to_start: Vec<(NodeIx, i32, NodeInput)>,
    ) {
        self.written(&write, next_seq);
        self.tell_steps();
        match Arc::try_unwrap(write) {
            Ok(write) => self.channel.publish(write.events),
            Err(shared) => self.channel.publish(shared.events.clone()),
        }
        let released = Instant::now();
        let alone = to_start.len() == 1 && self.tasks.is_empty();
        for (node, attempt, input) in to_start {
            self.start(node, attempt, input, released, alone);
        }
    }

    /// What follows from a write being durable, in this process.
    fn written(&mut self, write: &RunWrite, next_seq: i64) {
        self.core.unblock(self.run.id);
        self.epoch += i64::from(matches!(write.lease, Lease::Take(_)));
        self.next_seq = next_seq;
        self.status = write.status;
        if let Some(wake) = write.wake {
            self.wake_at = wake.new;
        }
        match write.clock {
            Some(RunClock::Running { deadline_at }) => self.time = Time::Until(deadline_at),
            Some(RunClock::Waiting { time_left_ms }) => {
                self.time = Time::Left(TimeDelta::milliseconds(time_left_ms));
            }
            None => {}
        }
        if write.end.is_some() {
            metrics::counter!("millrace_runs_total", "status" => write.status.as_str()).increment(1);
        }
        self.children_written(write);
    }
}
