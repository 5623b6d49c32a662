//! Accounts, refresh tokens and API keys.

use super::{now, user};
use crate::db_test;
use chrono::TimeDelta;
use millrace::{
    api::auth::Scope,
    server::store::{StoreError, api_keys, refresh_tokens, users},
    workflow::ids::UserId,
};
use uuid::Uuid;

db_test! {
    async fn the_first_account_is_the_administrator(db) {
        let first = user(db, "Ada").await;
        let second = user(db, "Bob").await;
        assert!(users::get(&db.store, first).await.expect("Ada").is_admin);
        assert!(!users::get(&db.store, second).await.expect("Bob").is_admin);
        assert_eq!(users::count(&db.store).await.expect("a number"), 2);
    }

    async fn names_and_addresses_are_unique_whatever_their_case(db) {
        user(db, "Ada").await;
        for (username, email, field) in [("aDA", "x@example.org", "username"), ("x", "ADA@example.org", "email")] {
            let write = db.store.write().await.expect("a transaction");
            let new = users::NewUser {
                username: username.to_owned(),
                email: email.to_owned(),
                hashed_password: String::new(),
            };
            let refusal = users::create(&write, new, now()).await.expect_err("taken");
            assert!(matches!(refusal, StoreError::Unique(f) if f == field), "{refusal:?}");
        }
        assert_eq!(users::count(&db.store).await.expect("a number"), 1);
    }

    async fn an_account_is_found_by_name_or_address(db) {
        let ada = user(db, "Ada").await;
        for login in ["ada", "ADA", "ada@EXAMPLE.org"] {
            let found = users::find_by_login(&db.store, login).await.expect("an answer").expect(login);
            assert_eq!(found.id, ada);
        }
        for login in ["ad", "", "ada\0"] {
            assert!(users::find_by_login(&db.store, login).await.expect("an answer").is_none(), "{login:?}");
        }
    }

    async fn passwords_are_replaced(db) {
        let ada = user(db, "Ada").await;
        let write = db.store.write().await.expect("a transaction");
        users::set_password(&write, ada, "new", now()).await.expect("done");
        let nobody = users::set_password(&write, UserId::new(), "new", now()).await;
        assert!(matches!(nobody, Err(StoreError::NotFound(_))), "{nobody:?}");
        write.commit().await.expect("a commit");
        assert_eq!(users::get(&db.store, ada).await.expect("Ada").hashed_password, "new");
    }

    async fn a_transaction_that_is_dropped_leaves_nothing(db) {
        let ada = user(db, "Ada").await;
        let write = db.store.write().await.expect("a transaction");
        users::set_password(&write, ada, "lost", now()).await.expect("done");
        assert_eq!(users::get(&write, ada).await.expect("its own change").hashed_password, "lost");
        drop(write);
        assert_ne!(users::get(&db.store, ada).await.expect("Ada").hashed_password, "lost");
    }

    async fn a_refresh_token_is_used_once(db) {
        let ada = user(db, "Ada").await;
        let family = Uuid::now_v7();
        let write = db.store.write().await.expect("a transaction");
        let later = now() + TimeDelta::days(1);
        let token = refresh_tokens::create(&write, ada, family, "h1".into(), later, now()).await.expect("a token");
        let other = refresh_tokens::create(&write, ada, family, "h2".into(), later, now()).await.expect("a token");
        assert!(refresh_tokens::mark_used(&write, token.id, "h2".into(), now()).await.expect("done"));
        assert!(!refresh_tokens::mark_used(&write, token.id, "h3".into(), now()).await.expect("done"));
        refresh_tokens::revoke_family(&write, family, now()).await.expect("done");
        assert!(!refresh_tokens::mark_used(&write, other.id, "h3".into(), now()).await.expect("done"));
        write.commit().await.expect("a commit");
        let stored = refresh_tokens::find_by_hash(&db.store, "h1").await.expect("an answer").expect("the token");
        assert_eq!(stored.successor.as_deref(), Some("h2"));
        assert!(stored.revoked_at.is_some() && stored.expires_at == later);
    }

    async fn expired_tokens_are_purged(db) {
        let ada = user(db, "Ada").await;
        let write = db.store.write().await.expect("a transaction");
        for (hash, at) in [("old", now() - TimeDelta::seconds(1)), ("new", now() + TimeDelta::seconds(60))] {
            let made = refresh_tokens::create(&write, ada, Uuid::now_v7(), hash.into(), at, now()).await;
            made.expect("a token");
        }
        assert_eq!(refresh_tokens::purge(&write, now()).await.expect("a number"), 1);
        assert!(refresh_tokens::find_by_hash(&write, "new").await.expect("an answer").is_some());
    }

    async fn api_keys_belong_to_their_owner(db) {
        let (ada, bob) = (user(db, "Ada").await, user(db, "Bob").await);
        let write = db.store.write().await.expect("a transaction");
        let new = api_keys::NewApiKey {
            name: "ci".into(),
            prefix: "mr_1234".into(),
            key_hash: "hash".into(),
            scopes: vec![Scope::Run, Scope::Read],
            expires_at: None,
        };
        let key = api_keys::create(&write, ada, new, now()).await.expect("a key");
        api_keys::touch(&write, key.id, now()).await.expect("done");
        assert!(matches!(api_keys::delete(&write, bob, key.id).await, Err(StoreError::NotFound(_))));
        write.commit().await.expect("a commit");
        let (owner, found) = api_keys::find_by_hash(&db.store, "hash").await.expect("an answer").expect("the key");
        assert_eq!((owner, found.scopes), (ada, vec![Scope::Read, Scope::Run]));
        assert!(found.last_used_at.is_some());
        assert!(api_keys::list(&db.store, bob).await.expect("a list").is_empty());
        assert_eq!(api_keys::list(&db.store, ada).await.expect("a list").len(), 1);
    }
}
