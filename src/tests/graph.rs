//! Nodes, edges and the whole graph; revisions.

use crate::support::on_each_database;
use serde_json::json;
use uuid::Uuid;

on_each_database! {
    async fn nodes_and_edges_come_and_go(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[], &[]).await;
        let node = |name: &str| json!({ "name": name, "node_type": "transform", "config": { "expression": "input" }, "position_x": 10.5 });
        let a = client.post(&format!("{path}/nodes"), node("A")).await.expect(201);
        let b = client.post(&format!("{path}/nodes"), node("B")).await.expect(201);
        assert_eq!(a["position_x"], 10.5);
        assert_eq!(client.post(&format!("{path}/nodes"), node("A")).await.problem(409).1, ["name"]);
        let edge = json!({ "source_node_id": a["id"], "target_node_id": b["id"] });
        let made = client.post(&format!("{path}/edges"), edge.clone()).await.expect(201);
        client.post(&format!("{path}/edges"), edge).await.problem(409);
        let detail = client.get(&path).await.expect(200);
        assert_eq!((detail["nodes"].as_array().map(Vec::len), detail["edges"].as_array().map(Vec::len)), (Some(2), Some(1)));
        assert_eq!(client.get(&format!("{path}/edges")).await.expect(200)["items"][0], made);
        client.delete(&format!("{path}/edges/{}", made["id"].as_str().expect("an id"))).await.expect(204);
        client.delete(&format!("{path}/edges/{}", made["id"].as_str().expect("an id"))).await.problem(404);
        client.delete(&format!("{path}/nodes/{}", a["id"].as_str().expect("an id"))).await.expect(204);
        assert_eq!(client.get(&format!("{path}/nodes")).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    }

    async fn an_edge_needs_two_nodes_of_its_workflow(app) {
        let client = app.user("ada").await;
        let transform = |name| (name, "transform", json!({ "expression": "1" }));
        let (path, other) = (client.workflow(&[transform("A")], &[]).await, client.workflow(&[transform("B")], &[]).await);
        let id = |reply: serde_json::Value| reply["items"][0]["id"].clone();
        let a = id(client.get(&format!("{path}/nodes")).await.expect(200));
        let foreign = id(client.get(&format!("{other}/nodes")).await.expect(200));
        for target in [foreign, json!(Uuid::now_v7())] {
            let reply = client.post(&format!("{path}/edges"), json!({ "source_node_id": a, "target_node_id": target })).await;
            assert_eq!(reply.problem(422).1, ["target_node_id"]);
        }
        // A draft may hold an edge to itself; the checker reports it.
        client.post(&format!("{path}/edges"), json!({ "source_node_id": a, "target_node_id": a })).await.expect(201);
        let problems = client.post(&format!("{path}/validate"), json!({})).await.expect(200);
        assert_eq!(problems["problems"][0]["code"], "self_edge", "{problems}");
    }

    async fn a_stale_save_is_refused_and_loses_nothing(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[("A", "transform", json!({ "expression": "1" }))], &[]).await;
        let detail = client.get(&path).await.expect(200);
        let graph = |name: &str| json!({
            "revision": detail["revision"], "edges": [],
            "nodes": [{ "id": detail["nodes"][0]["id"], "name": name, "node_type": "transform", "config": {} }]
        });
        let saved = client.put(&format!("{path}/graph"), graph("First")).await.expect(200);
        assert!(saved["revision"].as_i64() > detail["revision"].as_i64());
        assert_eq!(client.put(&format!("{path}/graph"), graph("Second")).await.problem(409).0, "stale_revision");
        assert_eq!(client.get(&path).await.expect(200)["nodes"][0]["name"], "First");
        let stale = client.with("if-match", format!("\"{}\"", detail["revision"]));
        let node = json!({ "name": "B", "node_type": "transform", "config": {} });
        assert_eq!(stale.post(&format!("{path}/nodes"), node.clone()).await.problem(409).0, "stale_revision");
        assert_eq!(stale.delete(&path).await.problem(409).0, "stale_revision");
        let current = client.with("if-match", saved["revision"].to_string());
        current.post(&format!("{path}/nodes"), node).await.expect(201);
        assert_eq!(client.with("if-match", "x").delete(&path).await.problem(422).1, ["If-Match"]);
    }

    async fn what_is_not_a_graph_is_refused_by_field(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[], &[]).await;
        let revision = client.get(&path).await.expect(200)["revision"].clone();
        let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
        let node = |id: Uuid, name: &str| json!({ "id": id, "name": name, "node_type": "transform", "config": {} });
        let edge = |from: Uuid, to: Uuid| json!({ "id": Uuid::now_v7(), "source_node_id": from, "target_node_id": to });
        for (nodes, edges, field) in [
            (json!([node(a, "A"), node(b, "A")]), json!([]), "nodes.1.name"),
            (json!([node(a, "A"), node(a, "B")]), json!([]), "nodes.1.id"),
            (json!([node(a, "")]), json!([]), "nodes.0.name"),
            (json!([node(a, &"x".repeat(201))]), json!([]), "nodes.0.name"),
            (json!([node(a, "A")]), json!([edge(a, b)]), "edges.0.target_node_id"),
            (json!([node(a, "A"), node(b, "B")]), json!([edge(a, b), edge(a, b)]), "edges.1"),
            (json!([{ "id": a, "name": "A", "node_type": "transform", "colour": 1 }]), json!([]), "nodes.0.colour"),
            (json!([{ "id": a, "name": "A", "node_type": "transform", "settings": { "joint": 1 } }]), json!([]), "nodes.0.settings.joint"),
            (json!([{ "id": a, "name": 7, "node_type": "transform" }]), json!([]), "nodes.0.name"),
            (json!([{ "id": "x", "name": "A", "node_type": "transform" }]), json!([]), "nodes.0.id"),
            (json!([{ "id": a, "name": "A" }]), json!([]), "nodes.0.node_type"),
            (json!([[a, "A", "transform", {}]]), json!([]), "nodes.0"),
            (json!([{ "id": a, "name": "A", "node_type": "transform", "settings": { "retry": [1, "fixed", 1, 1] } }]), json!([]), "nodes.0.settings.retry"),
            (json!([node(a, "A"), node(b, "B")]), json!([[Uuid::now_v7(), a, null, b, null]]), "edges.0"),
        ] {
            let reply = client.put(&format!("{path}/graph"), json!({ "revision": revision, "nodes": nodes, "edges": edges })).await;
            assert_eq!(reply.problem(422).1, [field], "{}", reply.text);
        }
        assert_eq!(client.get(&path).await.expect(200)["revision"], revision);
    }
}
