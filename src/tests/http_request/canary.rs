//! Credentials of every kind, used against a server that gives back all it was sent: their values are in nothing that is
//! stored, logged or answered, in no spelling.

use crate::support::{Client, Database, Target};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::path::Path;

/// Part of each value.
const CANARY: &str = "c4n4ry";

fn values() -> Vec<(&'static str, Value, Vec<String>)> {
    let basic = format!("{CANARY}:pass/+ word\"");
    vec![
        ("bearer", json!(format!("{CANARY}-bearer-0815")), vec![format!("{CANARY}-bearer-0815")]),
        ("openai", json!(format!("sk-{CANARY}-0815")), vec![format!("sk-{CANARY}-0815")]),
        (
            "basic",
            json!({ "username": "ada", "password": basic }),
            vec![basic.clone(), format!("ada:{basic}")],
        ),
        (
            "header",
            json!({ "name": "X-Api-Key", "value": format!("{CANARY}/header") }),
            vec![format!("{CANARY}/header")],
        ),
        (
            "query",
            json!({ "name": "key", "value": format!("{CANARY} & query=") }),
            vec![format!("{CANARY} & query=")],
        ),
    ]
}

/// Every place where one of the values shows.
fn found(places: &[(String, String)]) -> Vec<String> {
    let mut needles = vec![CANARY.to_owned()];
    for (_, _, values) in values() {
        for value in values {
            // Without the ends, which depend on what stands beside them.
            for around in ["", "x", "xy"] {
                let text = STANDARD.encode(format!("{around}{value}"));
                needles.push(text[4..text.len() - 4].to_owned());
            }
        }
    }
    places
        .iter()
        .flat_map(|(place, text)| {
            needles.iter().filter_map(move |needle| {
                let at = text.find(needle.as_str())?;
                let around: String =
                    text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
                Some(format!("{place}: …{around}<{needle}>"))
            })
        })
        .collect()
}

