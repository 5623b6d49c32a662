//! Credentials: made, listed, replaced, deleted; the change of the key that seals them. Values go in and never come out.

use super::{Fields, triggers};
use crate::{
    api::credentials::{Credential, CredentialCreate, CredentialKind, CredentialUpdate, SecretValue},
    server::{
        error::AppError,
        secrets::{CredentialValue, Place, normal_host},
        state::AppState,
        store::{
            credentials::{self, NewCredential},
            faults,
        },
    },
    workflow::{check::KnownCredential, ids::UserId},
};
use axum::http::StatusCode;
use uuid::Uuid;

/// Hosts that one credential may name.
const MAX_HOSTS: usize = 20;
/// Credentials of one account.
const MAX_CREDENTIALS: usize = 500;

/// The credentials of an account, newest first, without their values.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn list(state: &AppState, owner: UserId) -> Result<Vec<Credential>, AppError> {
    Ok(credentials::list(&state.store, owner).await?)
}

/// What the checker compares names with.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn known(state: &AppState, owner: UserId) -> Result<Vec<KnownCredential>, AppError> {
    Ok(credentials::known(&state.store, owner).await?)
}

/// Whether the credential is the owner's.
///
/// # Errors
/// 404 if not.
pub async fn check_owner(state: &AppState, owner: UserId, id: Uuid) -> Result<(), AppError> {
    Ok(credentials::get(&state.store, owner, id).await.map(|_| ())?)
}

/// Makes a credential.
///
/// # Errors
/// 422 with the fields that break a rule, 409 for a taken name.
pub async fn create(state: &AppState, owner: UserId, body: CredentialCreate) -> Result<Credential, AppError> {
    let mut fields = Fields::default();
    fields.line("name", &body.name, 1, 100);
    if body.name.contains(['{', '}']) {
        fields.refuse("name", "has braces, which mean expressions; leave them out");
    }
    let value = value(body.kind, &body.value, &mut fields);
    let allowed_hosts = hosts(body.kind, Some(body.allowed_hosts), value.as_ref(), &mut fields);
    fields.check()?;
    let value = value.ok_or_else(|| AppError::internal("a credential without a value passed its check"))?;
    let write = state.store.write().await?;
    if credentials::known(&write, owner).await?.len() >= MAX_CREDENTIALS {
        return Err(AppError::field(
            "name",
            format!("would be one of more than {MAX_CREDENTIALS}; delete some"),
        ));
    }
    let id = Uuid::now_v7();
    let sealed = state.secrets.seal_value(owner, id, body.kind, &value).map_err(AppError::internal)?;
    let new = NewCredential { id, name: body.name.trim().to_owned(), kind: body.kind, sealed, allowed_hosts };
    let made = credentials::create(&write, owner, new, state.clock.now()).await?;
    write.commit().await?;
    Ok(made)
}

/// Replaces the value of a credential, and its hosts where the request names some.
///
/// # Errors
/// 404, 422 with the fields that break a rule.
pub async fn replace(
    state: &AppState,
    owner: UserId,
    id: Uuid,
    body: CredentialUpdate,
) -> Result<Credential, AppError> {
    let write = state.store.write().await?;
    let stored = credentials::get(&write, owner, id).await?.credential;
    let mut fields = Fields::default();
    let value = value(stored.kind, &body.value, &mut fields);
    let before = (stored.kind != CredentialKind::Postgres).then_some(stored.allowed_hosts);
    let hosts = hosts(stored.kind, body.allowed_hosts.or(before), value.as_ref(), &mut fields);
    fields.check()?;
    let value = value.ok_or_else(|| AppError::internal("a credential without a value passed its check"))?;
    let sealed = state.secrets.seal_value(owner, id, stored.kind, &value).map_err(AppError::internal)?;
    let made = credentials::replace(&write, owner, id, sealed, &hosts, state.clock.now()).await?;
    write.commit().await?;
    Ok(made)
}

