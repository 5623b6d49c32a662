//! Keys for programs. Making and hashing them is the accounts service's.

use super::{Read, StoreError, Write, entities::api_keys, json};
use crate::{
    api::auth::{ApiKey, Scope},
    workflow::ids::UserId,
};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set, sea_query::Expr};
use uuid::Uuid;

/// A key to store.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub name: String,
    /// The first characters of the key, to tell it from others.
    pub prefix: String,
    pub key_hash: String,
    pub scopes: Vec<Scope>,
    pub expires_at: Option<DateTime<Utc>>,
}

fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Run => "run",
        Scope::Write => "write",
    }
}

impl From<api_keys::Model> for ApiKey {
    fn from(row: api_keys::Model) -> Self {
        let scopes = [Scope::Read, Scope::Run, Scope::Write];
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: scopes.into_iter().filter(|s| row.scopes.split(' ').any(|w| w == word(*s))).collect(),
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            created_at: row.created_at,
        }
    }
}

/// Stores a key.
///
/// # Errors
/// `Invalid` for NUL characters, `Unavailable`.
pub async fn create(
    write: &Write,
    owner: UserId,
    new: NewApiKey,
    now: DateTime<Utc>,
) -> Result<ApiKey, StoreError> {
    json::refuse_nul("name", &new.name)?;
    let row = api_keys::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(owner.0),
        name: Set(new.name),
        prefix: Set(new.prefix),
        key_hash: Set(new.key_hash),
        scopes: Set(new.scopes.into_iter().map(word).collect::<Vec<_>>().join(" ")),
        expires_at: Set(new.expires_at),
        last_used_at: Set(None),
        created_at: Set(now),
    };
    Ok(row.insert(write.connection()).await?.into())
}

/// The keys of an account, newest first.
///
/// # Errors
/// `Unavailable`.
pub async fn list(db: &impl Read, owner: UserId) -> Result<Vec<ApiKey>, StoreError> {
    let rows = api_keys::Entity::find()
        .filter(api_keys::Column::UserId.eq(owner.0))
        .order_by_desc(api_keys::Column::Id)
        .all(db.connection())
        .await?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

/// Whose key that is, expired ones included: this is how a program is recognised.
///
/// # Errors
/// `Unavailable`.
pub async fn find_by_hash(db: &impl Read, key_hash: &str) -> Result<Option<(UserId, ApiKey)>, StoreError> {
    let row =
        api_keys::Entity::find().filter(api_keys::Column::KeyHash.eq(key_hash)).one(db.connection()).await?;
    Ok(row.map(|row| (UserId(row.user_id), row.into())))
}

/// Notes that a key was used.
///
/// # Errors
/// `Unavailable`.
pub async fn touch(write: &Write, id: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    api_keys::Entity::update_many()
        .col_expr(api_keys::Column::LastUsedAt, Expr::value(now))
        .filter(api_keys::Column::Id.eq(id))
        .exec(write.connection())
        .await?;
    Ok(())
}

/// Deletes a key; it stops working at once.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn delete(write: &Write, owner: UserId, id: Uuid) -> Result<(), StoreError> {
    let done = api_keys::Entity::delete_many()
        .filter(api_keys::Column::Id.eq(id))
        .filter(api_keys::Column::UserId.eq(owner.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("API key")) } else { Ok(()) }
}
