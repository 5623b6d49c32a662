//! Steps that wait: for time, for a person, for their next attempt. By a clock that is turned by hand.

use super::{PATIENCE, Probe, bench, engine_at, last, node, probe, until, with_settings};
use crate::{db_test, support::db::TestDatabase};
use chrono::{TimeDelta, Utc};
use millrace::{
    api::{
        events::EventKind,
        runs::{NodeStatus, RunStatus},
    },
    server::{
        clock::Clock,
        engine::EngineLimits,
        store::{
            approvals::{self, Decision},
            events,
        },
    },
    workflow::ids::{NodeId, RunId},
};
use serde_json::json;
use std::time::Duration;

async fn decide(db: &TestDatabase, run: RunId, node: NodeId, attempt: i32, approved: bool) -> bool {
    let decision =
        Decision { approved, comment: Some("so be it".to_owned()), by: "ada".to_owned(), at: Utc::now() };
    let write = db.store.write().await.expect("a transaction");
    let written = approvals::decide(&write, run, node, attempt, &decision).await.expect("an answer");
    write.commit().await.expect("a commit");
    written
}

async fn kinds(db: &TestDatabase, run: RunId) -> Vec<EventKind> {
    let events = events::after(&db.store, run, 0, 200).await.expect("events");
    let numbers: Vec<_> = events.iter().filter_map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=i64::try_from(numbers.len()).expect("few")).collect::<Vec<_>>());
    events.into_iter().map(|event| event.kind).collect()
}

