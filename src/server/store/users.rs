//! Accounts.

use super::{Read, StoreError, Write, entities::users, json};
use crate::workflow::ids::UserId;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait,
    QueryFilter, Set,
    sea_query::{Expr, ExprTrait, Func},
};

/// An account, its password hash included: for the accounts service only, never for the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub email: String,
    /// PHC string.
    pub hashed_password: String,
    /// `false`: cannot sign in.
    pub is_active: bool,
    /// The first account of a Millrace.
    pub is_admin: bool,
    pub created_at: DateTime<Utc>,
}

/// An account to make.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub username: String,
    pub email: String,
    pub hashed_password: String,
}

impl From<users::Model> for User {
    fn from(row: users::Model) -> Self {
        Self {
            id: UserId(row.id),
            username: row.username,
            email: row.email,
            hashed_password: row.hashed_password,
            is_active: row.is_active,
            is_admin: row.is_admin,
            created_at: row.created_at,
        }
    }
}

/// Makes an account; the first one becomes the administrator.
///
/// # Errors
/// `Unique("username")` or `Unique("email")`, case apart; `Invalid` for NUL characters.
pub async fn create(write: &Write, new: NewUser, now: DateTime<Utc>) -> Result<User, StoreError> {
    json::refuse_nul("username", &new.username)?;
    json::refuse_nul("email", &new.email)?;
    if write.backend() == DbBackend::Postgres {
        // Two first accounts at once must not both become the administrator.
        write.connection().execute_unprepared("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").await?;
    }
    let is_admin = count(write).await? == 0;
    let row = users::ActiveModel {
        id: Set(UserId::new().0),
        username: Set(new.username),
        email: Set(new.email),
        hashed_password: Set(new.hashed_password),
        is_active: Set(true),
        is_admin: Set(is_admin),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok(row.insert(write.connection()).await?.into())
}

/// How many accounts there are.
///
/// # Errors
/// `Unavailable`.
pub async fn count(db: &impl Read) -> Result<u64, StoreError> {
    Ok(users::Entity::find().count(db.connection()).await?)
}

/// The account of that id.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn get(db: &impl Read, id: UserId) -> Result<User, StoreError> {
    let row = users::Entity::find_by_id(id.0).one(db.connection()).await?;
    row.map(User::from).ok_or_else(StoreError::missing("account"))
}

/// The account whose user name or e-mail address is `login`, case apart. A user name wins over an address.
///
/// # Errors
/// `Unavailable`.
pub async fn find_by_login(db: &impl Read, login: &str) -> Result<Option<User>, StoreError> {
    if login.contains('\0') {
        return Ok(None);
    }
    let lowered = || Func::lower(Expr::val(login));
    let either = Condition::any()
        .add(Expr::expr(Func::lower(Expr::col(users::Column::Username))).eq(lowered()))
        .add(Expr::expr(Func::lower(Expr::col(users::Column::Email))).eq(lowered()));
    let rows = users::Entity::find().filter(either).all(db.connection()).await?;
    let by_name = rows.iter().position(|row| row.username.to_lowercase() == login.to_lowercase());
    Ok(rows.into_iter().nth(by_name.unwrap_or(0)).map(User::from))
}

/// Replaces the password hash.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn set_password(
    write: &Write,
    id: UserId,
    hashed_password: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let done = users::Entity::update_many()
        .col_expr(users::Column::HashedPassword, Expr::value(hashed_password))
        .col_expr(users::Column::UpdatedAt, Expr::value(now))
        .filter(users::Column::Id.eq(id.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("account")) } else { Ok(()) }
}
