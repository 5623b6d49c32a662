//! Every route of collections, by vectors of one's own and by texts.

use super::{COLLECTIONS, found, small, with_model};
use crate::support::on_each_database;
use serde_json::{Value, json};

on_each_database! {
    async fn documents_come_are_found_and_go(app) {
        let client = app.user("ada").await;
        let path = small(&client, "My docs").await;
        let path = path.replace(' ', "%20");
        let seen = client.get(&path).await.expect(200);
        assert_eq!((&seen["dimension"], &seen["metric"], &seen["index_kind"]), (&json!(3), &json!("cosine"), &json!("flat")));
        assert_eq!((&seen["document_count"], &seen["embeds_text"]), (&json!(0), &json!(false)));
        assert_eq!(found(&client, &path, json!({ "vector": [1, 0, 0] })).await, Vec::<String>::new());
        let added = client.post(&format!("{path}/documents"), json!({
            "texts": ["east", "north", "up", "north-east"],
            "metadatas": [{"n": 1, "tags": ["a"]}, {"n": 2, "z": 1, "a": 2}, null, {"n": 4.0}],
            "vectors": [[2, 0, 0], [0, 5, 0], [0, 0, 1], [1, 1, 0]],
        })).await.expect(201);
        assert_eq!((&added["added"], &added["skipped"], added["ids"].as_array().map(Vec::len)), (&json!(4), &json!(0), Some(4)));
        // By vector: the cosine, higher is better.
        let reply = client.post(&format!("{path}/search"), json!({ "vector": [0.1, 1, 0], "top_k": 3 })).await.expect(200);
        let hits = reply["results"].as_array().expect("results");
        assert_eq!(hits.iter().map(|h| h["content"].clone()).collect::<Vec<_>>(), [json!("north"), json!("north-east"), json!("east")]);
        assert_eq!(hits[0]["id"], added["ids"][1]);
        assert_eq!(hits[0]["metadata"].to_string(), json!({"n": 2, "z": 1, "a": 2}).to_string());
        assert!((hits[0]["score"].as_f64().expect("a score") - 1.0 / 1.01_f64.sqrt()).abs() < 1e-5, "{reply}");
        assert_eq!((&hits[1]["why"]["vector_rank"], &hits[1]["why"]["lexical_rank"]), (&json!(2), &Value::Null));
        // Filters, a lowest score, words, both.
        assert_eq!(found(&client, &path, json!({ "vector": [0, 1, 0], "filter": {"n": {"gte": 2}} })).await, ["north", "north-east"]);
        assert_eq!(found(&client, &path, json!({ "vector": [0, 1, 0], "filter": {"tags": {"contains": "a"}} })).await, ["east"]);
        assert_eq!(found(&client, &path, json!({ "vector": [0, 1, 0], "filter": {} })).await.len(), 4);
        assert_eq!(found(&client, &path, json!({ "vector": [0, 1, 0], "filter": {"n": "two"} })).await, Vec::<String>::new());
        assert_eq!(found(&client, &path, json!({ "vector": [0, 1, 0], "min_score": 0.5 })).await, ["north", "north-east"]);
        assert_eq!(found(&client, &path, json!({ "query": "NORTH?", "mode": "lexical" })).await, ["north", "north-east"]);
        assert_eq!(found(&client, &path, json!({ "query": "north", "mode": "lexical", "filter": {"n": 4} })).await, ["north-east"]);
        let both = json!({ "query": "north", "vector": [1, 1, 0], "mode": "hybrid", "top_k": 2 });
        let reply = client.post(&format!("{path}/search"), both).await.expect(200);
        let best = &reply["results"][0];
        assert_eq!((&best["content"], &best["why"]["words"]), (&json!("north-east"), &json!(["north"])), "{reply}");
        assert_eq!((&best["why"]["vector_rank"], &best["why"]["lexical_rank"]), (&json!(1), &json!(2)), "{reply}");
        // A list, newest first, in pages.
        let first = client.get(&format!("{path}/documents?limit=3")).await.expect(200);
        let contents = |page: &Value| page["items"].as_array().expect("items").iter().map(|d| d["content"].clone()).collect::<Vec<_>>();
        assert_eq!(contents(&first), [json!("north-east"), json!("up"), json!("north")]);
        let rest = client.get(&format!("{path}/documents?limit=3&after={}", first["next"].as_str().expect("a next page"))).await.expect(200);
        assert_eq!((contents(&rest), &rest["next"]), (vec![json!("east")], &Value::Null));
        assert_eq!(client.get(&format!("{path}/documents?after=x")).await.problem(422).1, ["after"]);
        // A deleted document is gone at once, in every mode.
        let north = format!("{path}/documents/{}", added["ids"][1].as_str().expect("an id"));
        client.delete(&north).await.expect(204);
        assert_eq!(client.delete(&north).await.problem(404).0, "not_found");
        assert_eq!(found(&client, &path, json!({ "vector": [0, 1, 0], "top_k": 1 })).await, ["north-east"]);
        assert_eq!(found(&client, &path, json!({ "query": "north", "mode": "lexical" })).await, ["north-east"]);
        assert_eq!(found(&client, &path, json!({ "vector": [0, 1, 0], "filter": {"z": 1} })).await, Vec::<String>::new());
        assert_eq!(client.get(&path).await.expect(200)["document_count"], 3);
        // What is there already can be left out.
        let again = json!({ "texts": ["east", "west"], "metadatas": [{"n": 1, "tags": ["a"]}, {}], "vectors": [[2, 0, 0], [-1, 0, 0]], "skip_duplicates": true });
        let done = client.post(&format!("{path}/documents"), again.clone()).await.expect(201);
        assert_eq!((&done["added"], &done["skipped"], &done["ids"][0]), (&json!(1), &json!(1), &added["ids"][0]));
        let twice = client.post(&format!("{path}/documents"), again).await.expect(201);
        assert_eq!((&twice["added"], &twice["ids"]), (&json!(0), &done["ids"]));
        assert_eq!(found(&client, &path, json!({ "vector": [-1, 0, 0], "top_k": 1 })).await, ["west"]);
        // The collection goes; its name is free.
        client.delete(&path).await.expect(204);
        for gone in [client.get(&path).await, client.delete(&path).await, client.post(&format!("{path}/search"), json!({ "vector": [1, 0, 0] })).await] {
            assert_eq!(gone.problem(404).0, "not_found");
        }
        small(&client, "My docs").await;
        assert_eq!(found(&client, &path, json!({ "vector": [0, 1, 0] })).await, Vec::<String>::new());
    }

    async fn every_metric_has_its_scores(app) {
        let client = app.user("ada").await;
        for (metric, scores) in [("cosine", [1.0, 0.6, -1.0]), ("dot", [10.0, 3.0, -1.0]), ("euclidean", [0.1, 1.0 / (1.0 + 20.0_f64.sqrt()), 1.0 / 3.0])] {
            let body = json!({ "name": metric, "dimension": 2, "metric": metric });
            client.post(COLLECTIONS, body).await.expect(201);
            let path = format!("{COLLECTIONS}/{metric}");
            let vectors = json!({ "texts": ["a", "b", "c"], "vectors": [[10, 0], [3, 4], [-1, 0]] });
            client.post(&format!("{path}/documents"), vectors).await.expect(201);
            let reply = client.post(&format!("{path}/search"), json!({ "vector": [1, 0] })).await.expect(200);
            let results = reply["results"].as_array().expect("results");
            assert!(results.is_sorted_by(|a, b| a["score"].as_f64() >= b["score"].as_f64()), "{reply}");
            for (name, wanted) in ["a", "b", "c"].iter().zip(scores) {
                let hit = results.iter().find(|hit| hit["content"] == *name).expect("a hit");
                let score = hit["score"].as_f64().expect("a score");
                assert!((score - wanted).abs() < 1e-5, "{metric} {name}: {score} for {wanted}");
            }
        }
    }

    async fn nobody_sees_what_is_somebody_elses(app) {
        let (client, grace) = (app.user("ada").await, app.user("grace").await);
        let path = small(&client, "docs").await;
        let added = client.post(&format!("{path}/documents"), json!({ "texts": ["mine"], "vectors": [[1, 0, 0]] })).await.expect(201);
        let document = format!("{path}/documents/{}", added["ids"][0].as_str().expect("an id"));
        assert_eq!(grace.get(COLLECTIONS).await.expect(200)["items"], json!([]));
        for reply in [
            grace.get(&path).await,
            grace.get(&format!("{path}/documents")).await,
            grace.post(&format!("{path}/documents"), json!("not even an object")).await,
            grace.post(&format!("{path}/search"), json!({ "vector": [1, 0, 0] })).await,
            grace.delete(&document).await,
            grace.delete(&path).await,
        ] {
            assert_eq!(reply.problem(404).0, "not_found");
        }
        // The same name in two accounts are two collections.
        let other = small(&grace, "docs").await;
        assert_eq!(grace.delete(&document).await.problem(404).0, "not_found");
        assert_eq!(found(&grace, &other, json!({ "vector": [1, 0, 0] })).await, Vec::<String>::new());
        assert_eq!(found(&client, &path, json!({ "vector": [1, 0, 0] })).await, ["mine"]);
        assert_eq!(client.get(COLLECTIONS).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    }

    async fn searches_go_on_while_others_add(app) {
        let client = app.user("ada").await;
        let path = small(&client, "busy").await;
        let adding: Vec<_> = (0..4).map(|writer| {
            let (client, path) = (client.clone(), path.clone());
            tokio::spawn(async move {
                for turn in 0..8 {
                    let texts: Vec<String> = (0..20).map(|i| format!("{writer} {turn} {i}")).collect();
                    let vectors: Vec<_> = (0..20).map(|i| json!([1.0, f64::from(i) / 20.0, f64::from(writer)])).collect();
                    let body = json!({ "texts": texts, "vectors": vectors });
                    client.post(&format!("{path}/documents"), body).await.expect(201);
                }
            })
        }).collect();
        let searching: Vec<_> = (0..4).map(|_| {
            let (client, path) = (client.clone(), path.clone());
            tokio::spawn(async move {
                let mut most = 0;
                for _ in 0..25 {
                    let seen = found(&client, &path, json!({ "vector": [1, 0.5, 2], "top_k": 1000 })).await;
                    let distinct: std::collections::HashSet<_> = seen.iter().collect();
                    assert_eq!(distinct.len(), seen.len(), "a document is found twice");
                    assert!(seen.len() >= most, "documents have got lost: {} after {most}", seen.len());
                    most = seen.len();
                }
            })
        }).collect();
        for task in adding.into_iter().chain(searching) {
            task.await.expect("no panic");
        }
        assert_eq!(found(&client, &path, json!({ "vector": [1, 0.5, 2], "top_k": 1000 })).await.len(), 640);
        assert_eq!(client.get(&path).await.expect(200)["document_count"], 640);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_found_by_meaning() {
    let app = with_model().await;
    let client = app.user("ada").await;
    let made = client.post(COLLECTIONS, json!({ "name": "help" })).await.expect(201);
    assert_eq!((&made["dimension"], &made["embeds_text"]), (&json!(384), &json!(true)));
    let path = format!("{COLLECTIONS}/help");
    let texts = [
        "To change your password, open Settings and choose Security.",
        "We give money back within 30 days of the purchase.",
        "Our office in Berlin is closed on Sundays.",
        "Part number AX-2041 fits all models since 2019.",
    ];
    client.post(&format!("{path}/documents"), json!({ "texts": texts })).await.expect(201);
    for (query, mode, best) in [
        ("I forgot my login credentials", "vector", 0),
        ("how do refunds work?", "vector", 1),
        ("when can I visit you in Germany?", "vector", 2),
        ("AX-2041", "lexical", 3),
        ("AX-2041", "hybrid", 3),
        ("reset a forgotten password", "hybrid", 0),
    ] {
        let hits = found(&client, &path, json!({ "query": query, "mode": mode })).await;
        assert_eq!(hits.first().map(String::as_str), Some(texts[best]), "{query} {mode}: {hits:?}");
    }
    let reply = client
        .post(&format!("{path}/search"), json!({ "query": "password security", "mode": "hybrid" }))
        .await
        .expect(200);
    assert_eq!(reply["results"][0]["why"]["words"], json!(["password", "Security"]), "{reply}");
    // The model shows that it is at work.
    let models = client.get("/api/models").await.expect(200)["items"].clone();
    let embedding =
        models.as_array().expect("items").iter().find(|m| m["name"] == "all-minilm-l6-v2").cloned();
    let embedding = embedding.expect("the model is listed");
    assert_eq!(
        (&embedding["kind"], &embedding["loaded"]),
        (&json!("embedding"), &json!(true)),
        "{embedding}"
    );
}
