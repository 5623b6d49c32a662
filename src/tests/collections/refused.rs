//! What cannot be used is refused with the name of the field, and nothing else is touched.

use super::{COLLECTIONS, found, small};
use crate::support::on_each_database;
use serde_json::{Value, json};

on_each_database! {
    async fn names_and_dimensions_that_cannot_be(app) {
        let client = app.user("ada").await;
        let (many, deep) = ("x".repeat(300), "../../etc/passwd".to_owned());
        for name in ["", " ", "a\"b", "a'b", "a.b", "a/b", "a\\b", "a\u{0}b", "a\nb", "a:b", many.as_str(), deep.as_str()] {
            let reply = client.post(COLLECTIONS, json!({ "name": name })).await;
            assert_eq!(reply.problem(422), ("invalid_input".to_owned(), vec!["name".to_owned()]), "{name:?}");
        }
        for (body, field) in [
            (json!({}), "name"),
            (json!({ "name": 3 }), "name"),
            (json!({ "name": "a", "dimension": 0 }), "dimension"),
            (json!({ "name": "a", "dimension": 4097 }), "dimension"),
            (json!({ "name": "a", "dimension": -1 }), "dimension"),
            (json!({ "name": "a", "dimension": "384" }), "dimension"),
            (json!({ "name": "a", "metric": "manhattan" }), "metric"),
            (json!({ "name": "a", "colour": 1 }), "colour"),
        ] {
            assert_eq!(client.post(COLLECTIONS, body.clone()).await.problem(422).1, [field], "{body}");
        }
        assert_eq!(client.get(COLLECTIONS).await.expect(200)["items"], json!([]));
        small(&client, "docs").await;
        assert_eq!(client.post(COLLECTIONS, json!({ "name": "docs" })).await.problem(409), ("taken".to_owned(), vec!["name".to_owned()]));
        for name in ["docs.", "DOCS", "docs%00", "..%2Fdocs", "deleted:1", "'%20or%20'1'='1"] {
            client.get(&format!("{COLLECTIONS}/{name}")).await.problem(404);
            client.post(&format!("{COLLECTIONS}/{name}/search"), json!({ "bad": 1 })).await.problem(404);
        }
    }

    async fn documents_that_cannot_be_stored(app) {
        let client = app.user("ada").await;
        let path = small(&client, "docs").await;
        let too_long = "x".repeat(1 << 20);
        for (body, field) in [
            (json!({}), "texts"),
            (json!({ "texts": [] }), "texts"),
            (json!({ "texts": "a" }), "texts"),
            (json!({ "texts": ["a", 3] }), "texts.1"),
            (json!({ "texts": ["a"] }), "vectors.0"),
            (json!({ "texts": ["a"], "vectors": [] }), "vectors"),
            (json!({ "texts": ["a"], "vectors": [[1, 0]] }), "vectors.0"),
            (json!({ "texts": ["a", "b"], "vectors": [[1, 0, 0], [1, 0, 0, 0]] }), "vectors.1"),
            (json!({ "texts": ["a"], "vectors": [[0, 0, 0]] }), "vectors.0"),
            (json!({ "texts": ["a"], "vectors": [[1e39, 0, 0]] }), "vectors.0.0"),
            (json!({ "texts": ["a"], "vectors": [[1, null, 0]] }), "vectors.0.1"),
            (json!({ "texts": ["a"], "vectors": [[1, "NaN", 0]] }), "vectors.0.1"),
            (json!({ "texts": ["a"], "vectors": [[1, 0, 0]], "metadatas": [] }), "metadatas"),
            (json!({ "texts": ["a"], "vectors": [[1, 0, 0]], "metadatas": [[]] }), "metadatas.0"),
            (json!({ "texts": ["a"], "vectors": [[1, 0, 0]], "metadatas": ["x"] }), "metadatas.0"),
            (json!({ "texts": ["a"], "vectors": [[1, 0, 0]], "metadatas": [{"k": "\u{0}"}] }), "metadatas.0"),
            (json!({ "texts": ["a\u{0}"], "vectors": [[1, 0, 0]] }), "texts.0"),
            (json!({ "texts": ["a"], "vectors": [[1, 0, 0]], "more": 1 }), "more"),
        ] {
            let (code, fields) = client.post(&format!("{path}/documents"), body.clone()).await.problem(422);
            assert_eq!((code.as_str(), fields.as_slice()), ("invalid_input", [field.to_owned()].as_slice()), "{body}");
        }
        let reply = client.raw(reqwest::Method::POST, &format!("{path}/documents"), r#"{"texts": ["a"], "vectors": [[NaN, 0, 0]]}"#).await;
        assert_eq!(reply.problem(400).0, "malformed_json");
        let reply = client.post(&format!("{path}/documents"), json!({ "texts": [too_long], "vectors": [[1, 0, 0]] })).await;
        assert_eq!(reply.problem(413).0, "body_too_large");
        let read = client.get(&path).await.expect(200);
        assert_eq!(read["document_count"], 0, "one of them was stored");
        // Without the model there is a clear word, and vectors of one's own still work.
        client.post(COLLECTIONS, json!({ "name": "texts" })).await.expect(201);
        let texts = format!("{COLLECTIONS}/texts");
        assert_eq!(client.post(&format!("{texts}/documents"), json!({ "texts": ["a"] })).await.problem(422).0, "model_not_installed");
        assert_eq!(client.post(&format!("{texts}/documents"), json!({ "texts": ["  "] })).await.problem(422).1, ["texts.0"]);
        assert_eq!(client.get(&texts).await.expect(200)["document_count"], 0);
    }

    async fn searches_that_make_no_sense(app) {
        let client = app.user("ada").await;
        let path = small(&client, "docs").await;
        client.post(&format!("{path}/documents"), json!({ "texts": ["a"], "vectors": [[1, 0, 0]] })).await.expect(201);
        let vector = |more: Value| {
            let mut body = json!({ "vector": [1, 0, 0] });
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            body
        };
        let long = "x".repeat(10_001);
        for (body, field) in [
            (json!({}), "query"),
            (json!({ "query": "" }), "query"),
            (json!({ "query": " \n\t" }), "query"),
            (json!({ "query": long, "mode": "lexical" }), "query"),
            (json!({ "query": "a" }), "vector"),
            (json!({ "query": "a", "mode": "hybrid" }), "vector"),
            (json!({ "mode": "lexical" }), "query"),
            (json!({ "vector": [1, 0, 0], "mode": "hybrid" }), "query"),
            (json!({ "vector": [1, 0, 0], "query": "a" }), "vector"),
            (json!({ "vector": [1, 0] }), "vector"),
            (json!({ "vector": [] }), "vector"),
            (json!({ "vector": [0, 0, 0] }), "vector"),
            (json!({ "vector": [1, 1e300, 0] }), "vector.1"),
            (json!({ "vector": [1, null, 0] }), "vector.1"),
            (json!({ "vector": "x" }), "vector"),
            (vector(json!({ "top_k": 0 })), "top_k"),
            (vector(json!({ "top_k": -1 })), "top_k"),
            (vector(json!({ "top_k": 1_000_000 })), "top_k"),
            (vector(json!({ "top_k": 2.5 })), "top_k"),
            (vector(json!({ "mode": "fuzzy" })), "mode"),
            (vector(json!({ "filter": "x" })), "filter"),
            (vector(json!({ "filter": {"n": {"like": "x"}} })), "filter.n.like"),
            (vector(json!({ "filter": {"n": [1]} })), "filter.n"),
            (vector(json!({ "min_score": "high" })), "min_score"),
            (vector(json!({ "k": 3 })), "k"),
        ] {
            let (code, fields) = client.post(&format!("{path}/search"), body.clone()).await.problem(422);
            assert_eq!((code.as_str(), fields.as_slice()), ("invalid_input", [field.to_owned()].as_slice()), "{body}");
        }
        assert_eq!(found(&client, &path, vector(json!({ "top_k": 1000, "filter": null, "min_score": null }))).await, ["a"]);
        // Signs that mean something to query languages are only signs.
        for odd in ["\"", "body:*", "a AND (", "\u{0}", "🙂", "%' OR 1=1 --"] {
            let reply = client.post(&format!("{path}/search"), json!({ "query": odd, "mode": "lexical" })).await;
            assert_eq!(reply.status, 200, "{odd:?}: {}", reply.text);
        }
    }
}
