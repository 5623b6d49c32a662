//! Two processes on one database: never do both count.

use super::{PATIENCE, Probe, bench, last, node, probe, until};
use crate::{db_test, support::db::TestDatabase};
use chrono::{TimeDelta, Utc};
use millrace::{
    api::runs::{NodeStatus, RunStatus},
    server::{
        clock::Clock,
        engine::{Engine, EngineLimits},
        store::Store,
    },
    workflow::ids::NodeId,
};
use serde_json::json;

async fn instance(db: &TestDatabase, name: &str, probe: &Probe, clock: &Clock) -> Engine {
    // Connections of its own, as another process has.
    let store = Store::open(&db.url).await.expect("the database opens");
    Engine::start(store, probe.registry(), EngineLimits::default(), clock.clone(), name.to_owned())
        .await
        .expect("the engine starts")
}

db_test! {
    async fn a_living_owner_keeps_its_runs(db) {
        let bench = bench(db, vec![probe("gate", "gate"), probe("after", "pass")], &["gate>after"]).await;
        let (first, second, clock) = (Probe::default(), Probe::default(), Clock::system());
        let one = instance(db, "one", &first, &clock).await;
        let run = bench.submit(db, &one, json!(1)).await;
        first.wait_for(1).await;
        let two = instance(db, "two", &second, &clock).await;
        two.submit(run);
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        assert!(second.began().is_empty(), "the lease was prolonged");
        // A cancel through the other process reaches the owner.
        two.cancel(run).await.expect("it is taken");
        assert!(one.wait(run, PATIENCE).await);
        assert_eq!(bench.status(db, run).await, RunStatus::Cancelled);
    }

    async fn a_silent_owner_loses_its_runs_and_its_results(db) {
        let bench = bench(db, vec![probe("gate", "gate"), probe("after", "pass")], &["gate>after"]).await;
        let (first, second) = (Probe::default(), Probe::default());
        // The first one's clock stands still: its leases are never prolonged, as if it was frozen.
        let (frozen, clock) = (Clock::manual(Utc::now() - TimeDelta::seconds(60)), Clock::system());
        let one = instance(db, "one", &first, &frozen).await;
        let run = bench.submit(db, &one, json!(1)).await;
        first.wait_for(1).await;
        second.gate.add_permits(1);
        let two = instance(db, "two", &second, &clock).await;
        assert!(two.wait(run, PATIENCE).await, "the sweeper takes it up");
        let after = bench.detail(db, run).await;
        // It thaws, and its step ends.
        first.gate.add_permits(1);
        until("the first process has given the run up", || async { first.gate.available_permits() == 0 }).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(bench.detail(db, run).await, after, "the late result does not count");
        assert_eq!(after.run.summary.status, RunStatus::Completed);
        let attempts: Vec<_> = after.node_executions.iter().map(|e| (e.node_name.as_str(), e.attempt, e.status)).collect();
        assert_eq!(attempts, [
            ("gate", 1, NodeStatus::Interrupted),
            ("gate", 2, NodeStatus::Completed),
            ("after", 1, NodeStatus::Completed),
        ]);
        assert_eq!(first.began().len(), 1);
    }

    async fn whoever_is_there_goes_on_with_what_waits(db) {
        let nodes = vec![node("ask", "approval", json!({"message": "?"})), probe("yes", "pass")];
        let ask = NodeId(nodes[0].id);
        let bench = bench(db, nodes, &["ask.approved>yes"]).await;
        let (first, second, clock) = (Probe::default(), Probe::default(), Clock::system());
        let one = instance(db, "one", &first, &clock).await;
        let run = bench.submit(db, &one, json!(1)).await;
        bench.reaches(db, run, RunStatus::Waiting).await;
        one.shutdown().await;
        let two = instance(db, "two", &second, &clock).await;
        let decision = millrace::server::store::approvals::Decision {
            approved: true,
            comment: None,
            by: "ada".to_owned(),
            at: Utc::now(),
        };
        let write = db.store.write().await.expect("a transaction");
        assert!(millrace::server::store::approvals::decide(&write, run, ask, 1, &decision).await.expect("an answer"));
        write.commit().await.expect("a commit");
        // Nobody pokes: the second process finds it by itself.
        assert!(two.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        assert_eq!(last(&detail, "yes").map(|e| e.status), Some(NodeStatus::Completed));
    }
}
