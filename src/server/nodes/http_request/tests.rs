//! What is sent for which config, and what becomes of replies. Whole runs are in the integration tests.

use super::{body::Body, headers, reply, wait, with_query};
use crate::{
    server::{
        clock::Clock,
        nodes::{GlobalContext, NodeContext, NodeError, Redactor, RunInfo},
        outbound::Reply,
        store::files::{FileError, Files, StoredFile},
    },
    workflow::{
        catalog,
        expression::Scope,
        ids::{NodeId, RunId, UserId},
    },
};
use chrono::DateTime;
use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};

fn context() -> NodeContext {
    let at = DateTime::from_timestamp_millis(1_800_000_000_000).unwrap();
    NodeContext {
        workflow_run_id: RunId::new(),
        node_id: NodeId::new(),
        node_name: "call".to_owned(),
        attempt: 1,
        node_config: Map::new(),
        inputs: Map::new(),
        input: Arc::default(),
        global_context: Arc::new(GlobalContext {
            owner: UserId(uuid::Uuid::nil()),
            vars: Map::new(),
            run: RunInfo {
                id: RunId::new(),
                input: Arc::default(),
                started_at: at,
                effect_root: uuid::Uuid::nil(),
            },
        }),
        scope: Scope::builder().build(),
        cancel: tokio_util::sync::CancellationToken::new(),
        redactor: Redactor::default(),
        clock: Clock::manual(at),
        tokens: Arc::new(|_: &str| {}),
        waiting: Arc::new(|_: Option<&str>| {}),
        log: Arc::default(),
        steps: crate::server::nodes::Steps::default(),
        places: crate::server::nodes::Places::default(),
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// The body and the content type of a config.
async fn body(kind: &str, value: Value) -> Result<(String, String), NodeError> {
    let config: catalog::HttpRequest =
        serde_json::from_value(json!({ "url": "http://h/", "body_kind": kind, "body": value })).unwrap();
    let file = |id: String| async move {
        match id.as_str() {
            "known" => Ok(StoredFile { content_type: "image/png".to_owned(), bytes: b"PNG!".to_vec() }),
            _ => Err(FileError::Unknown(id)),
        }
    };
    let body = Body::of(&config, &"k".repeat(64), file).await?;
    let bytes = body.bytes.unwrap_or_default();
    Ok((String::from_utf8_lossy(&bytes).into_owned(), body.content_type.unwrap_or_default()))
}

#[tokio::test]
async fn bodies_are_written_in_structure() {
    for (kind, value, text, content_type) in [
        ("auto", json!(null), "", ""),
        ("auto", json!(""), "", ""),
        ("auto", json!("plain"), "plain", "text/plain; charset=utf-8"),
        ("auto", json!({ "a": "\"},{\"b\": 1" }), r#"{"a":"\"},{\"b\": 1"}"#, "application/json"),
        ("auto", json!([1, null]), "[1,null]", "application/json"),
        ("auto", json!(false), "false", "application/json"),
        ("json", json!("plain"), "\"plain\"", "application/json"),
        ("text", json!({ "a": 1 }), r#"{"a":1}"#, "text/plain; charset=utf-8"),
        (
            "form",
            json!({ "a": "x&b=2", "c": ["1", 2], "d": null, "é": { "k": 1 } }),
            "a=x%26b%3D2&c=1&c=2&%C3%A9=%7B%22k%22%3A1%7D",
            "application/x-www-form-urlencoded",
        ),
        ("binary", json!({ "file": "known", "bytes": 4 }), "PNG!", "image/png"),
    ] {
        let got = body(kind, value.clone()).await.unwrap();
        assert_eq!(got, (text.to_owned(), content_type.to_owned()), "{kind} {value}");
    }
}

#[tokio::test]
async fn a_multipart_body_holds_its_parts_and_no_value_breaks_out() {
    let value = json!({
        "na\"me\r\nX: y": "one\r\ntwo",
        "list": ["a", 2],
        "gone": null,
        "doc": { "filename": "a\".txt", "content_type": "text/csv", "text": "1,2" },
        "data": { "json": { "k": [1] } },
        "raw": { "base64": "AAEC", "filename": "raw.bin" },
        "kept": { "file": "known", "content_type": "image/png", "bytes": 4, "sha256": "x" }
    });
    let (text, content_type) = body("multipart", value.clone()).await.unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 9, "{text}");
    assert_eq!(
        parts[1],
        "\r\nContent-Disposition: form-data; name=\"na%22me%0D%0AX: y\"\r\n\r\none\r\ntwo\r\n"
    );
    assert_eq!(parts[3], "\r\nContent-Disposition: form-data; name=\"list\"\r\n\r\n2\r\n");
    assert_eq!(
        parts[4],
        "\r\nContent-Disposition: form-data; name=\"doc\"; filename=\"a%22.txt\"\r\nContent-Type: text/csv\r\n\r\n1,2\r\n"
    );
    assert!(parts[5].ends_with("application/json\r\n\r\n{\"k\":[1]}\r\n"), "{}", parts[5]);
    assert!(parts[6].ends_with("application/octet-stream\r\n\r\n\0\u{1}\u{2}\r\n"), "{:?}", parts[6]);
    assert!(parts[7].contains("filename=\"file\"\r\nContent-Type: image/png\r\n\r\nPNG!"), "{}", parts[7]);
    assert_eq!(parts[8], "--\r\n");
    assert_eq!(body("multipart", value).await.unwrap().0, text, "a repetition sends the same bytes");
    let inside = body("multipart", json!({ "a": format!("x\r\n--{boundary}--") })).await.unwrap_err();
    assert!(inside.message.contains("separates"), "{}", inside.message);
}

#[tokio::test]
async fn bodies_that_make_no_sense_name_their_field() {
    for (kind, value, field) in [
        ("form", json!([1]), "config.body "),
        ("multipart", json!("x"), "config.body "),
        ("multipart", json!({ "a": { "txt": "x" } }), "config.body.a.txt "),
        ("multipart", json!({ "a": { "base64": "?" } }), "config.body.a.base64 "),
        (
            "multipart",
            json!({ "a": { "text": "x", "content_type": "a\r\nb" } }),
            "config.body.a.content_type ",
        ),
        ("multipart", json!({ "a": { "file": "other" } }), "config.body.a: "),
        ("binary", json!({ "id": "known" }), "config.body "),
        ("binary", json!({ "file": "other" }), "config.body: there is no file `other`"),
    ] {
        let error = body(kind, value.clone()).await.unwrap_err();
        assert!(error.message.starts_with(field), "{kind} {value}: {}", error.message);
        assert!(!error.retryable);
    }
}

#[test]
fn queries_are_encoded_and_added() {
    let url = |text: &str| Url::parse(text).unwrap();
    let query = json!({ "q": "a&b=c d", "n": 1.5, "yes": true, "tag": ["x", null, "y"], "none": null });
    let made = with_query(url("http://h/p?first=1#end"), &object(query)).unwrap();
    assert_eq!(made.as_str(), "http://h/p?first=1&q=a%26b%3Dc+d&n=1.5&yes=true&tag=x&tag=y#end");
    assert_eq!(
        with_query(url("http://h/p"), &object(json!({ "none": null }))).unwrap().as_str(),
        "http://h/p"
    );
    let error = with_query(url("http://h/"), &object(json!({ "q": { "a": 1 } }))).unwrap_err();
    assert!(error.message.starts_with("config.query.q "), "{}", error.message);
}

#[test]
fn headers_are_checked_one_by_one() {
    let made = headers(&object(json!({ "X-Number": 3, "Accept": " text/csv ", "X-None": null }))).unwrap();
    assert_eq!(made.len(), 2);
    assert_eq!((made["x-number"].as_bytes(), made["accept"].as_bytes()), (&b"3"[..], &b"text/csv"[..]));
    for (name, value) in [
        ("Host", json!("other.example")),
        ("Content-Length", json!(0)),
        ("transfer-encoding", json!("chunked")),
        ("Bad Name", json!("x")),
        ("", json!("x")),
        ("X-Split", json!("a\r\nInjected: yes")),
        ("X-List", json!(["a"])),
    ] {
        let error = headers(&object(json!({ name: value }))).unwrap_err();
        assert!(error.message.starts_with(&format!("config.headers.{name}")), "{}", error.message);
    }
}

fn replied(content_type: Option<&str>, body: &[u8]) -> Reply {
    let mut headers = HeaderMap::new();
    if let Some(kind) = content_type {
        headers.insert("content-type", HeaderValue::from_str(kind).unwrap());
    }
    Reply { status: 200, headers, body: body.to_vec().into(), url: "http://h/".to_owned() }
}

#[tokio::test]
async fn replies_become_what_their_type_says() {
    use catalog::ResponseKind::{Auto, Json, Text};
    let context = context();
    for (kind, content_type, body, value) in [
        (Auto, Some("application/json"), &b"{\"b\": 1, \"a\": [2]}"[..], json!({ "b": 1, "a": [2] })),
        (Auto, Some("application/vnd.api+json; charset=utf-8"), b"[1]", json!([1])),
        (Auto, Some("application/json"), b"", json!(null)),
        (Auto, Some("application/json"), b"{broken", json!("{broken")),
        (Auto, Some("text/html; charset=iso-8859-1"), b"caf\xe9", json!("caf\u{e9}")),
        (Auto, Some("text/plain; charset=\"utf-16le\""), b"a\0b\0", json!("ab")),
        (Auto, Some("image/svg+xml"), b"<svg/>", json!("<svg/>")),
        (Auto, None, b"no type", json!("no type")),
        (Text, Some("application/json"), b"{\"a\":1}", json!("{\"a\":1}")),
        (Text, None, b"\xff", json!("\u{fffd}")),
        (Text, None, b"", json!("")),
        (Json, Some("text/plain"), b"{\"a\":1}", json!({ "a": 1 })),
        (Json, None, b"", json!(null)),
    ] {
        let got = reply::body(&context, &Files::none(), kind, &replied(content_type, body)).await.unwrap();
        assert_eq!(got, value, "{kind:?} {content_type:?}");
    }
    let error = reply::body(&context, &Files::none(), Json, &replied(None, b"<html>")).await.unwrap_err();
    assert_eq!(error.code, "reply_not_json");
    assert!(
        error.message.starts_with("config.response: ") && error.message.contains("<html>"),
        "{}",
        error.message
    );
    for (content_type, body) in
        [(Some("image/png"), &b"PNG"[..]), (None, b"a\0b"), (Some("application/pdf"), b"text")]
    {
        let error =
            reply::body(&context, &Files::none(), Auto, &replied(content_type, body)).await.unwrap_err();
        assert_eq!(
            error.code, "files_full",
            "{content_type:?} is kept as a file, for which there is no room here"
        );
    }
}

#[test]
fn headers_of_a_reply_are_one_object() {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("x-a", "1"), ("x-a", "2"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-b", "3")]
    {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let expected = json!({ "x-a": "1, 2", "set-cookie": ["a=1", "b=2"], "x-b": "3" });
    assert_eq!(reply::headers(&headers), expected);
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let context = context();
    for (header, seconds) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("Fri, 15 Jan 2027 08:01:00 GMT", Some(60)),
        ("Fri, 15 Jan 2027 07:00:00 GMT", None),
        ("soon", None),
        ("-5", None),
    ] {
        let wanted = seconds.map(Duration::from_secs);
        assert_eq!(wait(&context, &HeaderValue::from_static(header)), wanted, "{header}");
    }
}
