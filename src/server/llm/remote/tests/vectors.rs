//! Vectors from a service that behaves as it is told.

use super::*;

fn vectors(items: Value) -> Act {
    let body = json!({ "object": "list", "data": items, "usage": { "prompt_tokens": 7, "total_tokens": 7 } });
    Act::Whole("application/json", body.to_string())
}

fn pair() -> Act {
    vectors(json!([{ "index": 1, "embedding": [0.0, 2] }, { "index": 0, "embedding": [1.5, 0.0] }]))
}

impl Asking {
    async fn embed(&mut self, dimension: Option<u32>, texts: usize) -> Result<Embedded, LlmError> {
        self.model.dimension = dimension;
        let texts: Vec<String> = (0..texts).map(|number| format!("text {number}")).collect();
        self.remotes.embed(UserId(Uuid::now_v7()), &self.model, &texts).await
    }
}

#[tokio::test]
async fn vectors_come_in_order_after_what_passes() {
    let acts = vec![Act::Status(429, "0", "later"), Act::Status(500, "0", "oh"), pair()];
    let mut asking = asking(acts, PATIENT).await;
    let made = asking.embed(None, 2).await.unwrap();
    assert_eq!(made, Embedded { vectors: vec![vec![1.5, 0.0], vec![0.0, 2.0]], tokens: 7 });
    assert_eq!(asking.times(), 3);
    let asked = asking.service.asked.lock().unwrap()[2].clone();
    assert_eq!(asked, json!({ "model": "far-1", "input": ["text 0", "text 1"] }));
}

#[tokio::test]
async fn many_texts_go_in_batches() {
    let item = |number: usize| json!({ "index": number, "embedding": [number, 1] });
    let batch = |count: usize| vectors((0..count).map(item).collect());
    let mut asking = asking(vec![batch(96), batch(96), batch(8)], PATIENT).await;
    let made = asking.embed(Some(2), 200).await.unwrap();
    assert_eq!((made.vectors.len(), made.tokens, asking.times()), (200, 21, 3));
    assert_eq!((&made.vectors[95], &made.vectors[96]), (&vec![95.0, 1.0], &vec![0.0, 1.0]));
    let sent: Vec<usize> =
        asking.service.asked.lock().unwrap().iter().map(|q| q["input"].as_array().unwrap().len()).collect();
    assert_eq!(sent, [96, 96, 8]);
}

#[tokio::test]
async fn texts_go_one_by_one_where_the_service_does_not_pool() {
    let tokens = |vectors: Value| json!([{ "index": 0, "embedding": vectors }]);
    let mixed = json!([{ "index": 0, "embedding": [[1, 1]] }, { "index": 1, "embedding": [[9, 9], [9, 9]] }]);
    let acts =
        vec![vectors(mixed), vectors(tokens(json!([[1, 3], [3, 5]]))), vectors(tokens(json!([[2, 0]])))];
    let mut asking = asking(acts, PATIENT).await;
    let made = asking.embed(Some(2), 2).await.unwrap();
    assert_eq!(made.vectors, [[2.0, 4.0], [2.0, 0.0]]);
    let sent: Vec<Value> = asking.service.asked.lock().unwrap().iter().map(|q| q["input"].clone()).collect();
    assert_eq!(sent, [json!(["text 0", "text 1"]), json!(["text 0"]), json!(["text 1"])]);
}

#[tokio::test]
async fn vectors_that_cannot_be_used_have_their_names() {
    let page = || Act::Whole("text/html", "<html>Sign in</html>".to_owned());
    let always = || (0..ATTEMPTS).map(|_| Act::Status(503, "0", "")).collect();
    let breaks = || (0..ATTEMPTS).map(|_| Act::Events(vec!["{"], Then::Break)).collect();
    for (acts, dimension, code, says, times) in [
        (vec![pair()], Some(3), "embedding_dimension_changed", "have 2 numbers now, not 3", 1),
        (
            vec![vectors(json!([{ "embedding": [1] }]))],
            None,
            "remote_broken_stream",
            "1 vectors for 2 texts",
            1,
        ),
        (
            vec![vectors(json!([{ "embedding": [1] }, { "embedding": [1, 2] }]))],
            None,
            "embedding_dimension_changed",
            "have 2 numbers now, not 1",
            1,
        ),
        (vec![vectors(json!([{ "embedding": [null] }]))], None, "remote_broken_stream", "not the JSON", 1),
        (vec![page()], None, "remote_broken_stream", "a web page", 1),
        (vec![Act::Status(401, "0", "")], None, "remote_key_refused", "Check the credential", 1),
        (vec![Act::Status(404, "0", "")], None, "remote_refused", "far-1", 1),
        (vec![Act::Status(429, "3600", "")], None, "remote_busy", "HTTP 429", 1),
        (always(), None, "remote_failed", "HTTP 503", ATTEMPTS as usize),
        (vec![Act::Events(vec!["{"], Then::Silence)], None, "remote_stalled", "said nothing", 1),
        (breaks(), None, "reply_cut_off", "far", ATTEMPTS as usize),
    ] {
        let mut asking = asking(acts, Patience { first: Duration::from_millis(700), ..PATIENT }).await;
        let error = asking.embed(dimension, 2).await.unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(says) && error.message.contains("far"), "{error}");
        assert_eq!(asking.times(), times, "{error}");
    }
}
