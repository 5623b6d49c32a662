//! A write whose answer was lost: the connection broke, and nobody said whether the database had kept it.

use super::Driver;
use crate::server::store::{
    engine_runs,
    journal::{Lease, RunWrite},
};

impl Driver {
    /// Whether the row of the run shows that this very write was kept. With this epoch nobody else writes, and the
    /// number of the next event tells which of this process's writes was the last.
    pub(super) async fn is_stored(&self, write: &RunWrite, next_seq: i64) -> bool {
        let is_taken = matches!(write.lease, Lease::Take(_));
        // Without an event there is nothing to tell it by; a run that was taken and ended at once has no name on it.
        if next_seq == self.next_seq || (is_taken && write.end.is_some()) {
            return false;
        }
        match engine_runs::last_write(&self.core.store, self.run.id).await {
            // Whoever takes a run over raises the epoch by one: only the name tells who it was.
            Ok((epoch, seq, owner)) => {
                (epoch, seq) == (write.epoch + i64::from(is_taken), next_seq)
                    && (!is_taken || owner.as_deref() == Some(self.core.instance.as_str()))
            }
            // To be read anew as a whole.
            Err(_) => false,
        }
    }
}
