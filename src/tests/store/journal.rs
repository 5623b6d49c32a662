//! The engine's writes: the fence, and that writes of one batch do not harm each other.

use super::{now, runs::run, user, workflow};
use crate::{db_test, support::db::TestDatabase};
use millrace::{
    api::{
        events::{EventKind, RunEvent},
        runs::{NodeStatus, RunStatus},
    },
    server::store::{
        StoreError, engine_runs, events,
        journal::{self, ChangedAttempt, End, RestartedAttempt, RunWrite, StartedAttempt, Verdict},
        runs,
    },
    workflow::ids::{NodeId, RunId, WorkflowId},
};
use serde_json::json;
use std::sync::Arc;

fn write_of(run: RunId, epoch: i64) -> RunWrite {
    RunWrite::new(run, epoch)
}

fn attempt(node: NodeId, attempt: i32, status: NodeStatus) -> StartedAttempt {
    StartedAttempt {
        node,
        node_name: "a".to_owned(),
        node_type: "transform".to_owned(),
        attempt,
        status,
        input_data: "null".into(),
        execution_order: attempt,
        due_at: None,
        started_at: Some(now()),
        completed_at: None,
    }
}

fn event(seq: i64) -> RunEvent {
    RunEvent { seq: Some(seq), at: now(), kind: EventKind::Log, payload: json!({"b": "\u{0}", "a": seq}) }
}

async fn apply(
    db: &TestDatabase,
    batch: Vec<RunWrite>,
) -> Result<Vec<Result<Verdict, StoreError>>, StoreError> {
    let write = db.store.write().await?;
    let batch: Vec<_> = batch.into_iter().map(Arc::new).collect();
    let verdicts = journal::apply_apart(&write, &batch).await?;
    write.commit().await?;
    Ok(verdicts)
}

