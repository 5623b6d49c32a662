//! A batch of writes as one transaction of SQLite in one round trip to its thread, or in few: each costs two changes of
//! thread, which cost more than the statements. Postgres takes one statement at a time and has no use for this.

use super::{
    RunWrite,
    apply::{events, notice_of},
    attempts, children, run,
};
use crate::server::store::{Store, StoreError, faults, writer::MUST_HAVE_CHANGED};
use sea_orm::{
    DbBackend,
    sea_query::{QueryStatementWriter, SqliteQueryBuilder, Values},
};
use std::sync::Arc;

/// As many new rows share a statement.
const ROWS: [usize; 7] = [64, 16, 8, 4, 3, 2, 1];
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
    if batch.iter().any(|write| write.effect.is_some()) {
        return Ok(false);
    }
    let Some(mut writer) = store.sqlite_writer().await? else { return Ok(false) };
    if let Err(error) = faults::pass("journal::before_commit") {
        writer.keep();
        return Err(error);
    }
    for (sql, values) in texts(&statements(batch)?) {
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

struct Text {
    sql: String,
    values: Values,
    /// Ends the transaction if it touched no row.
    is_fence: bool,
}

impl Text {
    fn of(statement: &impl QueryStatementWriter, is_fence: bool) -> Self {
        let (sql, values) = statement.build(SqliteQueryBuilder);
        Self { sql, values, is_fence }
    }
}

/// In the order of a row's life: one write may make the row of an attempt, start the attempt and end it.
fn statements(batch: &[Arc<RunWrite>]) -> Result<Vec<Text>, StoreError> {
    let db = DbBackend::Sqlite;
    let mut all = Vec::new();
    for write in batch {
        all.push(match run::row_of(write) {
            Some(row) => Text::of(&run::create(db, write, row), true),
            None => Text::of(&run::update(db, write), true),
        });
    }
    sort(&mut all);
    let started: Vec<_> = each(batch, |write| &write.started);
    for rows in parts(&started) {
        all.push(Text::of(&attempts::insert(db, rows), false));
    }
    let told: Vec<_> = batch.iter().flat_map(|w| w.events.iter().map(|event| (w.run, event))).collect();
    for rows in parts(&told) {
        all.push(Text::of(&events(db, rows)?, false));
    }
    all.extend(
        each(batch, |w| &w.restarted).into_iter().map(|(w, row)| Text::of(&attempts::restart(w, row), false)),
    );
    let mut changed: Vec<_> = each(batch, |w| &w.changed)
        .into_iter()
        .map(|(w, row)| Text::of(&attempts::change(db, w.run, row), false))
        .collect();
    sort(&mut changed);
    all.extend(changed);
    for write in batch {
        for rows in parts(&write.children) {
            all.push(Text::of(&children::insert(db, write.run, rows), false));
        }
        all.extend(write.cancel_children.iter().map(|node| Text::of(&children::cancel(write, *node), false)));
        all.extend(write.wake_parent.map(|(parent, at)| Text::of(&children::wake(parent, at), false)));
        all.extend(notice_of(write)?.map(|notice| Text::of(&notice, false)));
    }
    Ok(all)
}

/// Rows that share a statement. Only so many different numbers of them, so that the statements stay prepared.
fn parts<T>(mut rows: &[T]) -> Vec<&[T]> {
    let mut parts = Vec::new();
    while !rows.is_empty() {
        let take = ROWS.into_iter().find(|n| *n <= rows.len()).unwrap_or(1);
        let (part, rest) = rows.split_at(take);
        parts.push(part);
        rows = rest;
    }
    parts
}

fn each<'a, T>(
    batch: &'a [Arc<RunWrite>],
    rows: impl Fn(&'a RunWrite) -> &'a [T],
) -> Vec<(&'a RunWrite, &'a T)> {
    batch.iter().flat_map(|write| rows(write).iter().map(move |row| (write.as_ref(), row))).collect()
}

/// Those that are written the same come together.
fn sort(texts: &mut [Text]) {
    texts.sort_by(|a, b| a.sql.cmp(&b.sql));
}

/// The transaction in as few texts as can be, each with its values in the order of their places.
fn texts(statements: &[Text]) -> Vec<(String, Values)> {
    let few = statements.len() <= FEW;
    let mut made = Vec::new();
    let mut at = 0;
    while at < statements.len() {
        let rest = &statements[at..];
        let same = rest.iter().take_while(|s| s.sql == rest[0].sql).count();
        let take = if few { rest.len() } else { MANY.into_iter().find(|n| *n <= same).unwrap_or(1) };
        let mut sql = String::from(if at == 0 { "BEGIN IMMEDIATE;" } else { "" });
        for statement in &rest[..take] {
            sql.push_str(&statement.sql);
            sql.push_str(if statement.is_fence { MUST_HAVE_CHANGED } else { ";" });
        }
        at += take;
        if at == statements.len() {
            sql.push_str("COMMIT");
        }
        made.push((sql, Values(rest[..take].iter().flat_map(|s| s.values.iter().cloned()).collect())));
    }
    made
}
