//! A batch of writes as one transaction of SQLite in one round trip to its thread, or in few: each costs two changes of
//! thread, which cost more than the statements. Postgres takes one statement at a time and has no use for this.

use super::{RunWrite, rows, run};
use crate::server::store::{Store, StoreError, faults, writer::MUST_HAVE_CHANGED};
use sea_orm::{DbBackend, Statement, sea_query::Values};
use std::sync::Arc;

/// As many statements as one write makes are sent as one text, whatever they are.
const FEW: usize = 10;
/// As many equal statements are sent as one text. Each text stays prepared, so there shall not be many.
const MANY: [usize; 4] = [16, 8, 4, 2];

/// Makes a batch durable if nothing about it is unusual; `false`: nothing was written, look at each write by itself.
/// Always `false` on Postgres.
///
/// # Errors
/// `Unavailable` when the database cannot write; then nothing of the batch happened, unless its connection broke.
pub async fn commit_at_once(store: &Store, batch: &[Arc<RunWrite>]) -> Result<bool, StoreError> {
    // Rows of a user's table may be refused, which is the step's failure and nobody else's: the careful way tells.
    if store.backend() != DbBackend::Sqlite || batch.iter().any(|write| write.effect.is_some()) {
        return Ok(false);
    }
    // Made before it is this batch's turn, while somebody else may still write.
    let texts = texts(batch)?;
    let Some(mut writer) = store.sqlite_writer().await? else { return Ok(false) };
    if let Err(error) = faults::pass("journal::before_commit") {
        writer.keep();
        return Err(error);
    }
    for (sql, values) in texts {
        if let Err(error) = writer.execute(sql, values).await {
            writer.undo().await;
            // A fence that does not hold, or a row that may not be: which one it is, the careful way tells.
            return if error.is_transient() { Err(error) } else { Ok(false) };
        }
    }
    writer.keep();
    faults::pass("journal::after_commit")?;
    Ok(true)
}

/// The transaction in as few texts as can be, each with its values in the order of their places.
fn texts(batch: &[Arc<RunWrite>]) -> Result<Vec<(String, Values)>, StoreError> {
    let writes: Vec<&RunWrite> = batch.iter().map(Arc::as_ref).collect();
    let mut statements: Vec<_> = writes.iter().map(|write| run::fence(DbBackend::Sqlite, write)).collect();
    rows::sort(&mut statements);
    // These end the transaction if they touch no row.
    let fences = statements.len();
    statements.extend(rows::statements(DbBackend::Sqlite, &writes)?);
    Ok(joined(statements, fences))
}

fn joined(statements: Vec<Statement>, fences: usize) -> Vec<(String, Values)> {
    let few = statements.len() <= FEW;
    let mut made = Vec::new();
    let mut at = 0;
    while at < statements.len() {
        let rest = &statements[at..];
        let same = rest.iter().take_while(|s| s.sql == rest[0].sql).count();
        let take = if few { rest.len() } else { MANY.into_iter().find(|n| *n <= same).unwrap_or(1) };
        let mut sql = String::from(if at == 0 { "BEGIN IMMEDIATE;" } else { "" });
        for (place, statement) in rest[..take].iter().enumerate() {
            sql.push_str(&statement.sql);
            sql.push_str(if at + place < fences { MUST_HAVE_CHANGED } else { ";" });
        }
        at += take;
        if at == statements.len() {
            sql.push_str("COMMIT");
        }
        let values = rest[..take].iter().flat_map(|s| s.values.iter().flat_map(Values::iter)).cloned();
        made.push((sql, Values(values.collect())));
    }
    made
}