db_test! {
    async fn only_the_owner_of_an_unfinished_run_writes(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let made = run(db, ada, id, json!(null), None).await.expect("a run").id;
        let stale = RunWrite { events: vec![event(1)], ..write_of(made, 7) };
        assert!(matches!(apply(db, vec![stale]).await.expect("a verdict")[..], [Ok(Verdict::Fenced)]));
        let good = RunWrite { events: vec![event(1), event(2)], ..write_of(made, 0) };
        assert!(matches!(apply(db, vec![good]).await.expect("a verdict")[..], [Ok(Verdict::Written)]));
        let end = End { at: now(), output_data: r#"{"b":1,"a":"\u0000"}"#.to_owned() };
        let end = RunWrite { status: RunStatus::Completed, end: Some(end), ..write_of(made, 0) };
        assert!(matches!(apply(db, vec![end]).await.expect("a verdict")[..], [Ok(Verdict::Written)]));
        let late = RunWrite { status: RunStatus::Cancelled, events: vec![event(3)], ..write_of(made, 0) };
        assert!(matches!(apply(db, vec![late]).await.expect("a verdict")[..], [Ok(Verdict::Fenced)]));
        let detail = runs::get(&db.store, ada, id, made).await.expect("the run");
        assert_eq!(detail.run.summary.status, RunStatus::Completed);
        assert_eq!(detail.run.output_data.to_string(), r#"{"b":1,"a":"\u0000"}"#);
        let stored = events::after(&db.store, made, 0, 9).await.expect("events");
        assert_eq!(stored.iter().map(|e| e.seq).collect::<Vec<_>>(), [Some(1), Some(2)]);
        assert_eq!(stored[0].payload.to_string(), r#"{"b":"\u0000","a":1}"#);
        assert_eq!(engine_runs::get(&db.store, made).await.expect("the run").next_event_seq, 3);
    }

    async fn one_write_may_make_a_row_and_change_it(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        for together in [true, false] {
            let made = run(db, ada, id, json!(null), None).await.expect("a run").id;
            let (again, given_up) = (NodeId::new(), NodeId::new());
            let mut one = write_of(made, 0);
            // A repetition without delay: its row is made, and its attempt starts.
            one.started.push(StartedAttempt { started_at: None, ..attempt(again, 1, NodeStatus::Waiting) });
            one.restarted.push(RestartedAttempt { node: again, attempt: 1, started_at: now() });
            // Two steps report at once: the first releases another, the second ends the run.
            one.started.push(StartedAttempt { execution_order: 2, ..attempt(given_up, 1, NodeStatus::Running) });
            one.changed.push(ChangedAttempt {
                node: given_up,
                attempt: 1,
                status: NodeStatus::Cancelled,
                port: None,
                output_data: "null".into(),
                error: None,
                logs: None,
                usage: None,
                due_at: None,
                completed_at: Some(now()),
            });
            let verdict = if together {
                let write = db.store.write().await.expect("a transaction");
                let verdicts = journal::apply_together(&write, &[Arc::new(one)]).await.expect("verdicts");
                write.commit().await.expect("a commit");
                verdicts[0].clone()
            } else {
                let verdicts = apply(db, vec![one]).await.expect("verdicts");
                verdicts[0].as_ref().expect("a verdict").clone()
            };
            assert_eq!(verdict, Verdict::Written);
            let history = engine_runs::history(&db.store, made).await.expect("its history");
            let rows: Vec<_> = history.iter().map(|row| (row.node, row.status, row.started_at.is_some())).collect();
            assert_eq!(rows, [(again, NodeStatus::Running, true), (given_up, NodeStatus::Cancelled, true)]);
        }
    }

    async fn a_bad_write_does_not_harm_its_batch(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(run(db, ada, id, json!(null), None).await.expect("a run").id);
        }
        let node = NodeId::new();
        // One node that completes twice: the index over completed attempts refuses it.
        let twice = vec![attempt(node, 1, NodeStatus::Completed), attempt(node, 2, NodeStatus::Completed)];
        let batch = vec![
            RunWrite { events: vec![event(1)], ..write_of(made[0], 0) },
            RunWrite { events: vec![event(1)], started: twice, ..write_of(made[1], 0) },
            RunWrite { started: vec![attempt(node, 1, NodeStatus::Running)], ..write_of(made[2], 0) },
        ];
        let verdicts = apply(db, batch).await.expect("verdicts");
        assert!(
            matches!(verdicts[..], [Ok(Verdict::Written), Err(StoreError::Unique(_)), Ok(Verdict::Written)]),
            "{verdicts:?}"
        );
        assert_eq!(events::after(&db.store, made[0], 0, 9).await.expect("events").len(), 1);
        assert!(events::after(&db.store, made[1], 0, 9).await.expect("events").is_empty());
        assert_eq!(engine_runs::status(&db.store, made[1]).await.expect("a status"), RunStatus::Pending);
        assert_eq!(engine_runs::history(&db.store, made[2]).await.expect("attempts").len(), 1);
    }

    async fn a_batch_is_written_at_once_or_not_at_all(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let mut made = Vec::new();
        // More than one text takes, so that the transaction is several.
        for _ in 0..40 {
            made.push(run(db, ada, id, json!(null), None).await.expect("a run").id);
        }
        let node = NodeId::new();
        let started = |run| RunWrite {
            events: vec![event(1), event(2)],
            started: vec![attempt(node, 1, NodeStatus::Running)],
            ..write_of(run, 0)
        };
        let at_once = async |writes: Vec<RunWrite>| {
            let batch: Vec<_> = writes.into_iter().map(Arc::new).collect();
            journal::commit_at_once(&db.store, &batch).await.expect("an answer")
        };
        let rows = async |run| {
            let attempts = engine_runs::history(&db.store, run).await.expect("attempts").len();
            (attempts, events::after(&db.store, run, 0, 9).await.expect("events").len())
        };
        if !at_once(made.iter().map(|run| started(*run)).collect()).await {
            assert!(db.store.is_shared(), "only Postgres takes one statement at a time");
            return;
        }
        for run in &made {
            assert_eq!(rows(*run).await, (1, 2));
        }
        // One whose fence does not hold, one that makes a row which is there: nothing of either batch is kept.
        let more = |run, epoch, attempts| RunWrite {
            events: vec![event(3)],
            started: vec![attempt(node, attempts, NodeStatus::Running)],
            ..write_of(run, epoch)
        };
        for wrong in [more(made[1], 7, 2), more(made[1], 0, 1)] {
            for size in [2, 40] {
                let mut batch: Vec<_> = made.iter().take(size).map(|run| more(*run, 0, 2)).collect();
                batch[1] = wrong.clone();
                assert!(!at_once(batch).await);
                assert_eq!((rows(made[0]).await, rows(made[1]).await), ((1, 2), (1, 2)));
            }
        }
        // And the next one, and another writer, find nothing left open.
        assert!(at_once(vec![more(made[0], 0, 2)]).await);
        assert!(apply(db, vec![more(made[1], 0, 2)]).await.expect("verdicts")[0].is_ok());
        assert_eq!((rows(made[0]).await, rows(made[1]).await), ((2, 3), (2, 3)));
    }
}