/// What the interface answers about everything that the account has.
async fn replies(client: &Client, runs: &[String]) -> Vec<(String, String)> {
    let mut paths: Vec<String> = [
        "/api/credentials",
        "/api/runs",
        "/api/workflows",
        "/api/node-types",
        "/api/files",
        "/api/keys",
        "/metrics",
    ]
    .map(str::to_owned)
    .to_vec();
    for run in runs {
        let workflow = run.split("/runs/").next().unwrap_or_default();
        paths.extend([
            run.clone(),
            format!("{run}/events"),
            workflow.to_owned(),
            format!("{workflow}/versions"),
            format!("{workflow}/versions/1"),
        ]);
    }
    let mut texts = Vec::new();
    for path in paths {
        let reply = client.get(&path).await;
        assert!(reply.status < 300, "{path}: {} {}", reply.status, reply.text);
        texts.push((path, reply.text));
    }
    texts
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            texts.extend(files(&entry));
        } else {
            let bytes = std::fs::read(&entry).expect("a file");
            texts.push((entry.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    texts
}

/// Every row of every table of a Postgres database as text.
async fn rows(url: &str) -> Vec<(String, String)> {
    use sqlx::{Connection as _, Row as _};
    let mut connection = sqlx::PgConnection::connect(url).await.expect("Postgres answers");
    let tables =
        sqlx::query("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'")
            .fetch_all(&mut connection)
            .await
            .expect("tables");
    let mut texts = Vec::new();
    for table in tables {
        let table: String = table.get(0);
        let all = format!("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM \"{table}\" t");
        let text: String =
            sqlx::query(sqlx::AssertSqlSafe(all)).fetch_one(&mut connection).await.expect("rows").get(0);
        texts.push((table, text));
    }
    texts
}

#[cfg(feature = "chaos")]
async fn values_stay_where_they_are(database: Database) {
    use crate::support::process::Process;
    let folder = tempfile::tempdir().expect("a folder");
    let url = database.url().await;
    let mut variables =
        vec![("MILLRACE_LOG", "trace".into()), ("MILLRACE_OUTBOUND_ALLOW", "127.0.0.1".into())];
    if let Some(url) = &url {
        variables.push(("DATABASE_URL", url.into()));
    }
    let server = Process::start(folder.path(), &variables);
    let target = Target::start().await;
    let mut client = Client::new(server.address);
    let body = json!({ "username": "ada", "email": "ada@example.org", "password": "correct horse" });
    client.token =
        client.post("/api/auth/register", body).await.expect(201)["access_token"].as_str().map(str::to_owned);
    let mut runs = Vec::new();
    let mut told = Vec::new();
    for (kind, value, _) in values() {
        let made = json!({ "name": format!("my {kind}"), "kind": kind, "value": value, "allowed_hosts": ["127.0.0.1"] });
        let reply = client.post("/api/credentials", made).await;
        let id = reply.expect(201)["id"].as_str().expect("an id").to_owned();
        told.push(("POST /api/credentials".to_owned(), reply.text));
        let again = client.put(&format!("/api/credentials/{id}"), json!({ "value": value })).await;
        again.expect(200);
        told.push(("PUT /api/credentials".to_owned(), again.text));
        let wrong = client.put(&format!("/api/credentials/{id}"), json!({ "value": [value] })).await;
        wrong.problem(422);
        told.push(("a refused value".to_owned(), wrong.text));
        // Once as a reply, once as an error, once as text that a later step has taken over.
        for config in [
            json!({ "url": target.url("/echo"), "credential": format!("my {kind}") }),
            json!({ "url": target.url("/status/500"), "credential": format!("my {kind}") }),
            json!({ "url": target.url("/echo"), "credential": id, "response": "text", "method": "POST", "body": "x" }),
        ] {
            let next = json!({ "expression": "[input, nodes.Call]" });
            let nodes = [("Call", "http_request", config), ("Next", "transform", next)];
            let path = client.workflow(&nodes, &[("Call", None, "Next")]).await;
            let done = client.post(&format!("{path}/runs?wait=60"), json!({})).await.expect(200);
            let told = done.to_string();
            assert!(told.contains(&format!("[secret my {kind}]")), "{kind} is not in the reply: {told}");
            runs.push(format!("{path}/runs/{}", done["run"]["id"].as_str().expect("an id")));
        }
    }
    // The target did get them.
    for (kind, _, values) in values() {
        let asked: Vec<String> = target.asked().iter().map(Value::to_string).collect();
        let sent = asked.iter().any(|asked| {
            values.iter().any(|value| {
                let query: String = reqwest::Url::parse_with_params("http://h/", [("k", value)])
                    .expect("a URL")
                    .query()
                    .expect("a query")[2..]
                    .to_owned();
                [value.clone(), STANDARD.encode(value), query]
                    .iter()
                    .any(|form| asked.contains(form.as_str()))
            })
        });
        assert!(sent, "{kind} was not sent");
    }
    let postgres = json!({ "name": "db", "kind": "postgres", "value": format!("postgres://me:{CANARY}@db.example.org/x") });
    let reply = client.post("/api/credentials", postgres).await;
    assert_eq!(reply.expect(201)["allowed_hosts"], json!(["db.example.org"]));
    told.push(("a database".to_owned(), reply.text));
    told.extend(replies(&client, &runs).await);
    drop(server);
    let stored = files(folder.path());
    let log = stored.iter().find(|(place, _)| place.ends_with("server.log")).expect("a log");
    assert!(log.1.contains("/api/credentials"), "the log tells nothing");
    told.extend(stored);
    if let Some(url) = &url {
        let rows = rows(url).await;
        assert!(
            rows.iter()
                .any(|(table, text)| table == "node_executions" && text.contains("[secret my bearer]"))
        );
        told.extend(rows);
    }
    let found = found(&told);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[cfg(feature = "chaos")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_stay_where_they_are_on_sqlite() {
    values_stay_where_they_are(Database::Sqlite).await;
}

#[cfg(feature = "chaos")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_stay_where_they_are_on_postgres() {
    if let Some(database) = Database::postgres() {
        values_stay_where_they_are(database).await;
    }
}

#[test]
fn a_value_that_stayed_would_be_found() {
    for (kind, _, values) in values() {
        for value in values {
            for text in [
                value.clone(),
                format!("<{value}>"),
                STANDARD.encode(&value),
                STANDARD.encode(format!("ab{value}c")),
            ] {
                assert!(!found(&[("here".to_owned(), text.clone())]).is_empty(), "{kind}: {text}");
            }
        }
    }
    assert!(found(&[("here".to_owned(), "nothing [secret my basic]".to_owned())]).is_empty());
}