/// Deletes a credential; steps that name it fail from now on.
///
/// # Errors
/// 404 for an unknown one.
pub async fn delete(state: &AppState, owner: UserId, id: Uuid) -> Result<(), AppError> {
    let write = state.store.write().await?;
    credentials::delete(&write, owner, id).await?;
    write.commit().await?;
    Ok(())
}

fn value(kind: CredentialKind, given: &SecretValue, fields: &mut Fields) -> Option<CredentialValue> {
    match CredentialValue::parse(kind, given) {
        Ok(value) => Some(value),
        Err(mistake) => {
            let field = if mistake.field.is_empty() {
                "value".to_owned()
            } else {
                format!("value.{}", mistake.field)
            };
            fields.refuse(field, mistake.message);
            None
        }
    }
}

/// The hosts in the form in which they are compared. A database is where its address says.
fn hosts(
    kind: CredentialKind,
    given: Option<Vec<String>>,
    value: Option<&CredentialValue>,
    fields: &mut Fields,
) -> Vec<String> {
    let given = given.unwrap_or_default();
    if given.len() > MAX_HOSTS {
        fields.refuse("allowed_hosts", format!("has more than {MAX_HOSTS} hosts"));
        return Vec::new();
    }
    let mut hosts: Vec<String> = Vec::with_capacity(given.len());
    for (index, host) in given.iter().enumerate() {
        match normal_host(host) {
            Ok(host) if hosts.contains(&host) => {}
            Ok(host) => hosts.push(host),
            Err(what) => fields.refuse(format!("allowed_hosts.{index}"), what),
        }
    }
    let own = value.and_then(CredentialValue::own_host).and_then(|host| normal_host(&host).ok());
    match own {
        Some(own) if hosts.is_empty() => hosts.push(own),
        Some(own) if !crate::server::secrets::allows(&hosts, &own) => {
            fields.refuse(
                "allowed_hosts",
                format!("does not have {own}, which the address of the database names"),
            );
        }
        None if given.is_empty() && kind != CredentialKind::Postgres => {
            fields.refuse(
                "allowed_hosts",
                "is empty; name the hosts that it may be sent to, such as api.example.com",
            );
        }
        _ => {}
    }
    hosts
}

fn unusable(what: impl std::fmt::Display) -> AppError {
    AppError::new(StatusCode::INTERNAL_SERVER_ERROR, "key_ring_unusable", what.to_string())
}

/// What a change of the key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Values that were sealed anew.
    pub values: usize,
    /// Keys that are gone.
    pub keys: usize,
}

/// Seals everything of everybody with a new key, in one transaction. The key before stays in the ring until the next
/// change, because a server that runs may still seal with it; older ones go. Whenever this ends early, everything opens:
/// the ring holds the new key before anything is sealed with it, and loses old ones only after nothing is.
///
/// # Errors
/// 500 when a value cannot be opened or the ring cannot be written; then nothing was sealed anew.
pub async fn rotate(state: &AppState) -> Result<Rotated, AppError> {
    let before = state.secrets.newest_key();
    let change = state.secrets.begin_change().map_err(unusable)?;
    let newest = change.add_key().map_err(unusable)?;
    faults::pass("secrets::after_key")?;
    let write = state.store.write().await?;
    let mut values = 0;
    for stored in credentials::sealed_otherwise(&write, &newest).await? {
        let kind = stored.credential.kind.as_str();
        let place = Place { owner: stored.owner, id: stored.credential.id, kind };
        let sealed = state.secrets.reseal(&place, &stored.sealed.bytes).map_err(|error| {
            let name = &stored.credential.name;
            unusable(format!(
                "The credential `{name}` of the account {} cannot be opened: {error}. Nothing was changed.",
                place.owner
            ))
        })?;
        credentials::reseal(&write, stored.owner, stored.credential.id, sealed).await?;
        values += 1;
    }
    values += triggers::reseal_all(state, &write).await?;
    write.commit().await?;
    let mut needed = credentials::key_ids(&state.store).await?;
    needed.push(before);
    let keys = change.keep_keys(&needed).map_err(unusable)?;
    Ok(Rotated { values, keys })
}
