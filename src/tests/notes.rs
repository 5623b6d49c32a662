//! Notes and frames, over HTTP: kept, refused by field, and no part of what runs.

use crate::support::{Client, on_each_database};
use serde_json::{Value, json};
use uuid::Uuid;

fn note(text: &str) -> Value {
    json!({
        "id": Uuid::now_v7(), "kind": "note", "text": text, "colour": "violet",
        "position_x": -32.0, "position_y": 16.5, "width": 256.0, "height": 176.0,
    })
}

fn frame(text: &str) -> Value {
    json!({
        "id": Uuid::now_v7(), "kind": "frame", "text": text, "colour": "grey",
        "position_x": 0.0, "position_y": 0.0, "width": 480.0, "height": 320.0,
    })
}

/// Puts the graph as it is with these notes; `None` says nothing of them.
async fn put(client: &Client, path: &str, notes: Option<Value>) -> Value {
    let detail = client.get(path).await.expect(200);
    let mut body =
        json!({ "revision": detail["revision"], "nodes": detail["nodes"], "edges": detail["edges"] });
    if let Some(notes) = notes {
        body["notes"] = notes;
    }
    client.put(&format!("{path}/graph"), body).await.expect(200)
}

async fn one_step(client: &Client) -> String {
    client.workflow(&[("A", "transform", json!({ "expression": "1" }))], &[]).await
}

on_each_database! {
    async fn notes_come_back_as_they_were_saved(app) {
        let client = app.user("ada").await;
        let path = one_step(&client).await;
        let before = client.get(&path).await.expect(200);
        assert_eq!(before["notes"], json!([]));
        let notes = json!([frame("In — out"), note("Grüße 👋\nשלום עולם\r\n\"quoted\"")]);
        let saved = put(&client, &path, Some(notes.clone())).await;
        assert_eq!(saved["notes"], notes);
        assert!(saved["revision"].as_i64() > before["revision"].as_i64(), "a lock for notes, too");
        let again = client.get(&path).await.expect(200);
        assert_eq!((&again["notes"], &again["revision"]), (&notes, &saved["revision"]));
        assert_eq!(put(&client, &path, Some(notes.clone())).await["revision"], saved["revision"], "nothing changed");
        // A program that does not know of them leaves them alone, whatever else it changes.
        assert_eq!(put(&client, &path, None).await["notes"], notes);
        let node = json!({ "name": "B", "node_type": "transform", "config": {} });
        client.post(&format!("{path}/nodes"), node).await.expect(201);
        client.put(&path, json!({ "name": "renamed" })).await.expect(200);
        assert_eq!(client.get(&path).await.expect(200)["notes"], notes);
        assert_eq!(put(&client, &path, Some(json!([]))).await["notes"], json!([]));
        assert_eq!(app.user("bob").await.get(&path).await.problem(404).0, "not_found");
    }

    async fn a_stale_save_of_notes_is_refused(app) {
        let client = app.user("ada").await;
        let path = one_step(&client).await;
        let old = client.get(&path).await.expect(200);
        put(&client, &path, Some(json!([note("mine")]))).await;
        let body = json!({ "revision": old["revision"], "nodes": old["nodes"], "edges": [], "notes": [] });
        assert_eq!(client.put(&format!("{path}/graph"), body).await.problem(409).0, "stale_revision");
        assert_eq!(client.get(&path).await.expect(200)["notes"][0]["text"], "mine");
    }

    async fn what_is_no_note_is_refused_by_field(app) {
        let client = app.user("ada").await;
        let path = one_step(&client).await;
        let revision = client.get(&path).await.expect(200)["revision"].clone();
        let with = |field: &str, value: Value| {
            let mut note = note("x");
            note[field] = value;
            json!([note])
        };
        let twice = note("x");
        for (notes, field) in [
            (with("text", json!("é".repeat(4_001))), "notes.0.text"),
            (with("text", json!("a\0b")), "notes.0.text"),
            (with("colour", json!("pink")), "notes.0.colour"),
            (with("kind", json!("stamp")), "notes.0.kind"),
            (with("width", json!(1)), "notes.0.width"),
            (with("height", json!(1e9)), "notes.0.height"),
            (with("position_x", json!(1e300)), "notes.0.position_x"),
            (with("id", json!("x")), "notes.0.id"),
            (with("shadow", json!(true)), "notes.0.shadow"),
            (json!([twice, twice]), "notes.1.id"),
            (json!((0..201).map(|i| note(&i.to_string())).collect::<Vec<_>>()), "notes"),
        ] {
            let body = json!({ "revision": revision, "nodes": [], "edges": [], "notes": notes });
            let (_, fields) = client.put(&format!("{path}/graph"), body).await.problem(422);
            assert_eq!(fields, [field]);
        }
        let most: Vec<_> = (0..200).map(|i| note(&i.to_string())).collect();
        let saved = put(&client, &path, Some(json!(most))).await;
        assert_eq!(saved["notes"].as_array().map(Vec::len), Some(200));
    }

    async fn notes_are_no_part_of_what_runs_but_of_a_version(app) {
        let client = app.user("ada").await;
        let path = one_step(&client).await;
        put(&client, &path, Some(json!([note("first")]))).await;
        let runs = format!("{path}/runs?wait=20");
        let run = || client.post(&runs, json!({}));
        run().await.expect(200);
        put(&client, &path, Some(json!([note("second")]))).await;
        run().await.expect(200);
        let versions = client.get(&format!("{path}/versions")).await.expect(200);
        assert_eq!(versions["items"].as_array().map(Vec::len), Some(1), "{versions}");
        let diff = client.get(&format!("{path}/versions/1/diff")).await.expect(200);
        assert_eq!((&diff["notes_changed"], &diff["nodes_changed"]), (&json!(true), &json!([])));
        let version = client.get(&format!("{path}/versions/1")).await.expect(200);
        assert_eq!(version["document"]["notes"][0]["text"], "first");
        // What the draft has is kept in its version before the old notes take its place.
        client.post(&format!("{path}/versions/1/restore"), json!({})).await.expect(200);
        assert_eq!(client.get(&path).await.expect(200)["notes"][0]["text"], "first");
        client.post(&format!("{path}/versions/1/restore"), json!({})).await.expect(200);
        assert_eq!(client.get(&path).await.expect(200)["notes"][0]["text"], "second");
    }
}
