//! Redirects: each is a hop of its own, to be checked anew.

use super::servers::{Answers, LIMITS, Server, client, get, ok, redirect};
use crate::server::outbound::{Attached, Outbound, Request};
use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue},
};

/// The first answer is an allowed address, the second a place that nobody may reach.
#[tokio::test]
async fn a_name_that_changes_its_answer_reaches_nothing_new() {
    let hidden = Server::bytes("127.0.0.2:0", |_| ok("the hidden place").into_bytes()).await;
    let to = format!("http://rebind.test:{}/", hidden.address.port());
    let first = Server::start(move |_| redirect(302, &to)).await;
    let url = format!("http://rebind.test:{}/", first.address.port());
    let answers =
        || Answers::of(vec![vec!["127.0.0.1".parse().unwrap()], vec!["127.0.0.2".parse().unwrap()]]);
    let strict = Outbound::with_lookup(vec!["127.0.0.1/32".parse().unwrap()], 1 << 20, answers());
    let error = get(&strict, &url).await.unwrap_err();
    assert_eq!(error.code(), "address_blocked", "{error}");
    assert!(error.to_string().contains("rebind.test"), "{error}");
    assert_eq!((first.asked().len(), hidden.asked().len()), (1, 0));
    // The same with that place allowed: the servers and the name work.
    let open = Outbound::with_lookup(vec!["127.0.0.0/8".parse().unwrap()], 1 << 20, answers());
    assert_eq!(get(&open, &url).await.unwrap().body, "the hidden place");
    assert_eq!(hidden.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_to_a_forbidden_place_is_not_followed() {
    for (to, code) in [
        ("http://169.254.169.254/latest/meta-data/", "address_blocked"),
        ("http://0x7f000002/", "address_blocked"),
        ("http://[::ffff:10.0.0.1]/", "address_blocked"),
        ("//127.0.0.3/", "address_blocked"),
        ("http://localhost:1/", "address_blocked"),
        ("file:///etc/passwd", "bad_redirect"),
        ("http://", "bad_redirect"),
        ("ftp://example.com/", "bad_redirect"),
    ] {
        let server = Server::start(move |_| redirect(302, to)).await;
        // `localhost` may be ::1 or 127.0.0.1, so the servers of these tests are not reached by that name.
        let loopback = Answers::of(vec![vec!["::1".parse().unwrap()]]);
        let client = Outbound::with_lookup(vec!["127.0.0.1/32".parse().unwrap()], 1 << 20, loopback);
        assert_eq!(get(&client, server.url("/")).await.unwrap_err().code(), code, "{to}");
        assert_eq!(server.asked().len(), 1, "{to}");
    }
}

#[tokio::test]
async fn five_redirects_are_followed_and_no_sixth() {
    let server = Server::start(|request| {
        let step: u32 = request.split(['/', ' ']).nth(2).and_then(|n| n.parse().ok()).unwrap_or(0);
        if step == 0 { ok("arrived") } else { redirect(307, &format!("/{}", step - 1)) }
    })
    .await;
    let reply = get(&client(), server.url("/5")).await.unwrap();
    assert_eq!((reply.body.as_ref(), reply.url), (&b"arrived"[..], server.url("/0")));
    let error = get(&client(), server.url("/6")).await.unwrap_err();
    assert_eq!(error.code(), "too_many_redirects");
    assert_eq!(server.asked().len(), 12);
}

#[tokio::test]
async fn methods_and_bodies_follow_as_browsers_do_it() {
    for (status, method, then, body) in [
        (301, Method::POST, "GET", false),
        (302, Method::POST, "GET", false),
        (303, Method::POST, "GET", false),
        (303, Method::PUT, "GET", false),
        (302, Method::PUT, "PUT", true),
        (307, Method::POST, "POST", true),
        (308, Method::DELETE, "DELETE", true),
        (301, Method::HEAD, "HEAD", true),
    ] {
        let server = Server::start(
            move |request| if request.contains(" /new ") { ok("") } else { redirect(status, "new") },
        )
        .await;
        let mut request = Request::new(method.clone(), server.url("/old"), LIMITS);
        request.body = Some("the body".into());
        request.headers.insert("content-type", HeaderValue::from_static("text/plain"));
        client().request(request).await.unwrap();
        let second = &server.asked()[1];
        assert!(second.starts_with(&format!("{then} /new ")), "{status} {method}: {second}");
        assert_eq!(second.ends_with("the body"), body, "{status} {method}: {second}");
        assert_eq!(second.contains("content-type"), body, "{status} {method}: {second}");
    }
}

/// Another port is another origin.
#[tokio::test]
async fn what_is_meant_for_one_place_is_not_sent_to_another_or_back() {
    let secret = |name: HeaderName| {
        Attached::Headers(HeaderMap::from_iter([(name, HeaderValue::from_static("Bearer canary"))]))
    };
    let query = Attached::Query { name: "key".to_owned(), value: "canary&=".to_owned() };
    for credential in [secret(AUTHORIZATION), secret(HeaderName::from_static("x-api-key")), query] {
        let home = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
        let back = std::sync::Arc::clone(&home);
        let other = Server::start(move |_| redirect(307, &format!("{}/end", back.get().unwrap()))).await;
        let away = other.url("/away");
        let first = Server::start(move |request| {
            let path = request.split(' ').nth(1).unwrap_or_default();
            if path.starts_with("/start") {
                redirect(307, "/same?a=1")
            } else if path.starts_with("/same") {
                redirect(307, &away)
            } else {
                ok("done")
            }
        })
        .await;
        home.set(format!("http://{}", first.address)).unwrap();
        let mut request = Request::new(Method::GET, first.url("/start"), LIMITS);
        request.credential = Some(credential);
        request.headers.insert(COOKIE, HeaderValue::from_static("session=cookie-canary"));
        request.headers.insert("x-own-key", HeaderValue::from_static("own-canary"));
        request.headers.insert(ACCEPT, HeaderValue::from_static("text/x-kept"));
        let reply = client().request(request).await.unwrap();
        assert!(!reply.url.contains("canary"), "{}", reply.url);
        let asked = first.asked();
        assert_eq!((asked.len(), other.asked().len()), (3, 1));
        for here in &asked[..2] {
            assert_eq!(here.matches("canary").count(), 3, "{here}");
        }
        for elsewhere in [&asked[2], &other.asked()[0]] {
            assert!(!elsewhere.contains("canary"), "{elsewhere}");
            assert!(elsewhere.contains("text/x-kept"), "{elsewhere}");
        }
    }
}
