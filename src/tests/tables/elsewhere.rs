//! `db_write` and `db_query` on a Postgres of the user's own.

use super::steps::{failure, run};
use crate::support::{Client, Database, TestApp};
use millrace::server::{clock::Clock, config::Networks};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection};

/// An application that may reach this machine, its user's own database, and that database's address.
async fn with_database() -> Option<(TestApp, Client, PgConnection, String)> {
    let url = Database::postgres()?.url().await.expect("a database");
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.outbound.outbound_allow = Networks(vec!["127.0.0.1/32".parse().expect("a network")]);
    })
    .await;
    let client = app.user("ada").await;
    // Whoever may come in without a password may come in with any.
    let url = url.replacen("millrace@", "millrace:p%40ss-word@", 1);
    let body = json!({ "name": "shop", "kind": "postgres", "value": url });
    client.post("/api/credentials", body).await.expect(201);
    let connection = PgConnection::connect(&url).await.expect("the user's own way in");
    Some((app, client, connection, url))
}

const TABLES: &str = "
    CREATE SCHEMA \"odd \"\"schema\";
    CREATE TABLE orders (
        id integer PRIMARY KEY, \"Who's?\" text NOT NULL DEFAULT 'nobody', price numeric(10, 2), at timestamptz,
        tags text[], more jsonb, kind uuid, paid boolean, CHECK (price >= 0)
    );
    CREATE TABLE \"odd \"\"schema\".\"t\"\"able\" (\"a\"\"; DROP TABLE orders; --\" integer);
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_go_there_and_come_back() {
    let Some((_app, client, mut there, _)) = with_database().await else { return };
    there.execute(TABLES).await.expect("tables");
    let write = |data: Value, more: Value| {
        let mut config = json!({ "table": "orders", "credential": "shop", "data": data });
        config.as_object_mut().expect("a config").extend(more.as_object().cloned().unwrap_or_default());
        config
    };
    let rows = json!([
        { "id": 1, "Who's?": "Ada '; DROP TABLE orders; --", "price": 12.5, "at": "2026-01-02T03:04:05Z", "tags": ["a", "b\"c"], "more": { "k": [1, null] }, "paid": true },
        { "id": 2, "price": "0.10", "kind": "01890a5d-ac96-774b-bcce-b302099a8057" },
        { "id": 3, "price": null },
    ]);
    let steps = [
        ("Write", "db_write", write(json!("{{ run.input }}"), json!({}))),
        (
            "Again",
            "db_write",
            write(json!({ "id": 3, "price": 7 }), json!({ "mode": "upsert", "key": "id" })),
        ),
        (
            "Read",
            "db_query",
            json!({ "table": "public.orders", "credential": "shop", "order": ["-price"], "where": { "id": { "in": [1, 3] }, "at": { "ne": "2020-01-01" } } }),
        ),
    ];
    let done = run(&client, &steps, rows.clone()).await;
    assert_eq!(done["status"], "completed", "{done}");
    let found = &done["output_data"]["Read"];
    assert_eq!(found.as_array().map(Vec::len), Some(2), "{found}");
    assert_eq!(
        (&found[0]["Who's?"], &found[0]["tags"], &found[0]["more"]),
        (&rows[0]["Who's?"], &rows[0]["tags"], &rows[0]["more"])
    );
    assert_eq!(
        (&found[0]["paid"], &found[1]["Who's?"], &found[1]["price"]),
        (&json!(true), &json!("nobody"), &json!(7.0))
    );
    for (filter, expected) in [
        (json!({ "price": { "gt": "1", "lte": 12.5 } }), 2),
        (json!({ "Who's?": { "contains": "DROP" } }), 1),
        (json!({ "kind": null, "paid": { "ne": false } }), 2),
        (json!({ "tags": null }), 2),
        (json!({ "id": { "in": [] } }), 0),
    ] {
        let config = json!({ "table": "orders", "credential": "shop", "where": filter });
        let done = run(&client, &[("Read", "db_query", config)], json!(null)).await;
        assert_eq!(done["output_data"]["Read"].as_array().map(Vec::len), Some(expected), "{filter}: {done}");
    }
    let odd = json!({ "table": "odd \"schema.t\"able", "credential": "shop", "data": { "a\"; DROP TABLE orders; --": 5 } });
    let done = run(&client, &[("Write", "db_write", odd)], json!(null)).await;
    assert_eq!(done["status"], "completed", "{done}");
    let one: i32 = sqlx::query_scalar("SELECT * FROM \"odd \"\"schema\".\"t\"\"able\"")
        .fetch_one(&mut there)
        .await
        .expect("a row");
    assert_eq!(one, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_other_database_refuses_fails_the_step() {
    let Some((_app, client, mut there, _)) = with_database().await else { return };
    there.execute(TABLES).await.expect("tables");
    there.execute("INSERT INTO orders (id) VALUES (1)").await.expect("a row");
    for (more, data, code) in [
        (json!({}), json!([{ "id": 9 }, { "id": 1 }]), "not_unique"),
        (json!({}), json!([{ "id": 9 }, { "id": "x" }]), "database_refused"),
        (json!({}), json!({ "id": 9, "price": -1 }), "database_refused"),
        (json!({}), json!({ "id": 9, "nope": 1 }), "unknown_column"),
        (json!({ "table": "order" }), json!({ "id": 9 }), "unknown_table"),
        (json!({ "table": "orders\" --" }), json!({ "id": 9 }), "unknown_table"),
        (json!({ "mode": "upsert", "key": "price" }), json!({ "id": 9, "price": 1 }), "bad_key"),
        (
            json!({ "mode": "upsert", "key": "id" }),
            json!([{ "id": 9, "price": 1 }, { "id": 9, "price": 2 }]),
            "duplicate_key",
        ),
    ] {
        let mut config = json!({ "table": "orders", "credential": "shop", "data": data });
        config.as_object_mut().expect("a config").extend(more.as_object().cloned().expect("fields"));
        let failed = run(&client, &[("Write", "db_write", config.clone())], json!(null)).await;
        assert_eq!(failure(&failed).0, code, "{config} {failed}");
    }
    let bad = json!({ "table": "orders", "credential": "shop", "where": { "id": "1 OR 1=1" } });
    let failed = run(&client, &[("Read", "db_query", bad)], json!(null)).await;
    assert_eq!(failure(&failed).0, "database_refused", "{failed}");
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&mut there).await.expect("a number");
    assert_eq!(rows, 1, "all of a list, or none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_where_the_guard_lets_it() {
    let Some((_app, _client, _there, url)) = with_database().await else { return };
    // The same address, where this machine is not allowed.
    let app = TestApp::start(Database::Sqlite).await;
    let client = app.user("ada").await;
    for (name, value) in [("near", url.clone()), ("file", format!("{url}?sslrootcert=/etc/passwd"))] {
        client
            .post("/api/credentials", json!({ "name": name, "kind": "postgres", "value": value }))
            .await
            .expect(201);
    }
    client.post("/api/credentials", json!({ "name": "token", "kind": "bearer", "value": "a-token-of-mine", "allowed_hosts": ["example.org"] })).await.expect(201);
    let mut codes = Vec::new();
    for credential in ["near", "file", "token"] {
        let config = json!({ "table": "orders", "credential": credential });
        let path = client.workflow(&[("Read", "db_query", config)], &[]).await;
        let reply = client.post(&format!("{path}/runs?wait=30"), json!({})).await;
        let (code, message) = match reply.status {
            200 => {
                let run = reply.expect(200)["run"].clone();
                let (code, message) = failure(&run);
                (code.to_owned(), message.to_owned())
            }
            _ => (reply.problem(422).0, String::new()),
        };
        assert!(!message.contains("p@ss-word") && !message.contains("p%40ss-word"), "{message}");
        codes.push(code);
    }
    assert_eq!(codes[1], "wrong_credential");
    assert!(["wrong_credential", "workflow_has_problems"].contains(&codes[2].as_str()), "{codes:?}");
    assert!(codes[0].contains("blocked") || codes[0].contains("address"), "{codes:?}");
}
