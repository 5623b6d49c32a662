//! What a new engine makes of the runs that another one left.

use super::{PATIENCE, Probe, bench, engine, engine_with, last, probe};
use crate::{db_test, support::db::TestDatabase};
use millrace::{
    api::runs::{NodeStatus, RunStatus},
    server::{
        clock::Clock,
        engine::{Engine, EngineLimits},
        store::Store,
    },
    workflow::ids::RunId,
};
use serde_json::json;
use std::time::Duration;

/// Runs an engine of its own on a runtime of its own until `attempts` have begun, then drops everything in the middle
/// of what it does, as a crash would.
async fn crash_after(db: &TestDatabase, watch: &Probe, run: RunId, attempts: usize) {
    let (url, watch) = (db.url.clone(), watch.clone());
    let crashed = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let store = Store::open(&url).await.expect("the database opens");
            let engine = Engine::start(
                store,
                watch.registry(),
                EngineLimits::default(),
                Clock::system(),
                "tests".to_owned(),
            );
            let engine = engine.await.expect("the engine starts");
            engine.submit(run);
            watch.wait_for(attempts).await;
            // What ended by then shall be durable.
            tokio::time::sleep(Duration::from_millis(300)).await;
        });
        runtime.shutdown_timeout(Duration::from_millis(200));
    });
    crashed.await.expect("no panic");
}

db_test! {
    async fn a_crash_loses_no_finished_step_and_repeats_none(db) {
        let nodes = vec![probe("done", "pass"), probe("cut", "gate"), probe("after", "pass"), probe("join", "pass")];
        let bench = bench(db, nodes, &["done>cut", "cut>after", "done>join", "after>join"]).await;
        let watch = Probe::default();
        let run = bench.make_run(db, json!(1), false).await;
        crash_after(db, &watch, run, 2).await;
        let before = bench.detail(db, run).await;
        assert_eq!(before.run.summary.status, RunStatus::Running);
        assert_eq!(last(&before, "done").map(|e| e.status), Some(NodeStatus::Completed));
        watch.gate.add_permits(1);
        let engine = engine(db, &watch).await;
        assert!(engine.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed);
        let attempts: Vec<_> = detail.node_executions.iter().map(|e| (e.node_name.as_str(), e.attempt, e.status)).collect();
        assert_eq!(attempts, [
            ("done", 1, NodeStatus::Completed),
            ("cut", 1, NodeStatus::Interrupted),
            ("cut", 2, NodeStatus::Completed),
            ("after", 1, NodeStatus::Completed),
            ("join", 1, NodeStatus::Completed),
        ]);
        let began: Vec<_> = watch.began();
        assert_eq!(began.iter().filter(|(n, _)| n == "done").count(), 1, "{began:?}");
        // Outputs of before the crash still reach the steps after it.
        let input = &last(&detail, "join").expect("it ran").input_data;
        assert_eq!(input["done"], json!({"node": "done", "input": 1}));
        assert_eq!(before.run.summary.started_at, detail.run.summary.started_at);
    }

    async fn shutting_down_leaves_runs_for_the_next_start(db) {
        let bench = bench(db, vec![probe("cut", "gate")], &[]).await;
        let watch = Probe::default();
        let first = engine(db, &watch).await;
        let run = bench.submit(db, &first, json!(1)).await;
        watch.wait_for(1).await;
        first.shutdown().await;
        assert_eq!(bench.detail(db, run).await.run.summary.status, RunStatus::Running);
        watch.gate.add_permits(1);
        let second = engine(db, &watch).await;
        assert!(second.wait(run, PATIENCE).await);
        assert_eq!(last(&bench.detail(db, run).await, "cut").map(|e| (e.attempt, e.status)), Some((2, NodeStatus::Completed)));
    }

    async fn a_step_that_is_always_interrupted_is_given_up(db) {
        let bench = bench(db, vec![probe("deadly", "gate")], &[]).await;
        let watch = Probe::default();
        let limits = EngineLimits { interruptions: 3, ..EngineLimits::default() };
        let run = bench.make_run(db, json!(1), false).await;
        for attempts in 1..=3 {
            let engine = engine_with(db, &watch, limits.clone()).await;
            watch.wait_for(attempts).await;
            engine.shutdown().await;
        }
        let engine = engine_with(db, &watch, limits).await;
        assert!(engine.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        assert_eq!((detail.run.summary.status, detail.run.summary.error_code.as_deref()), (RunStatus::Failed, Some("crashed_repeatedly")));
        assert_eq!((watch.began().len(), detail.node_executions.len()), (3, 3));
    }

    async fn a_run_that_was_failing_does_not_go_on_after_a_crash(db) {
        let nodes = vec![probe("start", "pass"), probe("bad", "fail"), probe("slow", "gate"), probe("never", "pass")];
        let bench = bench(db, nodes, &["start>bad", "start>slow", "slow>never"]).await;
        let watch = Probe::default();
        let run = bench.make_run(db, json!(1), false).await;
        crash_after(db, &watch, run, 3).await;
        let engine = engine(db, &watch).await;
        assert!(engine.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        assert_eq!(detail.run.summary.error_message.as_deref(), Some("bad: it broke; mend it"));
        assert_eq!(last(&detail, "bad").map(|e| (e.attempt, e.status)), Some((1, NodeStatus::Failed)));
        assert_eq!(last(&detail, "slow").map(|e| (e.attempt, e.status)), Some((1, NodeStatus::Interrupted)));
        assert!(last(&detail, "never").is_none());
    }

    async fn an_engine_that_lost_a_run_changes_nothing_any_more(db) {
        let bench = bench(db, vec![probe("cut", "gate")], &[]).await;
        let (old_watch, new_watch) = (Probe::default(), Probe::default());
        let old = engine(db, &old_watch).await;
        let run = bench.submit(db, &old, json!(1)).await;
        old_watch.wait_for(1).await;
        // A second process on the same database takes the run over while the first still executes it.
        let new = engine(db, &new_watch).await;
        new_watch.wait_for(1).await;
        old_watch.gate.add_permits(1);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let during = bench.detail(db, run).await;
        assert_eq!(during.run.summary.status, RunStatus::Running, "the late result of the first is refused");
        new_watch.gate.add_permits(1);
        assert!(new.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        assert_eq!(last(&detail, "cut").map(|e| (e.attempt, e.status)), Some((2, NodeStatus::Completed)));
        old.shutdown().await;
    }
}
