//! The ring and the store together: what is revealed, to whom, and under which key.

use super::*;
use crate::server::store::{credentials::NewCredential, users};
use chrono::{DateTime, Utc};
use serde_json::json;

async fn owner(store: &Store, name: &str) -> UserId {
    let write = store.write().await.unwrap();
    let new = users::NewUser {
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        hashed_password: String::new(),
    };
    let user = users::create(&write, new, DateTime::<Utc>::UNIX_EPOCH).await.unwrap();
    write.commit().await.unwrap();
    user.id
}

async fn keep(secrets: &Secrets, store: &Store, owner: UserId, name: &str, token: &str) -> uuid::Uuid {
    let id = uuid::Uuid::now_v7();
    let value =
        CredentialValue::parse(CredentialKind::Bearer, &crate::api::credentials::SecretValue(json!(token)))
            .unwrap();
    let sealed = secrets.seal_value(owner, id, CredentialKind::Bearer, &value).unwrap();
    let new = NewCredential {
        id,
        name: name.to_owned(),
        kind: CredentialKind::Bearer,
        sealed,
        allowed_hosts: vec!["api.example.org".to_owned()],
    };
    let write = store.write().await.unwrap();
    credentials::create(&write, owner, new, DateTime::<Utc>::UNIX_EPOCH).await.unwrap();
    write.commit().await.unwrap();
    id
}

#[tokio::test]
async fn a_value_is_shown_to_its_owner_for_its_hosts_and_hidden_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::temporary().await.unwrap();
    store.migrate().await.unwrap();
    let secrets = Secrets::open(folder.path(), store.clone()).unwrap();
    let (ada, grace) = (owner(&store, "ada").await, owner(&store, "grace").await);
    let id = keep(&secrets, &store, ada, "api", "tok-en-1").await;
    let redactor = Redactor::default();
    let found = secrets.reveal(ada, "api", "API.example.org.", &redactor).await.unwrap();
    assert_eq!(found.value, CredentialValue::Bearer("tok-en-1".to_owned().into()));
    assert_eq!(redactor.text("it was tok-en-1"), "it was [secret api]");
    let by_id = secrets.reveal(ada, &id.to_string(), "api.example.org", &redactor).await.unwrap();
    assert_eq!(by_id.credential.name, "api");
    let code = |result: Result<Revealed, SecretError>| result.err().map(|error| error.code());
    for host in ["example.org", "api.example.org.evil.net", "127.0.0.1", ""] {
        assert_eq!(
            code(secrets.reveal(ada, "api", host, &redactor).await),
            Some("host_not_allowed"),
            "{host}"
        );
    }
    for named in ["api", &id.to_string(), "", "nothing"] {
        assert_eq!(
            code(secrets.reveal(grace, named, "api.example.org", &redactor).await),
            Some("unknown_credential")
        );
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Secrets::open(elsewhere.path(), store).unwrap();
    assert_eq!(
        code(other.reveal(ada, "api", "api.example.org", &redactor).await),
        Some("credential_unreadable")
    );
}

#[tokio::test]
async fn a_running_server_takes_up_a_key_that_another_process_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::temporary().await.unwrap();
    store.migrate().await.unwrap();
    let ada = owner(&store, "ada").await;
    let (server, command) = (
        Secrets::open(folder.path(), store.clone()).unwrap(),
        Secrets::open(folder.path(), store.clone()).unwrap(),
    );
    keep(&server, &store, ada, "old", "value-one").await;
    let key = command.begin_change().unwrap().add_key().unwrap();
    keep(&command, &store, ada, "new", "value-two").await;
    let redactor = Redactor::default();
    for named in ["old", "new"] {
        for secrets in [&server, &command] {
            secrets.reveal(ada, named, "api.example.org", &redactor).await.unwrap();
        }
    }
    keep(&server, &store, ada, "newer", "value-three").await;
    assert_eq!(credentials::find(&store, ada, "newer").await.unwrap().sealed.key_id, key);
}
