//! Workflows, graphs and versions.

use super::{edge, node, now, user, workflow};
use crate::{db_test, support::db::TestDatabase};
use millrace::{
    api::workflows::{EdgeBody, EdgeView, GraphBody, NodeBody, NodeView, WorkflowBody, WorkflowDetail},
    server::store::{StoreError, graph, page::PageRequest, versions, workflows as queries},
    workflow::{
        document::Workflow,
        ids::{NodeId, UserId, WorkflowId},
    },
};
use serde_json::json;
use std::collections::HashSet;

async fn put(
    db: &TestDatabase,
    owner: UserId,
    id: WorkflowId,
    revision: i64,
    nodes: &[NodeView],
    edges: &[EdgeView],
) -> Result<WorkflowDetail, StoreError> {
    let write = db.store.write().await?;
    let body = GraphBody { revision, nodes: nodes.to_vec(), edges: edges.to_vec(), notes: None };
    let detail = graph::put(&write, owner, id, &body, now()).await?;
    write.commit().await?;
    Ok(detail)
}

async fn version(db: &TestDatabase, owner: UserId, id: WorkflowId) -> i32 {
    let write = db.store.write().await.expect("a transaction");
    let draft = queries::get(&write, owner, id).await.expect("the draft");
    let made =
        versions::find_or_create(&write, owner, id, &Workflow::from(&draft), now()).await.expect("a version");
    write.commit().await.expect("a commit");
    made.number
}

