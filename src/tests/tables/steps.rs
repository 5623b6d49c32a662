//! `db_write` and `db_query` as steps of workflows.

use super::people;
use crate::support::{Client, on_each_database};
use serde_json::{Value, json};

/// A run of these steps, one after the other, to its end.
pub async fn run(client: &Client, steps: &[(&str, &str, Value)], input: Value) -> Value {
    let edges: Vec<_> = steps.windows(2).map(|pair| (pair[0].0, None, pair[1].0)).collect();
    let path = client.workflow(steps, &edges).await;
    client.post(&format!("{path}/runs?wait=30"), json!({ "input_data": input })).await.expect(200)["run"]
        .clone()
}

async fn write(client: &Client, config: Value, input: Value) -> Value {
    run(client, &[("Write", "db_write", config)], input).await
}

/// Why a run failed.
pub fn failure(run: &Value) -> (&str, &str) {
    assert_eq!(run["status"], "failed", "{run}");
    (run["error_code"].as_str().unwrap_or_default(), run["error_message"].as_str().unwrap_or_default())
}

on_each_database! {
    async fn rows_are_written_and_read(app) {
        let client = app.user("ada").await;
        let steps = [
            ("Write", "db_write", json!({ "table": "notes", "data": { "text": "{{ input.text }}", "run": "{{ run.id }}", "n": "{{ input.n }}", "all": "{{ input }}" } })),
            ("More", "db_write", json!({ "table": "notes", "data": "{{ run.input.more }}" })),
            ("Read", "db_query", json!({ "table": "notes", "where": { "n": { "gte": "{{ run.input.n }}" } }, "order": ["-n"], "limit": 2 })),
        ];
        let input = json!({ "text": "'; DROP TABLE notes; --", "n": 2, "more": [{ "n": 3 }, { "n": 1 }, { "n": 9.5 }] });
        let done = run(&client, &steps, input.clone()).await;
        assert_eq!(done["status"], "completed", "{done}");
        let rows = done["output_data"]["Read"].as_array().expect("rows");
        assert_eq!((rows.len(), &rows[0]["n"], &rows[1]["n"]), (2, &json!(9.5), &json!(3.0)));
        let table = client.get("/api/tables/notes/rows?order=_id").await.expect(200);
        assert_eq!((&table["items"][0]["text"], &table["items"][0]["all"]), (&input["text"], &input));
        assert_eq!(table["items"].as_array().map(Vec::len), Some(4));
        let empty = run(&client, &[("Read", "db_query", json!({ "table": "notes", "where": "{{ {'n': input} }}" }))], json!(77)).await;
        assert_eq!(empty["output_data"]["Read"], json!([]));
        let none = write(&client, json!({ "table": "never made", "data": "{{ input }}" }), json!([])).await;
        assert_eq!(none["output_data"]["Write"], json!({ "rows": 0 }));
        client.get("/api/tables/never%20made").await.problem(404);
    }

    async fn tables_of_others_are_not_there(app) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        people(&ada).await;
        let read = run(&eve, &[("Read", "db_query", json!({ "table": "people" }))], json!(null)).await;
        assert_eq!(failure(&read).0, "unknown_table");
        let done = write(&eve, json!({ "table": "people", "data": { "name": "Eve" } }), json!(null)).await;
        assert_eq!(done["status"], "completed", "{done}");
        assert_eq!(eve.get("/api/tables/people").await.expect(200)["row_count"], 1);
        assert_eq!(ada.get("/api/tables/people").await.expect(200)["row_count"], 4);
    }

    async fn what_does_not_fit_fails_the_step_and_changes_nothing(app) {
        let client = app.user("ada").await;
        people(&client).await;
        let before = client.get("/api/tables/people").await.expect(200);
        for (config, input, code, says) in [
            (json!({ "table": "people", "data": "{{ input }}" }), json!({ "age": "old" }), "type_conflict", "Write: column `age` holds integer"),
            (json!({ "table": "people", "data": "{{ input }}" }), json!("text"), "not_a_row", "an object"),
            (json!({ "table": "people", "data": "{{ input }}" }), json!([{ "age": 1 }, 2]), "not_a_row", "item 1"),
            (json!({ "table": "{{ input }}", "data": {} }), json!("a\".b/c"), "bad_name", "table name"),
            (json!({ "table": "{{ input }}", "data": { "a": 1 } }), json!("x".repeat(300)), "bad_name", "63"),
            (json!({ "table": "people", "data": "{{ input }}" }), json!({ "x\0y": 1 }), "bad_name", "column name"),
            (json!({ "table": "people", "data": "{{ input }}", "mode": "upsert", "key": "name" }), json!([{ "name": "A" }, { "name": "A" }]), "duplicate_key", "`name`"),
            (json!({ "table": "people", "data": "{{ input }}", "mode": "upsert", "key": ["city"] }), json!([{ "city": "A" }]), "not_unique", "`city`"),
            (json!({ "table": "people", "data": "{{ input }}", "mode": "upsert", "key": ["nope"] }), json!([{ "city": "A" }]), "unknown_column", "`nope`"),
            (json!({ "table": "people", "data": "{{ input }}" }), json!({ "n": u64::MAX }), "type_conflict", "`n`"),
        ] {
            let failed = write(&client, config.clone(), input.clone()).await;
            let (found, message) = failure(&failed);
            assert_eq!(found, code, "{config} {input}: {message}");
            assert!(message.contains(says), "{config} {input}: {message}");
        }
        for (config, input, code) in [
            (json!({ "table": "persons" }), json!(null), "unknown_table"),
            (json!({ "table": "people", "where": { "agee": 1 } }), json!(null), "unknown_column"),
            (json!({ "table": "people", "where": "{{ input }}" }), json!({ "age": { "or": 1 } }), "bad_filter"),
            (json!({ "table": "people", "where": "{{ input }}" }), json!({ "age": "x" }), "type_conflict"),
            (json!({ "table": "people", "where": "{{ input }}" }), json!({ "age\" OR 1=1 --": 1 }), "unknown_column"),
            (json!({ "table": "people", "order": ["{{ input }}"] }), json!("1; DROP"), "unknown_column"),
        ] {
            let failed = run(&client, &[("Read", "db_query", config.clone())], input).await;
            assert_eq!(failure(&failed).0, code, "{config}");
        }
        assert_eq!(client.get("/api/tables/people").await.expect(200), before);
        assert_eq!(client.get("/api/tables").await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    }

    async fn what_the_database_refuses_is_the_failure_of_that_step_alone(app) {
        let client = app.user("ada").await;
        client.post("/api/tables", json!({ "name": "t" })).await.expect(201);
        let key = json!({ "rows": [{ "k": "taken" }], "mode": "upsert", "key": ["k"] });
        client.post("/api/tables/t/rows", key).await.expect(200);
        // Many runs at once share transactions; each third one brings a key that is taken.
        let nodes = [
            ("Write", "db_write", json!({ "table": "t", "data": [{ "k": "{{ input.a }}" }, { "k": "{{ input.b }}" }] })),
            ("After", "transform", json!({ "expression": "input.rows" })),
            ("Caught", "transform", json!({ "expression": "input.code" })),
        ];
        let path = client.workflow(&nodes, &[("Write", None, "After"), ("Write", Some("error"), "Caught")]).await;
        let mut runs = tokio::task::JoinSet::new();
        for number in 0..30 {
            let (client, path) = (client.clone(), format!("{path}/runs?wait=30"));
            runs.spawn(async move {
                let taken = number % 3 == 0;
                let b = if taken { "taken".to_owned() } else { format!("b{number}") };
                let input = json!({ "input_data": { "a": format!("a{number}"), "b": b } });
                let run = client.post(&path, input).await.expect(200)["run"].clone();
                (taken, run)
            });
        }
        while let Some(done) = runs.join_next().await {
            let (taken, run) = done.expect("a run");
            assert_eq!(run["status"], "completed", "{run}");
            let expected = if taken { json!({ "Caught": "not_unique" }) } else { json!({ "After": 2 }) };
            assert_eq!(run["output_data"], expected, "{run}");
        }
        assert_eq!(client.get("/api/tables/t").await.expect(200)["row_count"], 1 + 20 * 2);
        // Without an edge for the error, it is the run's.
        let failed = write(&client, json!({ "table": "t", "data": { "k": "taken" } }), json!(null)).await;
        let (code, message) = failure(&failed);
        assert_eq!(code, "not_unique");
        assert!(message.starts_with("Write: the table `t` has a row with the same value in `k`"), "{message}");
    }

    async fn steps_that_write_the_same_key_at_once(app) {
        let client = app.user("ada").await;
        let nodes = [("Count", "db_write", json!({ "table": "counts", "data": { "key": "{{ input.key }}", "value": "{{ input.value }}" }, "mode": "upsert", "key": "key" }))];
        let path = client.workflow(&nodes, &[]).await;
        let mut runs = tokio::task::JoinSet::new();
        for number in 0..24 {
            let (client, path) = (client.clone(), format!("{path}/runs?wait=30"));
            let input = json!({ "input_data": { "key": format!("k{}", number % 4), "value": number } });
            runs.spawn(async move { client.post(&path, input).await.expect(200)["run"]["status"].clone() });
        }
        while let Some(done) = runs.join_next().await {
            assert_eq!(done.expect("a run"), "completed");
        }
        let table = client.get("/api/tables/counts").await.expect(200);
        assert_eq!((&table["row_count"], &table["keys"]), (&json!(4), &json!([["key"]])));
    }
}
