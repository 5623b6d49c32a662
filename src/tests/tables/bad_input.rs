//! What no table takes is refused by name, and changes nothing.

use super::{escaped, people, where_};
use crate::support::on_each_database;
use serde_json::{Value, json};

on_each_database! {
    async fn names_that_no_table_has(app) {
        let client = app.user("ada").await;
        let long = "x".repeat(300);
        for name in ["", " ", "a\"b", "a'b", "a.b", "a/b", "../a", "a\\b", "a\0b", "a\nb", "1a", "a;b", "a ", long.as_str()] {
            let reply = client.post("/api/tables", json!({ "name": name })).await;
            assert_eq!(reply.problem(422), ("bad_name".to_owned(), vec!["name".to_owned()]), "{name:?}");
            if name.is_empty() {
                continue;
            }
            let path = format!("/api/tables/{}", escaped(name));
            client.get(&path).await.problem(404);
            client.delete(&path).await.problem(404);
            client.get(&format!("{path}/rows")).await.problem(404);
            client.get(&format!("{path}/export")).await.problem(404);
            client.post(&format!("{path}/rows"), json!({ "bad": 1 })).await.problem(404);
        }
        for (columns, field) in [
            (json!([{ "name": "a", "type": "varchar" }]), "columns.0.type"),
            (json!([{ "name": "a", "type": "text" }, { "name": "a", "type": "real" }]), "columns.1.name"),
            (json!([{ "name": "_id", "type": "text" }]), "columns.0.name"),
            (json!([{ "name": "a\0", "type": "text" }]), "columns.0.name"),
            (json!([{ "name": long, "type": "text" }]), "columns.0.name"),
            (json!("a"), "columns"),
        ] {
            assert_eq!(client.post("/api/tables", json!({ "name": "t", "columns": columns })).await.problem(422).1, [field]);
        }
        assert_eq!(client.get("/api/tables").await.expect(200)["items"], json!([]));
    }

    async fn rows_that_do_not_fit(app) {
        let client = app.user("ada").await;
        people(&client).await;
        let before = client.get("/api/tables/people").await.expect(200);
        let huge = "x".repeat(300);
        for (row, code, field) in [
            (json!({ "age": "old" }), "type_conflict", "rows.1.age"),
            (json!({ "age": true }), "type_conflict", "rows.1.age"),
            (json!({ "age": [1] }), "type_conflict", "rows.1.age"),
            (json!({ "age": u64::MAX }), "type_conflict", "rows.1.age"),
            (json!({ "name": 3 }), "type_conflict", "rows.1.name"),
            (json!({ "name": { "nested": 1 } }), "type_conflict", "rows.1.name"),
            (json!({ "name": "NUL\0" }), "type_conflict", "rows.1.name"),
            (json!({ "new": 1, "name": 3 }), "type_conflict", "rows.1.name"),
            (json!({ "_id": 3 }), "bad_name", "rows.1"),
            (json!({ "_created_at": null }), "bad_name", "rows.1"),
            (json!({ "": 3 }), "bad_name", "rows.1"),
            (json!({ "a\0b": 3 }), "bad_name", "rows.1"),
            (json!({ huge: 3 }), "bad_name", "rows.1"),
        ] {
            let body = json!({ "rows": [{ "name": "fits" }, row] });
            let reply = client.post("/api/tables/people/rows", body).await;
            assert_eq!(reply.problem(422), (code.to_owned(), vec![field.to_owned()]), "{row}");
        }
        for (body, code) in [
            (json!({ "rows": [{ "name": "x" }], "mode": "upsert" }), "missing_key"),
            (json!({ "rows": [{ "name": "x" }], "key": ["name"] }), "invalid_input"),
            (json!({ "rows": [{ "name": "x" }], "mode": "replace" }), "invalid_input"),
            (json!({ "rows": [{ "name": "x" }], "mode": "upsert", "key": ["nope"] }), "unknown_column"),
            (json!({ "rows": [{ "name": "x" }, { "name": "x" }], "mode": "upsert", "key": ["name"] }), "duplicate_key"),
            (json!({ "rows": [{ "age": 3 }], "mode": "upsert", "key": ["name"] }), "missing_key"),
            (json!({ "rows": [{ "tags": [] }], "mode": "upsert", "key": ["tags"] }), "bad_key"),
            (json!({ "rows": ["x"] }), "invalid_input"),
            (json!({ "rows": { "name": "x" } }), "invalid_input"),
        ] {
            assert_eq!(client.post("/api/tables/people/rows", body.clone()).await.problem(422).0, code, "{body}");
        }
        let nan = client.raw(reqwest::Method::POST, "/api/tables/people/rows", "{\"rows\":[{\"age\":NaN}]}").await;
        assert_eq!(nan.problem(400).0, "malformed_json");
        client.post("/api/tables/people/rows", json!({ "rows": [] })).await.expect(200);
        assert_eq!(client.get("/api/tables/people").await.expect(200), before, "nothing was touched");
    }

    async fn values_at_the_edge(app) {
        let client = app.user("ada").await;
        client.post("/api/tables", json!({ "name": "t" })).await.expect(201);
        let row = json!({ "max": i64::MAX, "min": i64::MIN, "tiny": 5e-324, "big": 1.7976931348623157e308, "text": "é\u{10FFFF}'\"\\%_", "empty": "", "deep": { "a": [null, { "b": "\u{0}" }] } });
        client.post("/api/tables/t/rows", json!({ "rows": [row] })).await.expect(200);
        let mut found = client.get("/api/tables/t/rows").await.expect(200)["items"][0].clone();
        let object = found.as_object_mut().expect("a row");
        object.shift_remove("_id");
        object.shift_remove("_created_at");
        assert_eq!(found, row);
    }

    async fn questions_that_cannot_be_answered(app) {
        let client = app.user("ada").await;
        people(&client).await;
        for (filter, code) in [
            (json!({ "agee": 1 }), "unknown_column"),
            (json!({ "age\" OR 1=1 --": 1 }), "unknown_column"),
            (json!({ "age": { "like": 1 } }), "bad_filter"),
            (json!({ "age": { "gt": 1, "or 1=1": 2 } }), "bad_filter"),
            (json!({ "age": {} }), "bad_filter"),
            (json!({ "age": [1] }), "bad_filter"),
            (json!({ "age": { "in": 1 } }), "bad_filter"),
            (json!({ "age": { "gt": null } }), "bad_filter"),
            (json!({ "age": { "contains": "1" } }), "bad_filter"),
            (json!({ "name": { "contains": "\0" } }), "bad_filter"),
            (json!({ "tags": { "gt": 1 } }), "bad_filter"),
            (json!({ "age": "1 OR 1=1" }), "type_conflict"),
            (json!({ "name": 1 }), "type_conflict"),
            (json!({ "_created_at": "yesterday" }), "type_conflict"),
            (json!({ "age": { "in": vec![1; 1001] } }), "bad_filter"),
            (json!([]), "bad_filter"),
            (json!("age > 1"), "bad_filter"),
        ] {
            let reply = client.get(&format!("/api/tables/people/rows?{}", where_(filter.clone()))).await;
            assert_eq!(reply.problem(422).0, code, "{filter}");
        }
        for query in ["where={", "order=agee", "order=age,age", "order=age;DROP", "limit=0", "limit=201", "limit=x", "after=x", "after=99", "after=-1%20OR%201"] {
            client.get(&format!("/api/tables/people/rows?{query}")).await.problem(422);
        }
        let near: Value = client.get(&format!("/api/tables/people/rows?{}", where_(json!({ "agee": 1 })))).await.expect(422);
        assert!(near["detail"].as_str().is_some_and(|text| text.contains("did you mean `age`?")), "{near}");
    }
}