db_test! {
    async fn lists_are_paged_newest_first(db) {
        let (ada, bob) = (user(db, "Ada").await, user(db, "Bob").await);
        let mut made = Vec::new();
        for i in 0..5 {
            made.push(workflow(db, ada, &format!("w{i}")).await.id);
        }
        workflow(db, bob, "other").await;
        made.reverse();
        let mut page = PageRequest::first(2);
        let mut seen = Vec::new();
        loop {
            let got = queries::list(&db.store, ada, &page).await.expect("a page");
            assert!(got.items.len() <= 2);
            seen.extend(got.items.into_iter().map(|w| w.id));
            match got.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, made);
        page.after = Some("nonsense".to_owned());
        assert!(matches!(queries::list(&db.store, ada, &page).await, Err(StoreError::Invalid { .. })));
    }

    async fn what_is_not_yours_is_not_there(db) {
        let (ada, bob) = (user(db, "Ada").await, user(db, "Bob").await);
        let id = WorkflowId(workflow(db, ada, "mine").await.id);
        assert!(matches!(queries::get(&db.store, bob, id).await, Err(StoreError::NotFound(_))));
        assert!(matches!(put(db, bob, id, 1, &[], &[]).await, Err(StoreError::NotFound(_))));
        let write = db.store.write().await.expect("a transaction");
        let refused = queries::delete(&write, bob, id, None, now()).await;
        assert!(matches!(refused, Err(StoreError::NotFound(_))), "{refused:?}");
        queries::delete(&write, ada, id, None, now()).await.expect("deleted");
        write.commit().await.expect("a commit");
        assert!(matches!(queries::get(&db.store, ada, id).await, Err(StoreError::NotFound(_))));
        assert!(queries::list(&db.store, ada, &PageRequest::first(9)).await.expect("a page").items.is_empty());
    }

    async fn a_graph_comes_back_as_it_was_saved(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let (a, mut b) = (node("a", json!({"expression": "input"})), node("b", json!({"x": {"y": [1, null]}})));
        b.settings = serde_json::from_value(json!({"retry": {"max_attempts": 3}, "pinned_output": null})).expect("settings");
        let mut link = edge(&a, &b);
        link.source_port = Some("error".to_owned());
        let saved = put(db, ada, id, 1, &[a.clone(), b.clone()], std::slice::from_ref(&link)).await.expect("saved");
        assert_eq!((saved.revision, saved.nodes, saved.edges), (2, vec![a, b], vec![link]));
        let listed = queries::list(&db.store, ada, &PageRequest::first(9)).await.expect("a page");
        assert_eq!(listed.items[0].node_count, 2);
    }

    async fn names_may_be_swapped_in_one_save(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let (mut a, mut b, c) = (node("a", json!({})), node("b", json!({})), node("c", json!({})));
        let edges = [edge(&a, &b), edge(&b, &c)];
        put(db, ada, id, 1, &[a.clone(), b.clone(), c.clone()], &edges).await.expect("saved");
        std::mem::swap(&mut a.name, &mut b.name);
        let saved = put(db, ada, id, 2, &[a.clone(), b.clone(), c], &edges).await.expect("saved again");
        let names: HashSet<_> = saved.nodes.iter().map(|n| (n.id, n.name.as_str())).collect();
        assert!(names.contains(&(a.id, "b")) && names.contains(&(b.id, "a")), "{names:?}");
        assert_eq!(saved.edges.len(), 2);
    }

    async fn a_stale_save_is_refused_and_an_equal_one_changes_nothing(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let a = node("a", json!({}));
        put(db, ada, id, 1, std::slice::from_ref(&a), &[]).await.expect("saved");
        let stale = put(db, ada, id, 1, &[], &[]).await;
        assert!(matches!(stale, Err(StoreError::Stale { revision: 2 })), "{stale:?}");
        let same = put(db, ada, id, 2, std::slice::from_ref(&a), &[]).await.expect("saved");
        assert_eq!((same.revision, same.nodes.len()), (2, 1));
        let write = db.store.write().await.expect("a transaction");
        let body = WorkflowBody { name: "new".to_owned(), ..WorkflowBody::default() };
        let stale = queries::update(&write, ada, id, &body, Some(1), now()).await;
        assert!(matches!(stale, Err(StoreError::Stale { revision: 2 })), "{stale:?}");
    }

    async fn what_is_no_graph_is_refused_with_its_field(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let other = WorkflowId(workflow(db, ada, "other").await.id);
        let (a, b) = (node("a", json!({})), node("b", json!({})));
        put(db, ada, other, 1, std::slice::from_ref(&b), &[]).await.expect("saved");
        let unknown = put(db, ada, id, 1, std::slice::from_ref(&a), &[edge(&a, &b)]).await;
        assert!(matches!(&unknown, Err(StoreError::Invalid { field, .. }) if field == "edges.0.target_node_id"), "{unknown:?}");
        let twice = put(db, ada, id, 1, &[a.clone(), node("a", json!({}))], &[]).await;
        assert!(matches!(twice, Err(StoreError::Unique("name"))), "{twice:?}");
        let foreign = put(db, ada, id, 1, &[NodeView { name: "c".into(), ..b.clone() }], &[]).await;
        assert!(matches!(foreign, Err(StoreError::Unique("node id"))), "{foreign:?}");
        let c = node("c", json!({}));
        let double = put(db, ada, id, 1, &[a.clone(), c.clone()], &[edge(&a, &c), edge(&a, &c)]).await;
        assert!(matches!(double, Err(StoreError::Unique("edge"))), "{double:?}");
        let nul = put(db, ada, id, 1, &[node("a", json!({"k": ["x\0"]}))], &[]).await;
        assert!(matches!(&nul, Err(StoreError::Invalid { field, .. }) if field == "nodes.0.config.k.0"), "{nul:?}");
        assert_eq!(queries::get(&db.store, ada, id).await.expect("it").revision, 1);
    }

    async fn single_changes_raise_the_revision(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let body = |name: &str| NodeBody {
            name: name.to_owned(),
            node_type: "transform".to_owned(),
            config: serde_json::Map::new(),
            settings: None,
            position_x: 0.0,
            position_y: 0.0,
        };
        let write = db.store.write().await.expect("a transaction");
        let a = graph::create_node(&write, ada, id, body("a"), Some(1), now()).await.expect("a");
        let b = graph::create_node(&write, ada, id, body("b"), None, now()).await.expect("b");
        let link = EdgeBody { source_node_id: a.id, target_node_id: b.id, source_port: None, target_port: None };
        let link = graph::create_edge(&write, ada, id, link, None, now()).await.expect("an edge");
        graph::update_node(&write, ada, id, NodeId(a.id), body("c"), None, now()).await.expect("renamed");
        write.commit().await.expect("a commit");
        let detail = queries::get(&db.store, ada, id).await.expect("it");
        assert_eq!((detail.revision, detail.nodes[0].name.as_str(), &detail.edges), (5, "c", &vec![link]));
        let write = db.store.write().await.expect("a transaction");
        let stale = graph::delete_node(&write, ada, id, NodeId(a.id), Some(4), now()).await;
        assert!(matches!(stale, Err(StoreError::Stale { revision: 5 })), "{stale:?}");
        graph::delete_node(&write, ada, id, NodeId(a.id), Some(5), now()).await.expect("deleted");
        write.commit().await.expect("a commit");
        let detail = queries::get(&db.store, ada, id).await.expect("it");
        assert_eq!((detail.revision, detail.nodes.len(), detail.edges.len()), (6, 1, 0));
    }

    async fn versions_follow_the_content(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let mut a = node("a", json!({"expression": "input"}));
        put(db, ada, id, 1, std::slice::from_ref(&a), &[]).await.expect("saved");
        assert_eq!((version(db, ada, id).await, version(db, ada, id).await), (1, 1));
        a.position_x = 900.0;
        put(db, ada, id, 2, std::slice::from_ref(&a), &[]).await.expect("moved");
        assert_eq!(version(db, ada, id).await, 1);
        a.config.insert("expression".to_owned(), json!("input + 1"));
        put(db, ada, id, 3, &[a], &[]).await.expect("changed");
        assert_eq!(version(db, ada, id).await, 2);
        let listed = versions::list(&db.store, ada, id, &PageRequest::first(9)).await.expect("a list");
        assert_eq!(listed.items.iter().map(|v| v.number).collect::<Vec<_>>(), [2, 1]);
    }

    async fn a_restored_version_is_the_draft_again(db) {
        let ada = user(db, "Ada").await;
        let id = WorkflowId(workflow(db, ada, "w").await.id);
        let first = node("first", json!({"expression": "1"}));
        put(db, ada, id, 1, std::slice::from_ref(&first), &[]).await.expect("saved");
        version(db, ada, id).await;
        put(db, ada, id, 2, &[node("second", json!({}))], &[]).await.expect("saved");
        let write = db.store.write().await.expect("a transaction");
        let restored = versions::restore(&write, ada, id, 1, None, now()).await.expect("restored");
        // What was there before is a version now.
        assert_eq!(restored.kept, Some(2));
        let restored = restored.workflow;
        assert_eq!((restored.nodes, restored.revision > 3), (vec![first], true));
        let kept = versions::get(&write, ada, id, 2).await.expect("kept");
        assert_eq!(kept.document.nodes[0].name, "second");
        let absent = versions::restore(&write, ada, id, 9, None, now()).await;
        assert!(matches!(absent, Err(StoreError::NotFound("version"))), "{absent:?}");
    }
}
