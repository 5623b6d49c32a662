//! Models elsewhere, by the names that their owners gave them.

use super::{Read, StoreError, Write, entities::remote_models, json};
use crate::workflow::ids::UserId;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    Set,
};
use uuid::Uuid;

/// A model as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRemote {
    pub name: String,
    /// Without a slash at its end.
    pub base_url: String,
    /// What the service calls it.
    pub model: String,
    /// May be gone by now.
    pub credential_id: Option<Uuid>,
    /// Numbers in each vector of an embedding model; `None`: a chat model.
    pub dimension: Option<u32>,
    pub created_at: DateTime<Utc>,
}

impl From<remote_models::Model> for StoredRemote {
    fn from(row: remote_models::Model) -> Self {
        let remote_models::Model { name, base_url, model, credential_id, dimension, created_at, .. } = row;
        let dimension = dimension.and_then(|numbers| u32::try_from(numbers).ok());
        Self { name, base_url, model, credential_id, dimension, created_at }
    }
}

fn of(owner: UserId) -> Select<remote_models::Entity> {
    remote_models::Entity::find().filter(remote_models::Column::UserId.eq(owner.0))
}

/// Stores a model.
///
/// # Errors
/// `Unique("name")`, `Invalid` for NUL characters, `Unavailable`.
pub async fn create(write: &Write, owner: UserId, new: &StoredRemote) -> Result<(), StoreError> {
    for (field, text) in [("name", &new.name), ("base_url", &new.base_url), ("model", &new.model)] {
        json::refuse_nul(field, text)?;
    }
    let row = remote_models::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(owner.0),
        name: Set(new.name.clone()),
        base_url: Set(new.base_url.clone()),
        model: Set(new.model.clone()),
        credential_id: Set(new.credential_id),
        dimension: Set(new.dimension.map(i32::try_from).transpose().map_err(StoreError::damaged)?),
        created_at: Set(new.created_at),
    };
    row.insert(write.connection()).await?;
    Ok(())
}

/// The models of an account, by name.
///
/// # Errors
/// `Unavailable`.
pub async fn list(db: &impl Read, owner: UserId) -> Result<Vec<StoredRemote>, StoreError> {
    let rows = of(owner).order_by_asc(remote_models::Column::Name).all(db.connection()).await?;
    Ok(rows.into_iter().map(StoredRemote::from).collect())
}

/// The names of the chat models among them.
///
/// # Errors
/// `Unavailable`.
pub async fn chat_names(db: &impl Read, owner: UserId) -> Result<Vec<String>, StoreError> {
    Ok(of(owner)
        .filter(remote_models::Column::Dimension.is_null())
        .select_only()
        .column(remote_models::Column::Name)
        .order_by_asc(remote_models::Column::Name)
        .into_tuple()
        .all(db.connection())
        .await?)
}

/// How many the account has.
///
/// # Errors
/// `Unavailable`.
pub async fn count(db: &impl Read, owner: UserId) -> Result<u64, StoreError> {
    Ok(of(owner).count(db.connection()).await?)
}

/// The model of that name, if the account has one.
///
/// # Errors
/// `Unavailable`.
pub async fn find(db: &impl Read, owner: UserId, name: &str) -> Result<Option<StoredRemote>, StoreError> {
    // No stored name holds NUL, and Postgres refuses to compare with one.
    if name.contains('\0') {
        return Ok(None);
    }
    let row = of(owner).filter(remote_models::Column::Name.eq(name)).one(db.connection()).await?;
    Ok(row.map(StoredRemote::from))
}

/// Forgets a model.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn delete(write: &Write, owner: UserId, name: &str) -> Result<(), StoreError> {
    json::refuse_nul("name", name).map_err(|_| StoreError::NotFound("model"))?;
    let done = remote_models::Entity::delete_many()
        .filter(remote_models::Column::UserId.eq(owner.0))
        .filter(remote_models::Column::Name.eq(name))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("model")) } else { Ok(()) }
}
