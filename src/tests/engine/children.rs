//! Steps whose work child runs do.

use super::{Bench, PATIENCE, Probe, bench, bench_of, engine, engine_with, last, node, probe};
use crate::{db_test, support::db::TestDatabase};
use millrace::{
    api::runs::{NodeStatus, RunStatus, RunSummary},
    server::{
        engine::EngineLimits,
        store::{
            again,
            page::PageRequest,
            runs::{self, RunFilter},
        },
    },
    workflow::ids::RunId,
};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A workflow `child` and one that uses it.
async fn family(db: &TestDatabase, child: &str, step: &str, config: Value) -> (Bench, Bench) {
    let child = bench(db, vec![probe("work", child)], &[]).await;
    let mut config = config;
    config["workflow"] = json!(child.workflow.0);
    let nodes = vec![node("each", step, config), probe("after", "pass")];
    let parent = bench_of(db, child.owner, "parent", nodes, &["each>after"]).await;
    (child, parent)
}

async fn children(db: &TestDatabase, of: &Bench, run: RunId) -> Vec<RunSummary> {
    let filter = RunFilter { parent: Some(run), ..RunFilter::default() };
    let page = PageRequest { after: None, limit: 200 };
    runs::list_all(&db.store, of.owner, &filter, &page).await.expect("runs").items
}

