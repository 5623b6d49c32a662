//! Credentials as they are stored: sealed. Opening them is `server::secrets`'.

use super::{Read, StoreError, Write, entities::credentials, json};
use crate::{
    api::credentials::{Credential, CredentialKind},
    workflow::{check::KnownCredential, ids::UserId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Set,
    sea_query::Expr,
};
use uuid::Uuid;

/// A sealed value and the id of the key that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub bytes: Vec<u8>,
    pub key_id: String,
}

/// A credential to store.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// Made by the caller: the value is sealed for this id.
    pub id: Uuid,
    pub name: String,
    pub kind: CredentialKind,
    pub sealed: Sealed,
    pub allowed_hosts: Vec<String>,
}

/// A credential with its sealed value.
#[derive(Debug, Clone)]
pub struct StoredCredential {
    pub owner: UserId,
    pub credential: Credential,
    pub sealed: Sealed,
}

fn stored(row: credentials::Model) -> Result<StoredCredential, StoreError> {
    let kind = CredentialKind::of(&row.kind)
        .ok_or_else(|| StoreError::damaged(format!("credential {} has the kind {}", row.id, row.kind)))?;
    Ok(StoredCredential {
        owner: UserId(row.user_id),
        credential: Credential {
            id: row.id,
            name: row.name,
            kind,
            allowed_hosts: row
                .allowed_hosts
                .split(' ')
                .filter(|h| !h.is_empty())
                .map(str::to_owned)
                .collect(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        },
        sealed: Sealed { bytes: row.ciphertext, key_id: row.key_id },
    })
}

fn of(owner: UserId) -> Select<credentials::Entity> {
    credentials::Entity::find().filter(credentials::Column::UserId.eq(owner.0))
}

/// Stores a credential.
///
/// # Errors
/// `Unique("name")`, `Invalid` for NUL characters, `Unavailable`.
pub async fn create(
    write: &Write,
    owner: UserId,
    new: NewCredential,
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    json::refuse_nul("name", &new.name)?;
    let row = credentials::ActiveModel {
        id: Set(new.id),
        user_id: Set(owner.0),
        name: Set(new.name),
        kind: Set(new.kind.as_str().to_owned()),
        ciphertext: Set(new.sealed.bytes),
        key_id: Set(new.sealed.key_id),
        allowed_hosts: Set(new.allowed_hosts.join(" ")),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok(stored(row.insert(write.connection()).await?)?.credential)
}

/// The credentials of an account, newest first.
///
/// # Errors
/// `Unavailable`.
pub async fn list(db: &impl Read, owner: UserId) -> Result<Vec<Credential>, StoreError> {
    let rows = of(owner).order_by_desc(credentials::Column::Id).all(db.connection()).await?;
    rows.into_iter().map(|row| Ok(stored(row)?.credential)).collect()
}

/// What the checker compares names with.
///
/// # Errors
/// `Unavailable`.
pub async fn known(db: &impl Read, owner: UserId) -> Result<Vec<KnownCredential>, StoreError> {
    let rows: Vec<(Uuid, String, String)> = of(owner)
        .select_only()
        .columns([credentials::Column::Id, credentials::Column::Name, credentials::Column::Kind])
        .order_by_asc(credentials::Column::Name)
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(rows.into_iter().map(|(id, name, kind)| KnownCredential { id, name, kind }).collect())
}

/// One credential.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn get(db: &impl Read, owner: UserId, id: Uuid) -> Result<StoredCredential, StoreError> {
    let row = of(owner).filter(credentials::Column::Id.eq(id)).one(db.connection()).await?;
    stored(row.ok_or_else(StoreError::missing("credential"))?)
}

/// The credential of that name, or of that id.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn find(db: &impl Read, owner: UserId, named: &str) -> Result<StoredCredential, StoreError> {
    let mut either = Condition::any().add(credentials::Column::Name.eq(named));
    if let Ok(id) = Uuid::try_parse(named) {
        either = either.add(credentials::Column::Id.eq(id));
    }
    let rows = of(owner).filter(either).all(db.connection()).await?;
    // Somebody may have called a credential by the id of another; names come first, as in the checker.
    let mut rows = rows.into_iter();
    let first = rows.next();
    let row = if first.as_ref().is_some_and(|row| row.name == named) { first } else { rows.next().or(first) };
    stored(row.ok_or_else(StoreError::missing("credential"))?)
}

/// Replaces the value and the hosts.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn replace(
    write: &Write,
    owner: UserId,
    id: Uuid,
    sealed: Sealed,
    allowed_hosts: &[String],
    now: DateTime<Utc>,
) -> Result<Credential, StoreError> {
    let done = credentials::Entity::update_many()
        .col_expr(credentials::Column::Ciphertext, Expr::value(sealed.bytes))
        .col_expr(credentials::Column::KeyId, Expr::value(sealed.key_id))
        .col_expr(credentials::Column::AllowedHosts, Expr::value(allowed_hosts.join(" ")))
        .col_expr(credentials::Column::UpdatedAt, Expr::value(now))
        .filter(credentials::Column::Id.eq(id))
        .filter(credentials::Column::UserId.eq(owner.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 {
        return Err(StoreError::NotFound("credential"));
    }
    Ok(get(write, owner, id).await?.credential)
}

/// Deletes a credential.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn delete(write: &Write, owner: UserId, id: Uuid) -> Result<(), StoreError> {
    let done = credentials::Entity::delete_many()
        .filter(credentials::Column::Id.eq(id))
        .filter(credentials::Column::UserId.eq(owner.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("credential")) } else { Ok(()) }
}

/// Everybody's credentials that another key than this one seals, held until the transaction ends: only for the change of
/// the key, which no account asks for.
///
/// # Errors
/// `Unavailable`.
pub async fn sealed_otherwise(write: &Write, key_id: &str) -> Result<Vec<StoredCredential>, StoreError> {
    let rows = credentials::Entity::find()
        .filter(credentials::Column::KeyId.ne(key_id))
        .lock_exclusive()
        .all(write.connection())
        .await?;
    rows.into_iter().map(stored).collect()
}

/// Puts the same value in its place, sealed with another key.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn reseal(write: &Write, owner: UserId, id: Uuid, sealed: Sealed) -> Result<(), StoreError> {
    let done = credentials::Entity::update_many()
        .col_expr(credentials::Column::Ciphertext, Expr::value(sealed.bytes))
        .col_expr(credentials::Column::KeyId, Expr::value(sealed.key_id))
        .filter(credentials::Column::Id.eq(id))
        .filter(credentials::Column::UserId.eq(owner.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("credential")) } else { Ok(()) }
}

/// The ids of the keys that any credential needs.
///
/// # Errors
/// `Unavailable`.
pub async fn key_ids(db: &impl Read) -> Result<Vec<String>, StoreError> {
    Ok(credentials::Entity::find()
        .select_only()
        .column(credentials::Column::KeyId)
        .distinct()
        .into_tuple()
        .all(db.connection())
        .await?)
}
