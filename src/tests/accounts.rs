//! Registering, signing in, renewing, signing out; tokens that are not good; limits; requests from other sites.

use crate::support::{Client, Database, TestApp, on_each_database};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use millrace::server::{clock::Clock, config::Switch};
use serde_json::{Value, json};

fn ada() -> Value {
    json!({ "username": "ada", "email": "ada@example.org", "password": "correct horse" })
}

fn credentials(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

fn cookie(client: &Client, name: &str, value: &str) -> Client {
    client.with("cookie", format!("{name}={value}"))
}

on_each_database! {
    async fn registers_signs_in_and_knows_who_that_is(app) {
        let client = app.anonymous();
        let made = client.post("/api/auth/register", ada()).await.expect(201);
        assert_eq!((&made["username"], &made["email"]), (&json!("ada"), &json!("ada@example.org")));
        assert_eq!(made["expires_in"], 1800);
        for login in ["ada", "ADA", "ada@example.org", " Ada@Example.org "] {
            let reply = client.post("/api/auth/login", credentials(login, "correct horse")).await.expect(200);
            assert_eq!(reply["token_type"], "bearer");
            let me = client.as_bearer(reply["access_token"].as_str().expect("a token")).get("/api/auth/me").await;
            assert_eq!(me.expect(200), json!({ "id": made["id"], "username": "ada", "email": "ada@example.org" }));
        }
    }

    async fn tells_nobody_whether_an_account_exists(app) {
        let client = app.user("ada").await;
        let anonymous = app.anonymous();
        let wrong = anonymous.post("/api/auth/login", credentials("ada", "wrong horse")).await;
        let unknown = anonymous.post("/api/auth/login", credentials("nobody", "wrong horse")).await;
        assert_eq!(wrong.problem(401), unknown.problem(401));
        assert_eq!(wrong.expect(401)["detail"], unknown.expect(401)["detail"]);
        client.get("/api/auth/me").await.expect(200);
    }

    async fn a_name_and_an_address_are_taken_once(app) {
        app.user("ada").await;
        let client = app.anonymous();
        let other = |username: &str, email: &str| {
            json!({ "username": username, "email": email, "password": "correct horse" })
        };
        let same_name = client.post("/api/auth/register", other("ADA", "other@example.org")).await;
        assert_eq!(same_name.problem(409), ("taken".to_owned(), vec!["username".to_owned()]));
        let same_address = client.post("/api/auth/register", other("grace", "ADA@example.org")).await;
        assert_eq!(same_address.problem(409), ("taken".to_owned(), vec!["email".to_owned()]));
    }

    async fn sixteen_at_once_make_one_account(app) {
        let client = app.anonymous();
        let all = (0..16).map(|_| client.post("/api/auth/register", ada()));
        let replies = futures::future::join_all(all).await;
        assert_eq!(replies.iter().filter(|r| r.status == 201).count(), 1);
        assert!(replies.iter().all(|r| r.status == 201 || r.status == 409), "{replies:?}");
    }

    async fn the_refresh_cookie_is_good_once_and_gives_two_tabs_the_same(app) {
        let client = app.anonymous();
        let first = client.post("/api/auth/register", ada()).await.cookie("millrace_refresh").expect("a cookie");
        let one = cookie(&client, "millrace_refresh", &first).post("/api/auth/refresh", json!({})).await;
        let two = cookie(&client, "millrace_refresh", &first).post("/api/auth/refresh", json!({})).await;
        let successor = one.cookie("millrace_refresh").expect("a cookie");
        assert_ne!(successor, first);
        assert_eq!(two.cookie("millrace_refresh").as_ref(), Some(&successor));
        let token = two.expect(200)["access_token"].as_str().expect("a token").to_owned();
        client.as_bearer(token).get("/api/auth/me").await.expect(200);
        cookie(&client, "millrace_refresh", &successor).post("/api/auth/refresh", json!({})).await.expect(200);
    }

    async fn signing_out_ends_the_session(app) {
        let client = app.anonymous();
        let refresh = client.post("/api/auth/register", ada()).await.cookie("millrace_refresh").expect("a cookie");
        let browser = cookie(&client, "millrace_refresh", &refresh);
        let reply = browser.post("/api/auth/logout", json!({})).await;
        assert_eq!(reply.status, 204);
        assert_eq!(reply.cookie("millrace_access").as_deref(), Some(""));
        browser.post("/api/auth/refresh", json!({})).await.problem(401);
        client.post("/api/auth/logout", json!({})).await.problem(401);
    }

    async fn a_cookie_signs_in_and_a_bearer_wins_over_it(app) {
        let client = app.anonymous();
        let reply = client.post("/api/auth/register", ada()).await;
        let access = reply.cookie("millrace_access").expect("a cookie");
        let browser = cookie(&client, "millrace_access", &access);
        assert_eq!(browser.get("/api/auth/me").await.expect(200)["username"], "ada");
        browser.as_bearer("not-a-token").get("/api/auth/me").await.problem(401);
        for set in reply.headers.get_all("set-cookie") {
            let set = set.to_str().expect("text");
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Secure"), "{set}");
            assert_eq!(set.starts_with("millrace_refresh"), set.contains("Path=/api/auth;"), "{set}");
        }
    }

    async fn other_sites_cannot_use_the_cookie(app) {
        let client = app.anonymous();
        let access = client.post("/api/auth/register", ada()).await.cookie("millrace_access").expect("a cookie");
        let browser = cookie(&client, "millrace_access", &access);
        let body = json!({ "name": "From elsewhere" });
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let elsewhere = browser.with(name, value);
            assert_eq!(elsewhere.post("/api/workflows", body.clone()).await.problem(403).0, "cross_site");
            assert_eq!(elsewhere.post("/api/auth/login", credentials("ada", "x")).await.problem(403).0, "cross_site");
            assert_eq!(elsewhere.post("/fn/workflows/create", body.clone()).await.problem(403).0, "cross_site");
        }
        let ours = format!("http://{}", app.address);
        browser.with("origin", ours).post("/api/workflows", body.clone()).await.expect(201);
        browser.with("sec-fetch-site", "same-origin").post("/api/workflows", body).await.expect(201);
        assert_eq!(browser.get("/api/workflows").await.expect(200)["items"].as_array().map(Vec::len), Some(2));
    }

    async fn a_browser_comes_back_to_where_it_was(app) {
        let client = app.anonymous();
        let refresh = client.post("/api/auth/register", ada()).await.cookie("millrace_refresh").expect("a cookie");
        let browser = cookie(&client, "millrace_refresh", &refresh);
        let reply = browser.get("/api/auth/session?next=/runs%3Fstatus%3Dfailed").await;
        assert_eq!((reply.status, &reply.headers["location"]), (303, &"/runs?status=failed".parse().expect("a header")));
        assert!(reply.cookie("millrace_access").is_some_and(|token| !token.is_empty()));
        let elsewhere = browser.get("/api/auth/session?next=//evil.example").await;
        assert_eq!(elsewhere.headers["location"], "/");
        let stranger = client.get("/api/auth/session?next=/runs").await;
        assert_eq!(stranger.headers["location"], "/sign-in?next=/runs");
        assert_eq!(stranger.cookie("millrace_session").as_deref(), Some(""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_used_again_later_ends_the_session() {
    let clock = Clock::manual(Utc::now());
    let app = TestApp::start_with(Database::Sqlite, clock, |_| {}).await;
    let client = app.anonymous();
    let first = client.post("/api/auth/register", ada()).await.cookie("millrace_refresh").expect("a cookie");
    let renew = |token: String| {
        let client = cookie(&client, "millrace_refresh", &token);
        async move { client.post("/api/auth/refresh", json!({})).await }
    };
    let second = renew(first.clone()).await.cookie("millrace_refresh").expect("a cookie");
    app.clock.advance(TimeDelta::seconds(31));
    assert_eq!(renew(first).await.problem(401).0, "refresh_token_reused");
    renew(second).await.problem(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_sessions_expire() {
    let clock = Clock::manual(Utc::now());
    let app = TestApp::start_with(Database::Sqlite, clock, |_| {}).await;
    let client = app.anonymous();
    let reply = client.post("/api/auth/register", ada()).await;
    let refresh = reply.cookie("millrace_refresh").expect("a cookie");
    let program = client.as_bearer(reply.expect(201)["access_token"].as_str().expect("a token"));
    app.clock.advance(TimeDelta::minutes(29));
    program.get("/api/auth/me").await.expect(200);
    app.clock.advance(TimeDelta::minutes(1));
    program.get("/api/auth/me").await.problem(401);
    app.clock.advance(TimeDelta::days(31));
    cookie(&client, "millrace_refresh", &refresh).post("/api/auth/refresh", json!({})).await.problem(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_open_nothing() {
    let app = TestApp::start(Database::Sqlite).await;
    let client = app.user("ada").await;
    let good = client.token.clone().expect("a token");
    let id = client.get("/api/auth/me").await.expect(200)["id"].clone();
    let parts: Vec<&str> = good.split('.').collect();
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims =
        json!({ "iss": "millrace", "aud": "millrace-api", "sub": id, "iat": 1, "exp": 4_000_000_000_u64 });
    let signed = |claims: &Value, key: &[u8]| {
        let key = jsonwebtoken::EncodingKey::from_secret(key);
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).expect("signs")
    };
    let key = std::fs::read(app.state.config.storage.data_dir.join("keys/jwt.key")).expect("the key");
    let with = |name: &str, value: Value| {
        let mut other = claims.clone();
        other[name] = value;
        other
    };
    for (what, token) in [
        (
            "no algorithm",
            format!("{}.{}.", encoded(&json!({ "alg": "none", "typ": "JWT" })), encoded(&claims)),
        ),
        ("another key", signed(&claims, b"0123456789abcdef0123456789abcdef")),
        ("another issuer", signed(&with("iss", json!("other")), &key)),
        ("another audience", signed(&with("aud", json!("other")), &key)),
        ("expired", signed(&with("exp", json!(1)), &key)),
        ("an account that is not there", signed(&with("sub", json!(uuid::Uuid::now_v7())), &key)),
        ("changed claims", format!("{}.{}.{}", parts[0], encoded(&claims), parts[2])),
        ("cut short", good[..good.len() - 2].to_owned()),
        ("nonsense", "a.b.c".to_owned()),
        ("an unknown key", "mlr_0123456789".to_owned()),
    ] {
        let reply = client.as_bearer(token).get("/api/auth/me").await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.text);
    }
    client.as_bearer(signed(&claims, &key)).get("/api/auth/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down() {
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.accounts.rate_limits = Switch::On;
    })
    .await;
    app.user("ada").await;
    let client = app.anonymous();
    let mut last = client.post("/api/auth/login", credentials("ada", "wrong horse")).await;
    for _ in 0..12 {
        last = client.post("/api/auth/login", credentials("ada", "wrong horse")).await;
    }
    assert_eq!(last.problem(429).0, "too_many_attempts");
    let wait: u64 = last.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=60).contains(&wait));
    client.post("/api/auth/login", credentials("grace", "wrong horse")).await.problem(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_can_be_closed() {
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.server.listen.0.set_ip([0, 0, 0, 0].into());
    })
    .await;
    let reply = app.anonymous().post("/api/auth/register", ada()).await;
    assert_eq!(reply.problem(403).0, "registration_closed");
}
