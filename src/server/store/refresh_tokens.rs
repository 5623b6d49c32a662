//! Refresh tokens: families, rotation, revocation. Hashing and the rules of reuse are the accounts service's.

use super::{Read, StoreError, Write, entities::refresh_tokens};
use crate::workflow::ids::UserId;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set, sea_query::Expr};
use uuid::Uuid;

/// A stored refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    pub id: Uuid,
    pub user_id: UserId,
    /// All tokens that came from one sign-in.
    pub family_id: Uuid,
    pub token_hash: String,
    pub expires_at: DateTime<Utc>,
    /// When it was exchanged for its successor.
    pub used_at: Option<DateTime<Utc>>,
    /// What the service needs to give out the same successor again.
    pub successor: Option<String>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl From<refresh_tokens::Model> for RefreshToken {
    fn from(row: refresh_tokens::Model) -> Self {
        Self {
            id: row.id,
            user_id: UserId(row.user_id),
            family_id: row.family_id,
            token_hash: row.token_hash,
            expires_at: row.expires_at,
            used_at: row.used_at,
            successor: row.successor,
            revoked_at: row.revoked_at,
            created_at: row.created_at,
        }
    }
}

/// Stores a new token of a family.
///
/// # Errors
/// `Reference` when the account is gone, `Unavailable`.
pub async fn create(
    write: &Write,
    user_id: UserId,
    family_id: Uuid,
    token_hash: String,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<RefreshToken, StoreError> {
    let row = refresh_tokens::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(user_id.0),
        family_id: Set(family_id),
        token_hash: Set(token_hash),
        expires_at: Set(expires_at),
        used_at: Set(None),
        successor: Set(None),
        revoked_at: Set(None),
        created_at: Set(now),
    };
    Ok(row.insert(write.connection()).await?.into())
}

/// The token of that hash, whatever its state.
///
/// # Errors
/// `Unavailable`.
pub async fn find_by_hash(db: &impl Read, token_hash: &str) -> Result<Option<RefreshToken>, StoreError> {
    let row = refresh_tokens::Entity::find()
        .filter(refresh_tokens::Column::TokenHash.eq(token_hash))
        .one(db.connection())
        .await?;
    Ok(row.map(RefreshToken::from))
}

/// Marks a token as exchanged, unless it was used or revoked before: `false` then, and nothing changed.
///
/// # Errors
/// `Unavailable`.
pub async fn mark_used(
    write: &Write,
    id: Uuid,
    successor: String,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = refresh_tokens::Entity::update_many()
        .col_expr(refresh_tokens::Column::UsedAt, Expr::value(now))
        .col_expr(refresh_tokens::Column::Successor, Expr::value(successor))
        .filter(refresh_tokens::Column::Id.eq(id))
        .filter(refresh_tokens::Column::UsedAt.is_null())
        .filter(refresh_tokens::Column::RevokedAt.is_null())
        .exec(write.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Revokes every token of a family.
///
/// # Errors
/// `Unavailable`.
pub async fn revoke_family(write: &Write, family_id: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    revoke(write, refresh_tokens::Column::FamilyId.eq(family_id), now).await
}

/// Revokes every token of an account, as after a change of the password.
///
/// # Errors
/// `Unavailable`.
pub async fn revoke_user(write: &Write, user_id: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
    revoke(write, refresh_tokens::Column::UserId.eq(user_id.0), now).await
}

/// Deletes tokens that expired before `before`; gives how many.
///
/// # Errors
/// `Unavailable`.
pub async fn purge(write: &Write, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let done = refresh_tokens::Entity::delete_many()
        .filter(refresh_tokens::Column::ExpiresAt.lt(before))
        .exec(write.connection())
        .await?;
    Ok(done.rows_affected)
}

async fn revoke(write: &Write, which: Expr, now: DateTime<Utc>) -> Result<(), StoreError> {
    refresh_tokens::Entity::update_many()
        .col_expr(refresh_tokens::Column::RevokedAt, Expr::value(now))
        .filter(which)
        .filter(refresh_tokens::Column::RevokedAt.is_null())
        .exec(write.connection())
        .await?;
    Ok(())
}
