//! Runs: what is kept of them, idempotency, lists.

use super::{now, user, workflow};
use crate::{db_test, support::db::TestDatabase};
use millrace::{
    api::runs::RunStatus,
    server::store::{StoreError, page::PageRequest, runs, versions, workflows as queries},
    workflow::{
        document::Workflow,
        ids::{RunId, UserId, VersionId, WorkflowId},
    },
};
use serde_json::{Value, json};

pub async fn run(
    db: &TestDatabase,
    owner: UserId,
    workflow_id: WorkflowId,
    input_data: Value,
    key: Option<&str>,
) -> Result<runs::CreatedRun, StoreError> {
    let write = db.store.write().await?;
    let draft = queries::get(&write, owner, workflow_id).await?;
    let version =
        versions::find_or_create(&write, owner, workflow_id, &Workflow::from(&draft), now()).await?;
    let new = runs::NewRun {
        workflow_id,
        version_id: VersionId(version.id),
        trigger: "api".to_owned(),
        trigger_id: None,
        input_data,
        use_pinned: false,
        idempotency_key: key.map(str::to_owned),
    };
    let made = runs::create(&write, owner, new, now()).await?;
    write.commit().await?;
    Ok(made)
}

db_test! {
    async fn input_is_kept_to_the_letter(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        for input in [
            json!({"zebra": 1, "apple": {"b": "nul \u{0} in text", "a": [1.5, -0.0, 1e300, u64::MAX]}, "é\u{0}": "😀"}),
            json!("text"),
            json!(5),
            json!("5"),
            json!(null),
            json!([true, {}]),
        ] {
            let made = run(db, ada, id, input.clone(), None).await.expect("a run");
            let detail = runs::get(&db.store, ada, id, made.id).await.expect("the run");
            // As text, since equality of objects forgets the order of their keys.
            assert_eq!(detail.run.input_data.to_string(), input.to_string());
            assert_eq!((detail.run.output_data, detail.run.summary.status), (Value::Null, RunStatus::Pending));
        }
    }

    async fn an_idempotency_key_makes_one_run(db) {
        let (ada, bob) = (user(db, "Ada").await, user(db, "Bob").await);
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let first = run(db, ada, id, json!({"a": 1}), Some("k")).await.expect("a run");
        let again = run(db, ada, id, json!({"a": 1}), Some("k")).await.expect("the same run");
        assert_eq!((first.is_new, again.is_new, again.id), (true, false, first.id));
        let other = run(db, ada, id, json!({"a": 2}), Some("k")).await;
        assert!(matches!(other, Err(StoreError::IdempotencyKeyReused)), "{other:?}");
        let second = WorkflowId(workflow(db, ada, "w2").await.id);
        assert!(run(db, ada, second, json!({"a": 2}), Some("k")).await.expect("another workflow").is_new);
        assert!(run(db, ada, id, json!(1), None).await.expect("a run").is_new);
        assert!(run(db, ada, id, json!(1), None).await.expect("a run").is_new);
        assert!(matches!(run(db, bob, id, json!(1), None).await, Err(StoreError::NotFound(_))));
    }

    async fn lists_hold_what_is_asked_for(db) {
        let (ada, bob) = (user(db, "Ada").await, user(db, "Bob").await);
        let one = WorkflowId(workflow(db, ada, "one").await.id);
        let two = WorkflowId(workflow(db, ada, "two").await.id);
        let mut made = Vec::new();
        for workflow in [one, two, one] {
            made.push(run(db, ada, workflow, json!(null), None).await.expect("a run").id.0);
        }
        let ids = |filter: runs::RunFilter, owner| async move {
            let page = runs::list_all(&db.store, owner, &filter, &PageRequest::first(50)).await.expect("a page");
            page.items.into_iter().map(|r| r.id).collect::<Vec<_>>()
        };
        let all = runs::RunFilter::default();
        assert_eq!(ids(all.clone(), ada).await, [made[2], made[1], made[0]]);
        assert!(ids(all.clone(), bob).await.is_empty());
        assert_eq!(ids(runs::RunFilter { workflow: Some(two), ..all.clone() }, ada).await, [made[1]]);
        assert!(ids(runs::RunFilter { status: Some(RunStatus::Failed), ..all.clone() }, ada).await.is_empty());
        assert_eq!(ids(runs::RunFilter { trigger: Some("api".into()), ..all }, ada).await.len(), 3);
        assert_eq!(runs::list(&db.store, ada, one, &PageRequest::first(1)).await.expect("a page").items.len(), 1);
        let summaries = queries::list(&db.store, ada, &PageRequest::first(9)).await.expect("a page").items;
        let recent: Vec<Vec<_>> = summaries.iter().map(|w| w.recent_runs.iter().map(|r| r.id).collect()).collect();
        assert_eq!(recent, [vec![made[1]], vec![made[2], made[0]]]);
        assert!(matches!(runs::get(&db.store, ada, two, RunId(made[0])).await, Err(StoreError::NotFound(_))));
    }
}