db_test! {
    async fn a_sub_workflow_gives_its_output(db) {
        let (child, parent) = family(db, "pass", "sub_workflow", json!({"input": {"n": "{{ input + 1 }}"}})).await;
        let engine = engine(db, &Probe::default()).await;
        let detail = parent.result(db, &engine, json!(1)).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed, "{:?}", detail.run.summary.error_message);
        let output = json!({"work": {"node": "work", "input": {"n": 2}}});
        assert_eq!(last(&detail, "each").map(|e| e.output_data.clone()), Some(output));
        let children = children(db, &parent, RunId(detail.run.summary.id)).await;
        assert_eq!(children.len(), 1);
        assert_eq!(children[0].workflow_id, child.workflow.0);
        let link = children[0].parent.clone().expect("a parent");
        assert_eq!((link.run_id, link.workflow_id, link.item_index), (detail.run.summary.id, parent.workflow.0, 0));
    }

    async fn for_each_keeps_the_order(db) {
        let config = json!({"items": "{{ input }}", "input": {"item": "{{ item }}", "index": "{{ index }}"}, "concurrency": 3});
        let (_, parent) = family(db, "pass", "for_each", config).await;
        let engine = engine(db, &Probe::default()).await;
        let items: Vec<Value> = (0..20).map(|n| json!(n * n)).collect();
        let detail = parent.result(db, &engine, json!(items)).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed, "{:?}", detail.run.summary.error_message);
        let output = last(&detail, "each").map(|e| e.output_data.clone()).expect("an output");
        let inputs: Vec<Value> = output.as_array().expect("a list").iter().map(|o| o["work"]["input"].clone()).collect();
        let expected: Vec<Value> = (0..20).map(|n| json!({"item": n * n, "index": n})).collect();
        assert_eq!(inputs, expected);
        assert_eq!(children(db, &parent, RunId(detail.run.summary.id)).await.len(), 20);
        let detail = parent.result(db, &engine, json!([])).await;
        assert_eq!(last(&detail, "each").map(|e| e.output_data.clone()), Some(json!([])));
    }

    async fn a_failed_item_fails_the_step_or_is_collected(db) {
        let config = json!({"items": "{{ input }}", "concurrency": 2});
        let (_, parent) = family(db, "fail", "for_each", config).await;
        let engine = engine(db, &Probe::default()).await;
        let detail = parent.result(db, &engine, json!([1, 2, 3])).await;
        assert_eq!(detail.run.summary.status, RunStatus::Failed);
        let message = detail.run.summary.error_message.clone().expect("a message");
        assert!(message.contains("each: item") && message.contains("it broke"), "{message}");
        let config = json!({"items": "{{ input }}", "concurrency": 2, "on_error": "collect"});
        let (_, parent) = family(db, "fail", "for_each", config).await;
        let detail = parent.result(db, &engine, json!([1, 2, 3])).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed, "{:?}", detail.run.summary.error_message);
        let output = last(&detail, "each").map(|e| e.output_data.clone()).expect("an output");
        assert_eq!(output.as_array().map(Vec::len), Some(3));
        assert_eq!(output[2]["error"]["code"], json!("broken"));
        let detail = parent.result(db, &engine, json!({"not": "a list"})).await;
        assert_eq!(detail.run.summary.error_code.as_deref(), Some("not_a_list"));
    }

    async fn a_step_whose_child_cannot_be_made_has_failed(db) {
        let config = json!({"items": "{{ input }}", "input": {"x": "{{ item.a }}"}});
        let (_, parent) = family(db, "pass", "for_each", config).await;
        let engine = engine(db, &Probe::default()).await;
        let detail = parent.result(db, &engine, json!([{}])).await;
        assert_eq!(detail.run.summary.error_code.as_deref(), Some("undefined"));
        // It began to wait and failed in one and the same write.
        assert_eq!(last(&detail, "each").map(|e| e.status), Some(NodeStatus::Failed));
    }

    async fn a_cancel_reaches_the_children(db) {
        let config = json!({"items": "{{ input }}", "concurrency": 3});
        let (_, parent) = family(db, "gate", "for_each", config).await;
        let watch = Probe::default();
        let engine = engine(db, &watch).await;
        let run = parent.submit(db, &engine, json!([1, 2, 3, 4, 5])).await;
        watch.wait_for(3).await;
        assert_eq!(parent.status(db, run).await, RunStatus::Waiting);
        engine.cancel(run).await.expect("it is cancelled");
        assert_eq!(parent.status(db, run).await, RunStatus::Cancelled);
        let all = children(db, &parent, run).await;
        assert_eq!(all.len(), 3);
        for child in all {
            assert!(engine.wait(RunId(child.id), PATIENCE).await);
        }
        assert!(children(db, &parent, run).await.iter().all(|child| child.status == RunStatus::Cancelled));
        assert_eq!(watch.began().len(), 3, "no other child began");
    }

    async fn a_crash_makes_no_child_twice(db) {
        let config = json!({"items": "{{ input }}", "concurrency": 4});
        let (_, parent) = family(db, "gate", "for_each", config).await;
        let watch = Probe::default();
        let first = engine(db, &watch).await;
        let run = parent.submit(db, &first, json!([1, 2, 3, 4, 5, 6])).await;
        watch.wait_for(4).await;
        watch.gate.add_permits(2);
        watch.wait_for(6).await;
        first.shutdown().await;
        watch.gate.add_permits(100);
        let second = engine(db, &watch).await;
        assert!(second.wait(run, PATIENCE).await);
        let detail = parent.detail(db, run).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed, "{:?}", detail.run.summary.error_message);
        assert_eq!(last(&detail, "each").map(|e| e.status), Some(NodeStatus::Completed));
        let all = children(db, &parent, run).await;
        let indices: HashSet<i32> = all.iter().filter_map(|child| child.parent.as_ref()).map(|p| p.item_index).collect();
        assert_eq!((all.len(), indices.len()), (6, 6));
    }

    async fn a_resumed_run_keeps_the_children_that_completed(db) {
        let child = bench(db, vec![probe("work", "gate")], &[]).await;
        let config = json!({"items": "{{ input }}", "workflow": child.workflow.0, "concurrency": 1});
        let parent = bench_of(db, child.owner, "parent", vec![node("each", "for_each", config)], &[]).await;
        let watch = Probe::default();
        let engine = engine(db, &watch).await;
        let run = parent.submit(db, &engine, json!(["a", "b", "c"])).await;
        watch.gate.add_permits(2);
        watch.wait_for(3).await;
        engine.cancel(run).await.expect("it is cancelled");
        // The last child waits for the gate until it hears of it.
        for child in children(db, &parent, run).await {
            assert!(engine.wait(RunId(child.id), PATIENCE).await);
        }
        let write = db.store.write().await.expect("a transaction");
        let source = again::source(&write, parent.owner, parent.workflow, run).await.expect("the run");
        let new = again::NewAgain {
            run: runs::NewRun {
                workflow_id: parent.workflow,
                version_id: source.version_id,
                trigger: "api".to_owned(),
        trigger_id: None,
                input_data: source.input_data,
                use_pinned: false,
                idempotency_key: None,
            },
            source: run,
            effect_root: Some(source.effect_root),
            request_digest: String::new(),
            reused: Vec::new(),
            given: Vec::new(),
        };
        let resumed = again::create(&write, parent.owner, &new, chrono::Utc::now()).await.expect("a run").id;
        write.commit().await.expect("a commit");
        watch.gate.add_permits(1);
        engine.submit(resumed);
        assert!(engine.wait(resumed, PATIENCE).await);
        let detail = parent.detail(db, resumed).await;
        assert_eq!(detail.run.summary.status, RunStatus::Completed, "{:?}", detail.run.summary.error_message);
        let output = last(&detail, "each").map(|e| e.output_data.clone()).expect("an output");
        let inputs: Vec<Value> = (0..3).map(|n| output[n]["work"]["input"].clone()).collect();
        assert_eq!(inputs, ["a", "b", "c"].map(|item| json!(item)));
        assert_eq!(watch.began().len(), 4, "only the last item ran again");
        let taken_over = children(db, &parent, resumed).await.iter().filter(|c| c.forked_from.is_some()).count();
        assert_eq!(taken_over, 2);
    }

    async fn a_workflow_that_starts_itself_ends(db) {
        let seed = bench(db, vec![probe("x", "pass")], &[]).await;
        let me = "loops for ever";
        let nodes = vec![node("again", "sub_workflow", json!({"workflow": me, "input": 1}))];
        let looped = bench_of(db, seed.owner, me, nodes, &[]).await;
        let engine = engine_with(db, &Probe::default(), EngineLimits { depth: 3, ..EngineLimits::default() }).await;
        let detail = looped.result(db, &engine, json!(1)).await;
        assert_eq!(detail.run.summary.status, RunStatus::Failed);
        assert_eq!(detail.run.summary.error_code.as_deref(), Some("too_deep"));
    }
}