db_test! {
    async fn a_delay_outlives_the_process_and_ends_at_its_time(db) {
        let nodes = vec![node("nap", "delay", json!({"seconds": 3600})), probe("after", "pass")];
        let bench = bench(db, nodes, &["nap>after"]).await;
        let (watch, clock) = (Probe::default(), Clock::manual(Utc::now()));
        let engine = engine_at(db, &watch, EngineLimits::default(), clock.clone()).await;
        let run = bench.submit(db, &engine, json!("in")).await;
        bench.reaches(db, run, RunStatus::Waiting).await;
        engine.shutdown().await;
        let engine = engine_at(db, &watch, EngineLimits::default(), clock.clone()).await;
        clock.advance(TimeDelta::seconds(3599));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(bench.status(db, run).await, RunStatus::Waiting);
        assert!(watch.began().is_empty());
        // Longer than a run may take: the time in waiting does not count.
        clock.advance(TimeDelta::seconds(4000));
        assert!(engine.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed);
        assert_eq!(last(&detail, "nap").map(|e| e.output_data.clone()), Some(json!("in")));
        assert_eq!(last(&detail, "after").map(|e| e.input_data.clone()), Some(json!("in")));
        let kinds = kinds(db, run).await;
        assert!(kinds.contains(&EventKind::NodeWaiting) && kinds.contains(&EventKind::RunWaiting), "{kinds:?}");
    }

    async fn a_step_that_may_succeed_later_is_tried_again(db) {
        let retry = json!({"retry": {"max_attempts": 4, "backoff": "exponential", "delay_ms": 1000, "max_delay_ms": 60000}});
        let nodes = vec![with_settings("shaky", "probe", json!({"do": "flaky", "times": 2}), retry)];
        let bench = bench(db, nodes, &[]).await;
        let (watch, clock) = (Probe::default(), Clock::manual(Utc::now()));
        let engine = engine_at(db, &watch, EngineLimits::default(), clock.clone()).await;
        let run = bench.submit(db, &engine, json!(1)).await;
        bench.reaches(db, run, RunStatus::Waiting).await;
        let detail = bench.detail(db, run).await;
        let first_wait = last(&detail, "shaky").and_then(|e| e.due_at).expect("a time") - clock.now();
        assert!((900..=1100).contains(&first_wait.num_milliseconds()), "{first_wait}");
        clock.advance(TimeDelta::milliseconds(1100));
        watch.wait_for(2).await;
        bench.reaches(db, run, RunStatus::Waiting).await;
        engine.shutdown().await;
        // The wait goes on in the next process.
        let engine = engine_at(db, &watch, EngineLimits::default(), clock.clone()).await;
        clock.advance(TimeDelta::milliseconds(1700));
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(watch.began().len(), 2, "twice the first wait has not passed");
        clock.advance(TimeDelta::milliseconds(600));
        assert!(engine.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        let attempts: Vec<_> = detail.node_executions.iter().map(|e| (e.attempt, e.status)).collect();
        assert_eq!(attempts, [(1, NodeStatus::Failed), (2, NodeStatus::Failed), (3, NodeStatus::Completed)]);
        let kinds = kinds(db, run).await;
        assert_eq!(kinds.iter().filter(|kind| **kind == EventKind::NodeRetrying).count(), 2);
        assert!(!kinds.contains(&EventKind::NodeFailed), "{kinds:?}");
    }

    async fn the_last_attempt_decides(db) {
        let retry = json!({"retry": {"max_attempts": 2, "delay_ms": 0}});
        let shaky = with_settings("shaky", "probe", json!({"do": "flaky", "times": 9}), retry.clone());
        // What fails for good is not tried again.
        let broken = with_settings("broken", "probe", json!({"do": "fail"}), retry);
        let both = bench(db, vec![shaky, broken, probe("saved", "pass")], &["broken.error>saved"]).await;
        let watch = Probe::default();
        let engine = engine_at(db, &watch, EngineLimits::default(), Clock::system()).await;
        let detail = both.result(db, &engine, json!(1)).await;
        assert_eq!(detail.run.summary.status, RunStatus::Failed);
        assert_eq!(detail.run.summary.error_message.as_deref(), Some("shaky: come back later"));
        assert_eq!(last(&detail, "shaky").map(|e| e.attempt), Some(2));
        assert_eq!(last(&detail, "broken").map(|e| e.attempt), Some(1));
    }

    async fn a_person_decides(db) {
        let nodes = vec![
            node("ask", "approval", json!({"message": "Send {input}?"})),
            probe("yes", "pass"),
            probe("no", "pass"),
        ];
        let ask = NodeId(nodes[0].id);
        let bench = bench(db, nodes, &["ask.approved>yes", "ask.rejected>no"]).await;
        let watch = Probe::default();
        let engine = engine_at(db, &watch, EngineLimits::default(), Clock::system()).await;
        for approved in [true, false] {
            let run = bench.submit(db, &engine, json!("it")).await;
            bench.reaches(db, run, RunStatus::Waiting).await;
            let detail = bench.detail(db, run).await;
            assert_eq!(last(&detail, "ask").map(|e| e.output_data["message"].clone()), Some(json!("Send it?")));
            assert!(decide(db, run, ask, 1, approved).await);
            assert!(!decide(db, run, ask, 1, !approved).await, "the first answer counts");
            engine.poke(run);
            assert!(engine.wait(run, PATIENCE).await);
            let detail = bench.detail(db, run).await;
            assert_eq!(detail.run.summary.status, RunStatus::Completed);
            let (went, not) = if approved { ("yes", "no") } else { ("no", "yes") };
            let output = json!({"approved": approved, "comment": "so be it"});
            assert_eq!(last(&detail, went).map(|e| e.input_data.clone()), Some(output));
            assert_eq!(last(&detail, not).map(|e| e.status), Some(NodeStatus::Skipped));
        }
    }

    async fn nobody_decides_in_time(db) {
        let nodes = vec![node("ask", "approval", json!({"message": "?", "timeout_seconds": 60})), probe("late", "pass")];
        let bench = bench(db, nodes, &["ask.error>late"]).await;
        let (watch, clock) = (Probe::default(), Clock::manual(Utc::now()));
        let engine = engine_at(db, &watch, EngineLimits::default(), clock.clone()).await;
        let run = bench.submit(db, &engine, json!(1)).await;
        bench.reaches(db, run, RunStatus::Waiting).await;
        clock.advance(TimeDelta::seconds(60));
        assert!(engine.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        assert_eq!(last(&detail, "ask").and_then(|e| e.error_code.clone()).as_deref(), Some("approval_timeout"));
        assert_eq!(last(&detail, "late").map(|e| e.status), Some(NodeStatus::Completed));
    }

    async fn what_waits_is_cancelled_with_its_run(db) {
        let nodes = vec![node("nap", "delay", json!({"seconds": 3600})), node("ask", "approval", json!({"message": "?"}))];
        let first = bench(db, nodes, &[]).await;
        let watch = Probe::default();
        let engine = engine_at(db, &watch, EngineLimits::default(), Clock::system()).await;
        let run = first.submit(db, &engine, json!(1)).await;
        first.reaches(db, run, RunStatus::Waiting).await;
        engine.cancel(run).await.expect("it is cancelled");
        let detail = first.detail(db, run).await;
        assert_eq!(detail.run.summary.status, RunStatus::Cancelled);
        assert!(detail.node_executions.iter().all(|e| e.status == NodeStatus::Cancelled));
        // And with a run that fails.
        let nodes = vec![node("nap", "delay", json!({"seconds": 3600})), probe("gate", "gate"), probe("broken", "fail")];
        let second = bench(db, nodes, &["gate>broken"]).await;
        let run = second.submit(db, &engine, json!(1)).await;
        until("the nap begins", || async {
            last(&second.detail(db, run).await, "nap").is_some_and(|e| e.status == NodeStatus::Waiting)
        }).await;
        watch.gate.add_permits(1);
        assert!(engine.wait(run, PATIENCE).await);
        let detail = second.detail(db, run).await;
        assert_eq!(detail.run.summary.status, RunStatus::Failed);
        assert_eq!(last(&detail, "nap").map(|e| e.status), Some(NodeStatus::Cancelled));
    }
}
