//! What runs give and how they fail.

use super::{PATIENCE, Probe, bench, engine, engine_with, last, node, probe, with_settings};
use crate::db_test;
use millrace::{
    api::runs::{NodeStatus, RunStatus},
    server::engine::{EngineError, EngineLimits},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

db_test! {
    async fn steps_follow_each_other(db) {
        let nodes = vec![
            node("a", "transform", json!({"expression": "input.x + vars.k"})),
            node("b", "transform", json!({"fields": {"twice": "input * 2", "first": "run.input.x"}})),
            node("c", "transform", json!({"expression": "nodes.a + inputs.b.twice"})),
        ];
        let bench = bench(db, nodes, &["a>b", "b>c"]).await;
        let engine = engine(db, &Probe::default()).await;
        let detail = bench.result(db, &engine, json!({"x": 3})).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed, "{:?}", detail.run);
        assert_eq!(detail.run.output_data, json!({"c": 30}));
        assert_eq!(last(&detail, "b").expect("b ran").output_data, json!({"twice": 20, "first": 3}));
        let order: Vec<_> = detail.node_executions.iter().map(|e| (e.node_name.as_str(), e.execution_order)).collect();
        assert_eq!(order, [("a", 1), ("b", 2), ("c", 3)]);
        assert!(detail.run.summary.started_at.is_some() && detail.run.summary.completed_at.is_some());
    }

    async fn a_condition_chooses_and_the_rest_is_skipped(db) {
        let nodes = vec![
            node("check", "condition", json!({"condition": "input > 10"})),
            probe("high", "pass"),
            probe("low", "pass"),
            probe("after low", "pass"),
            probe("end", "pass"),
        ];
        let bench = bench(db, nodes, &["check.true>high", "check.false>low", "low>after low", "high>end", "after low>end"]).await;
        let engine = engine(db, &Probe::default()).await;
        let detail = bench.result(db, &engine, json!(11)).await;
        let status = |name| last(&detail, name).map(|e| (e.status, e.attempt));
        assert_eq!(status("high"), Some((NodeStatus::Completed, 1)));
        assert_eq!(status("low"), Some((NodeStatus::Skipped, 0)));
        assert_eq!(status("after low"), Some((NodeStatus::Skipped, 0)));
        assert_eq!(last(&detail, "check").and_then(|e| e.port.clone()).as_deref(), Some("true"));
        // One live predecessor: its output itself is the input.
        assert_eq!(detail.run.output_data, json!({"end": {"node": "end", "input": {"node": "high", "input": 11}}}));
    }

    async fn join_all_wants_every_edge(db) {
        let nodes = vec![
            node("check", "condition", json!({"condition": "input"})),
            probe("side", "pass"),
            with_settings("all", "probe", json!({}), json!({"join": "all"})),
            with_settings("any", "probe", json!({}), json!({"join": "any"})),
        ];
        let links = ["check.true>all", "side>all", "check.true>any", "side>any"];
        let bench = bench(db, nodes, &links).await;
        let engine = engine(db, &Probe::default()).await;
        let no = bench.result(db, &engine, json!(false)).await;
        assert_eq!(last(&no, "all").map(|e| e.status), Some(NodeStatus::Skipped));
        assert_eq!(last(&no, "any").map(|e| e.status), Some(NodeStatus::Completed));
        let yes = bench.result(db, &engine, json!(true)).await;
        assert_eq!(last(&yes, "all").map(|e| e.status), Some(NodeStatus::Completed));
        // Several live predecessors: the object of their outputs by name.
        let input = &last(&yes, "any").expect("it ran").input_data;
        assert_eq!(*input, json!({"check": true, "side": {"node": "side", "input": true}}));
    }

    async fn a_failure_ends_the_run_and_names_the_node(db) {
        let bench = bench(db, vec![probe("first", "pass"), probe("bad", "fail"), probe("never", "pass")], &["first>bad", "bad>never"]).await;
        let engine = engine(db, &Probe::default()).await;
        let detail = bench.result(db, &engine, json!(1)).await;
        let run = &detail.run.summary;
        assert_eq!((run.status, &detail.run.output_data), (RunStatus::Failed, &Value::Null));
        assert_eq!(run.error_message.as_deref(), Some("bad: it broke; mend it"));
        assert_eq!(run.error_code.as_deref(), Some("broken"));
        let bad = last(&detail, "bad").expect("it ran");
        assert_eq!((bad.status, bad.error_message.as_deref()), (NodeStatus::Failed, Some("it broke; mend it")));
        assert_eq!(bad.logs.iter().map(|l| l.message.as_str()).collect::<Vec<_>>(), ["about to fail"]);
        assert!(last(&detail, "never").is_none(), "nodes never reached have no row");
        assert_eq!(last(&detail, "first").map(|e| e.status), Some(NodeStatus::Completed));
    }

    async fn an_error_port_catches_a_failure(db) {
        let bench = bench(db, vec![probe("bad", "fail"), probe("next", "pass"), probe("rescue", "pass")], &["bad>next", "bad.error>rescue"]).await;
        let engine = engine(db, &Probe::default()).await;
        let detail = bench.result(db, &engine, json!(1)).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed);
        assert_eq!(detail.run.summary.error_message, None);
        assert_eq!(last(&detail, "next").map(|e| e.status), Some(NodeStatus::Skipped));
        let error = json!({"code": "broken", "message": "it broke; mend it", "node": "bad"});
        assert_eq!(last(&detail, "rescue").expect("it ran").input_data, error);
    }

    async fn mistakes_in_expressions_name_node_and_field(db) {
        let engine = engine(db, &Probe::default()).await;
        for (config, code) in [
            (json!({"expression": "input.missing"}), "undefined"),
            (json!({"expression": "input.x > 10"}), "type_mismatch"),
        ] {
            let bench = bench(db, vec![node("Look up", "transform", config)], &[]).await;
            let run = bench.result(db, &engine, json!({"x": "3"})).await.run.summary;
            assert_eq!((run.status, run.error_code.as_deref()), (RunStatus::Failed, Some(code)));
            let message = run.error_message.unwrap_or_default();
            assert!(message.starts_with("Look up: config.expression: "), "{message}");
        }
    }

    async fn a_panic_fails_its_node_only(db) {
        let bench = bench(db, vec![probe("bad", "panic"), probe("rescue", "pass")], &["bad.error>rescue"]).await;
        let engine = engine(db, &Probe::default()).await;
        let detail = bench.result(db, &engine, json!(1)).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed);
        let bad = last(&detail, "bad").expect("it ran");
        assert_eq!(bad.error_code.as_deref(), Some("panic"));
        assert!(bad.error_message.as_deref().unwrap_or_default().contains("boom"));
    }

    async fn limits_hold(db) {
        let limits = EngineLimits { output_bytes: 1000, run_timeout: Duration::from_millis(700), ..EngineLimits::default() };
        let engine = engine_with(db, &Probe::default(), limits).await;
        let big = bench(db, vec![probe("big", "big")], &[]).await.result(db, &engine, json!(1)).await;
        assert_eq!(big.run.summary.error_code.as_deref(), Some("output_too_large"));
        let slow = with_settings("slow", "probe", json!({"do": "sleep"}), json!({"timeout_ms": 50}));
        let slow = bench(db, vec![slow], &[]).await.result(db, &engine, json!(1)).await;
        assert_eq!(slow.run.summary.error_code.as_deref(), Some("timeout"));
        let long = bench(db, vec![probe("long", "sleep")], &[]).await.result(db, &engine, json!(1)).await;
        assert_eq!((long.run.summary.status, long.run.summary.error_code.as_deref()), (RunStatus::Failed, Some("run_timeout")));
        assert_eq!(last(&long, "long").map(|e| e.status), Some(NodeStatus::Cancelled));
    }

    async fn independent_nodes_run_at_the_same_time_up_to_the_limit(db) {
        let names: Vec<String> = (0..5).map(|i| format!("n{i}")).collect();
        let bench = bench(db, names.iter().map(|n| probe(n, "gate")).collect(), &[]).await;
        let watch = Probe::default();
        let engine = engine_with(db, &watch, EngineLimits { parallel_nodes: 3, ..EngineLimits::default() }).await;
        let run = bench.submit(db, &engine, json!(1)).await;
        watch.wait_for(3).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(watch.began().len(), 3, "no more than the limit");
        watch.gate.add_permits(5);
        assert!(engine.wait(run, PATIENCE).await);
        assert_eq!(bench.detail(db, run).await.run.output_data.as_object().map(serde_json::Map::len), Some(5));
    }

    async fn disabled_and_pinned_nodes_do_not_execute(db) {
        let off = with_settings("off", "probe", json!({"do": "fail"}), json!({"disabled": true}));
        let pin = with_settings("pin", "probe", json!({"do": "pass"}), json!({"pinned_output": null}));
        let branch = with_settings("branch", "condition", json!({"condition": "true"}), json!({"pinned_output": {"port": "false", "output": 9}}));
        let nodes = vec![off, pin, branch, probe("yes", "pass"), probe("no", "pass")];
        let bench = bench(db, nodes, &["off>pin", "pin>branch", "branch.true>yes", "branch.false>no"]).await;
        let watch = Probe::default();
        let engine = engine(db, &watch).await;
        let run = bench.make_run(db, json!(5), true).await;
        engine.submit(run);
        assert!(engine.wait(run, PATIENCE).await);
        let detail = bench.detail(db, run).await;
        assert_eq!(last(&detail, "off").map(|e| &e.output_data), Some(&json!(5)));
        assert_eq!(last(&detail, "pin").map(|e| &e.output_data), Some(&Value::Null));
        assert_eq!(detail.run.output_data, json!({"no": {"node": "no", "input": 9}}));
        assert_eq!(watch.began(), [("no".to_owned(), 1)]);
    }

    async fn cancel_is_quick_and_final(db) {
        let bench = bench(db, vec![probe("done", "pass"), probe("long", "gate"), probe("never", "pass")], &["done>long", "long>never"]).await;
        let watch = Probe::default();
        let engine = engine(db, &watch).await;
        let run = bench.submit(db, &engine, json!(1)).await;
        watch.wait_for(2).await;
        let began = Instant::now();
        engine.cancel(run).await.expect("cancelled");
        assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
        watch.gate.add_permits(9);
        assert!(matches!(engine.cancel(run).await, Err(EngineError::RunEnded(RunStatus::Cancelled))));
        tokio::time::sleep(Duration::from_millis(100)).await;
        let detail = bench.detail(db, run).await;
        assert_eq!((detail.run.summary.status, &detail.run.output_data), (RunStatus::Cancelled, &Value::Null));
        assert_eq!(last(&detail, "long").map(|e| e.status), Some(NodeStatus::Cancelled));
        assert_eq!(last(&detail, "done").map(|e| e.status), Some(NodeStatus::Completed));
        assert!(last(&detail, "never").is_none());
    }

    async fn a_pending_run_can_be_cancelled_while_others_have_their_turn(db) {
        let bench = bench(db, vec![probe("long", "gate")], &[]).await;
        let watch = Probe::default();
        let engine = engine_with(db, &watch, EngineLimits { parallel_runs: 1, ..EngineLimits::default() }).await;
        let first = bench.submit(db, &engine, json!(1)).await;
        watch.wait_for(1).await;
        let second = bench.submit(db, &engine, json!(2)).await;
        assert!(!engine.wait(second, Duration::from_millis(100)).await);
        engine.cancel(second).await.expect("cancelled");
        watch.gate.add_permits(1);
        assert!(engine.wait(first, PATIENCE).await);
        assert_eq!(bench.detail(db, first).await.run.summary.status, RunStatus::Completed);
        let second = bench.detail(db, second).await;
        assert_eq!((second.run.summary.status, second.node_executions.len()), (RunStatus::Cancelled, 0));
    }

    async fn an_empty_workflow_completes(db) {
        let engine = engine(db, &Probe::default()).await;
        let detail = bench(db, vec![], &[]).await.result(db, &engine, json!(1)).await;
        assert_eq!((detail.run.summary.status, detail.run.output_data), (RunStatus::Completed, json!({})));
    }
}
