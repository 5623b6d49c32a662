//! Whatever comes in, it is a 4xx problem that names the field: never a 500, a hang or a lost workflow.

use crate::support::{Client, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

on_each_database! {
    async fn bodies_that_are_not_what_they_should_be(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[("A", "transform", json!({ "expression": "1" }))], &[]).await;
        let run = client.post(&format!("{path}/runs?wait=20"), json!({})).await.expect(200)["run"]["id"].clone();
        let run = format!("{path}/runs/{}", run.as_str().expect("an id"));
        for (method, path) in [
            (Method::POST, "/api/workflows".to_owned()),
            (Method::PUT, path.clone()),
            (Method::PUT, format!("{path}/graph")),
            (Method::POST, format!("{path}/nodes")),
            (Method::POST, format!("{path}/edges")),
            (Method::POST, format!("{path}/runs")),
            (Method::POST, format!("{run}/fork")),
            (Method::POST, format!("{run}/approve")),
            (Method::POST, "/api/keys".to_owned()),
            (Method::POST, "/api/auth/login".to_owned()),
            (Method::POST, "/api/auth/register".to_owned()),
        ] {
            for broken in ["{", "{\"name\":}", "\u{feff}{}x", "\"", "{'name': 'a'}", "[[[[", "{\"a\":1}{", "{} {}"] {
                let reply = client.raw(method.clone(), &path, broken).await;
                assert_eq!(reply.problem(400).0, "malformed_json", "{method} {path} {broken}");
            }
            for odd in ["[]", "3", "null", "\"text\"", "{\"no such field\": 1}", "{\"\\u0000\": 1}"] {
                let reply = client.raw(method.clone(), &path, odd).await;
                let (code, fields) = reply.problem(422);
                assert_eq!((code.as_str(), fields.len()), ("invalid_input", 1), "{method} {path} {odd}");
            }
            let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
            assert!((400..500).contains(&client.raw(method.clone(), &path, deep).await.status));
            let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20));
            assert_eq!(client.raw(method.clone(), &path, large).await.problem(413).0, "body_too_large", "{method} {path}");
            let reply = client.send(client.request(method.clone(), &path).header("content-type", "text/plain").body("{}")).await;
            assert_eq!(reply.problem(415).0, "not_json");
            let invalid_utf8 = client.raw(method.clone(), &path, vec![b'"', 0xff, 0xfe, b'"']).await;
            assert!((400..500).contains(&invalid_utf8.status), "{}", invalid_utf8.text);
        }
        client.get(&path).await.expect(200);
    }

    async fn names_that_no_one_can_use(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[], &[]).await;
        let long = "x".repeat(201);
        for name in ["", "   ", "a\u{0}b", "line\nbreak", long.as_str()] {
            assert_eq!(client.post("/api/workflows", json!({ "name": name })).await.problem(422).1, ["name"], "{name:?}");
            let node = json!({ "name": name, "node_type": "transform", "config": {} });
            assert_eq!(client.post(&format!("{path}/nodes"), node).await.problem(422).1, ["name"], "{name:?}");
        }
        for (field, body) in [
            ("description", json!({ "name": "A", "description": "x\u{0}" })),
            ("vars", json!({ "name": "A", "vars": [] })),
            ("is_active", json!({ "name": "A", "is_active": "yes" })),
        ] {
            assert_eq!(client.post("/api/workflows", body).await.problem(422).1, [field]);
        }
        let node = |config: Value| json!({ "name": "N", "node_type": "transform", "config": config });
        let nul = client.post(&format!("{path}/nodes"), node(json!({ "expression": "a\u{0}" }))).await;
        assert_eq!(nul.status, 422, "{}", nul.text);
        assert_eq!(client.post(&format!("{path}/nodes"), node(json!("text"))).await.problem(422).1, ["config"]);
        let far = json!({ "name": "N", "node_type": "transform", "config": {}, "position_x": 1e300 });
        assert_eq!(client.post(&format!("{path}/nodes"), far).await.problem(422).1, ["position_x"]);
    }

    async fn ids_that_are_none(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[("A", "transform", json!({ "expression": "1" }))], &[]).await;
        let unknown = uuid::Uuid::now_v7().to_string();
        for id in ["x", "1", "%00", "..%2f..", "'%20or%201=1", unknown.as_str(), "00000000-0000-0000-0000-000000000000"] {
            client.get(&format!("/api/workflows/{id}")).await.problem(404);
            client.get(&format!("{path}/nodes/{id}")).await.problem(404);
            client.put(&format!("{path}/nodes/{id}"), json!({ "bad": 1 })).await.problem(404);
            client.delete(&format!("{path}/edges/{id}")).await.problem(404);
            client.get(&format!("{path}/runs/{id}")).await.problem(404);
            client.get(&format!("{path}/runs/{id}/events")).await.problem(404);
            client.post(&format!("{path}/runs/{id}/cancel"), json!({})).await.problem(404);
            client.delete(&format!("/api/keys/{id}")).await.problem(404);
        }
        client.get("/api/nothing/here").await.problem(404);
        client.send(client.request(Method::PATCH, "/api/workflows")).await.problem(405);
    }

    async fn data_keeps_its_order_and_its_characters(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[("A", "transform", json!({ "expression": "input" }))], &[]).await;
        let input: Value = serde_json::from_str(r#"{"z":"\u0000 ✓ 🜛","a":[1.5,-0.0,1e300,9007199254740993],"é":null}"#).expect("JSON");
        let done = client.post(&format!("{path}/runs?wait=20"), json!({ "input_data": input })).await.expect(200);
        assert_eq!(done["run"]["output_data"]["A"].to_string(), input.to_string(), "{done}");
    }

    async fn a_config_keeps_the_order_of_its_keys(app) {
        let client = app.user("ada").await;
        let config = json!({ "fields": { "zebra": "1", "ant": "2", "mole": "3" } });
        let path = client.workflow(&[("A", "transform", config.clone())], &[]).await;
        let saved = client.get(&path).await.expect(200);
        assert_eq!(saved["nodes"][0]["config"].to_string(), config.to_string());
        let node = format!("{path}/nodes/{}", saved["nodes"][0]["id"].as_str().expect("an id"));
        let other = json!({ "fields": { "yak": "1", "bee": "2", "ant": "3" } });
        client.put(&node, json!({ "name": "A", "node_type": "transform", "config": other })).await.expect(200);
        assert_eq!(client.get(&node).await.expect(200)["config"].to_string(), other.to_string());
        let done = client.post(&format!("{path}/runs?wait=20"), json!({})).await.expect(200);
        assert_eq!(done["run"]["output_data"]["A"].to_string(), r#"{"yak":1,"bee":2,"ant":3}"#);
    }

    async fn expressions_that_loop_or_explode_end(app) {
        let client = app.user("ada").await;
        for expression in [
            "range(1000000000) | list | length",
            "'x' * 1000000000",
            "[range(100000) | list] * 100000",
            "('a' * 100000).replace('a', 'b' * 100000)",
            "'{:1000000000}'.format(1)",
            "((((((((((((((((((((1))))))))))))))))))) / 0",
        ] {
            let path = client.workflow(&[("A", "transform", json!({ "expression": expression }))], &[]).await;
            let reply = client.post(&format!("{path}/runs?wait=30"), json!({})).await;
            match reply.status {
                200 => assert_eq!(reply.expect(200)["run"]["status"], "failed", "{expression}"),
                other => assert_eq!(other, 422, "{expression}: {}", reply.text),
            }
        }
    }

    async fn headers_that_are_odd(app) {
        let client = app.user("ada").await;
        let odd: [(&'static str, &str); 5] = [
            ("x-request-id", "a b\"c"),
            ("if-match", "\"\""),
            ("cookie", "millrace_access=; =; ;;"),
            ("accept", "nonsense"),
            ("content-length-x", ""),
        ];
        for (name, value) in odd {
            let reply = client.with(name, value).post("/api/workflows", json!({ "name": "A" })).await;
            assert_eq!(reply.status, 201, "{name}: {}", reply.text);
        }
        let reply = client.with("x-request-id", "trace-7").get("/api/workflows").await;
        assert_eq!(reply.headers["x-request-id"], "trace-7");
        for authorization in ["Basic YTpi", "Bearer", "Bearer ", "bearer  x", "ünï"] {
            let stranger: Client = app.anonymous().with("authorization", authorization);
            stranger.get("/api/auth/me").await.problem(401);
        }
    }
}
