//! Tables of users over HTTP, as steps, and in the store.

mod bad_input;
mod elsewhere;
mod files;
mod property;
mod steps;

use crate::support::{Client, on_each_database};
use serde_json::{Value, json};

/// A table with some people in it.
async fn people(client: &Client) {
    client.post("/api/tables", json!({ "name": "people" })).await.expect(201);
    let rows = json!({ "rows": [
        { "name": "Ada", "age": 36, "city": "London", "tags": ["math"] },
        { "name": "Grace", "age": 85, "city": "Arlington", "tags": null },
        { "name": "Alan", "age": 41, "city": "London" },
        { "name": "Nobody", "age": null, "city": "O'Brien \"%_\" \\ town; DROP TABLE users" },
    ] });
    let written = client.post("/api/tables/people/rows", rows).await.expect(200);
    assert_eq!((&written["rows"], &written["table"]["row_count"]), (&json!(4), &json!(4)));
}

/// The names of the rows that a question gives.
async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/api/tables/people/rows?{query}")).await.expect(200);
    let rows = page["items"].as_array().expect("rows");
    rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
}

/// For a query of an address.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn where_(filter: Value) -> String {
    format!("where={}", escaped(&filter.to_string()))
}

on_each_database! {
    async fn tables_are_made_described_and_deleted(app) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let body = json!({ "name": "Über uns", "columns": [{ "name": "Who's?", "type": "text" }, { "name": "at", "type": "timestamp" }] });
        let made = ada.post("/api/tables", body.clone()).await.expect(201);
        assert_eq!((&made["columns"], &made["row_count"]), (&body["columns"], &json!(0)));
        assert_eq!(ada.post("/api/tables", body.clone()).await.problem(409).1, ["name"]);
        eve.post("/api/tables", body).await.expect(201);
        let path = format!("/api/tables/{}", escaped("Über uns"));
        let row = json!({ "rows": [{ "Who's?": "me", "at": "2026-02-03T04:05:06.789+01:00" }, { "at": "2026-02-03" }] });
        ada.post(&format!("{path}/rows"), row).await.expect(200);
        let rows = ada.get(&format!("{path}/rows")).await.expect(200);
        assert_eq!(rows["items"][1]["at"], "2026-02-03T03:05:06.789Z");
        assert_eq!((&rows["items"][0]["at"], &rows["items"][0]["Who's?"]), (&json!("2026-02-03T00:00:00.000Z"), &Value::Null));
        assert_eq!(rows["items"][0].as_object().expect("a row").keys().collect::<Vec<_>>(), ["_id", "Who's?", "at", "_created_at"]);
        assert_eq!(eve.get(&format!("{path}/rows")).await.expect(200)["items"], json!([]));

        ada.post("/api/tables", json!({ "name": "second" })).await.expect(201);
        let page = ada.get("/api/tables?limit=1").await.expect(200);
        assert_eq!(page["items"][0]["name"], "second");
        let next = format!("/api/tables?limit=1&after={}", page["next"].as_str().expect("more"));
        let page = ada.get(&next).await.expect(200);
        assert_eq!((&page["items"][0]["name"], &page["items"][0]["row_count"]), (&json!("Über uns"), &json!(2)));

        ada.delete(&path).await.expect(204);
        ada.get(&path).await.problem(404);
        ada.delete(&path).await.problem(404);
        eve.get(&path).await.expect(200);
        ada.post("/api/tables", json!({ "name": "Über uns" })).await.expect(201);
        assert_eq!(ada.get(&path).await.expect(200)["columns"], json!([]));
    }

    async fn rows_by_filter(app) {
        let client = app.user("ada").await;
        people(&client).await;
        for (filter, expected) in [
            (json!({}), vec!["Nobody", "Alan", "Grace", "Ada"]),
            (json!({ "name": "Ada" }), vec!["Ada"]),
            (json!({ "age": { "gt": 36 } }), vec!["Alan", "Grace"]),
            (json!({ "age": { "gte": 36, "lt": 85 } }), vec!["Alan", "Ada"]),
            (json!({ "age": { "lte": 40.5 } }), vec!["Ada"]),
            (json!({ "age": null }), vec!["Nobody"]),
            (json!({ "age": { "ne": null } }), vec!["Alan", "Grace", "Ada"]),
            (json!({ "age": { "ne": 36 } }), vec!["Nobody", "Alan", "Grace"]),
            (json!({ "age": { "in": [36, null, 1] } }), vec!["Nobody", "Ada"]),
            (json!({ "age": { "in": [] } }), vec![]),
            (json!({ "city": { "contains": "ond" }, "age": { "gt": 40 } }), vec!["Alan"]),
            (json!({ "city": { "contains": "%_" } }), vec!["Nobody"]),
            (json!({ "city": { "contains": "OND" } }), vec![]),
            (json!({ "city": "O'Brien \"%_\" \\ town; DROP TABLE users" }), vec!["Nobody"]),
            (json!({ "tags": ["math"] }), vec![]),
            (json!({ "tags": { "eq": ["math"] } }), vec!["Ada"]),
            (json!({ "_id": { "lte": 2 } }), vec!["Grace", "Ada"]),
            (json!({ "_created_at": { "gt": "2020-01-01" } }), vec!["Nobody", "Alan", "Grace", "Ada"]),
        ] {
            if filter["tags"].is_array() {
                client.get(&format!("/api/tables/people/rows?{}", where_(filter))).await.problem(422);
                continue;
            }
            assert_eq!(names(&client, &where_(filter.clone())).await, expected, "{filter}");
        }
    }

    async fn rows_in_order_and_in_pages(app) {
        let client = app.user("ada").await;
        people(&client).await;
        assert_eq!(names(&client, "order=age").await, ["Ada", "Alan", "Grace", "Nobody"]);
        assert_eq!(names(&client, "order=-age").await, ["Grace", "Alan", "Ada", "Nobody"]);
        assert_eq!(names(&client, "order=city,-age").await, ["Grace", "Alan", "Ada", "Nobody"]);
        assert_eq!(names(&client, "order=_id").await, ["Ada", "Grace", "Alan", "Nobody"]);
        for order in ["", "age", "-age", "city", "-city,age", "tags", "_created_at,-name", "-_id"] {
            let whole = names(&client, &format!("order={order}")).await;
            for limit in 1..=4 {
                let (mut all, mut after) = (Vec::new(), String::new());
                loop {
                    let path = format!("/api/tables/people/rows?order={order}&limit={limit}{after}");
                    let page = client.get(&path).await.expect(200);
                    let items = page["items"].as_array().expect("rows");
                    all.extend(items.iter().map(|row| row["name"].as_str().expect("a name").to_owned()));
                    match page["next"].as_str() {
                        Some(next) => after = format!("&after={next}"),
                        None => break,
                    }
                }
                assert_eq!(all, whole, "order {order}, {limit} at once");
            }
        }
    }

    async fn columns_grow_and_widen(app) {
        let client = app.user("ada").await;
        client.post("/api/tables", json!({ "name": "t" })).await.expect(201);
        let write = |rows: Value| client.post("/api/tables/t/rows", json!({ "rows": rows }));
        write(json!([{ "n": 1 }, { "n": i64::MAX }])).await.expect(200);
        // A number that fractions cannot keep exactly stays what it is.
        assert_eq!(write(json!([{ "n": 0.5 }])).await.problem(422).0, "type_conflict");
        client.delete("/api/tables/t").await.expect(204);
        client.post("/api/tables", json!({ "name": "t" })).await.expect(201);
        write(json!([{ "n": 1 }])).await.expect(200);
        let table = write(json!([{ "n": 2.5, "new": "x" }])).await.expect(200)["table"].clone();
        assert_eq!(table["columns"], json!([{ "name": "n", "type": "real" }, { "name": "new", "type": "text" }]));
        // The same statement as before, with the other kind of number.
        write(json!([{ "n": 3 }])).await.expect(200);
        write(json!([{ "n": 4 }])).await.expect(200);
        let rows = client.get("/api/tables/t/rows?order=n").await.expect(200);
        let numbers: Vec<_> = rows["items"].as_array().expect("rows").iter().map(|row| row["n"].clone()).collect();
        assert_eq!(numbers, [1.0, 2.5, 3.0, 4.0]);
        assert_eq!(rows["items"][0]["new"], Value::Null);
        let filtered = client.get(&format!("/api/tables/t/rows?{}", where_(json!({ "n": { "gt": 2, "lt": 3 } })))).await.expect(200);
        assert_eq!(filtered["items"].as_array().map(Vec::len), Some(1));
    }

    async fn an_upsert_changes_what_it_names(app) {
        let client = app.user("ada").await;
        people(&client).await;
        let upsert = |rows: Value, key: &[&str]| client.post("/api/tables/people/rows", json!({ "rows": rows, "mode": "upsert", "key": key }));
        let table = upsert(json!([{ "name": "Ada", "age": 37 }, { "name": "New", "born": 1990 }, { "name": "Alan" }]), &["name"]).await.expect(200)["table"].clone();
        assert_eq!((&table["keys"], &table["row_count"]), (&json!([["name"]]), &json!(5)));
        let rows = client.get(&format!("/api/tables/people/rows?{}", where_(json!({ "name": { "in": ["Ada", "New", "Alan"] } })))).await.expect(200);
        let found: Vec<_> = rows["items"].as_array().expect("rows").iter().map(|r| json!([r["_id"], r["name"], r["age"], r["city"], r["born"]])).collect();
        assert_eq!(found[1..], [json!([3, "Alan", 41, "London", null]), json!([1, "Ada", 37, "London", null])]);
        assert_eq!(found[0].as_array().map(|row| row[1..].to_vec()), Some(vec![json!("New"), json!(null), json!(null), json!(1990)]));
        // The key holds for rows that are only added, too.
        let again = client.post("/api/tables/people/rows", json!({ "rows": [{ "name": "First" }, { "name": "Ada" }] })).await;
        assert_eq!(again.problem(422).0, "not_unique");
        assert!(again.text.contains("`name`"), "{}", again.text);
        assert_eq!(client.get("/api/tables/people").await.expect(200)["row_count"], 5);
        // By two columns, once the values allow it.
        assert_eq!(upsert(json!([{ "city": "London", "age": 1 }]), &["city"]).await.problem(422).0, "not_unique");
        upsert(json!([{ "name": "Ada", "city": "London", "age": 38 }]), &["city", "name"]).await.expect(200);
        assert_eq!(names(&client, &where_(json!({ "age": 38 }))).await, ["Ada"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_have_limits() {
    use crate::support::{Database, TestApp};
    use millrace::server::clock::Clock;
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.limits.max_tables = 2;
        config.limits.max_table_columns = 3;
        config.limits.max_table_rows = 5;
    })
    .await;
    let client = app.user("ada").await;
    client.post("/api/tables", json!({ "name": "a" })).await.expect(201);
    client.post("/api/tables", json!({ "name": "b" })).await.expect(201);
    assert_eq!(client.post("/api/tables", json!({ "name": "c" })).await.problem(422).0, "too_many_tables");
    let write = |body: Value| client.post("/api/tables/a/rows", body);
    let wide = json!({ "rows": [{ "a": 1, "b": 1, "c": 1, "d": 1 }] });
    assert_eq!(write(wide).await.problem(422).0, "too_many_columns");
    let rows = |n: i64| json!({ "rows": (0..n).map(|i| json!({ "k": i })).collect::<Vec<_>>() });
    assert_eq!(write(rows(6)).await.problem(422).0, "too_many_rows");
    write(rows(5)).await.expect(200);
    assert_eq!(write(rows(1)).await.problem(422).0, "too_many_rows");
    write(json!({ "rows": [{ "k": 1, "v": 2 }], "mode": "upsert", "key": ["k"] })).await.expect(200);
    // Another account has room of its own.
    app.user("eve").await.post("/api/tables", json!({ "name": "c" })).await.expect(201);
}
