//! Accounts: registering, signing in and out, sessions of browsers, access tokens and API keys of programs.

mod api_keys;
mod authenticate;
mod cookies;
mod keys;
mod limits;
mod passwords;
mod rules;
mod sessions;

pub use api_keys::{create_api_key, delete_api_key, list_api_keys};
pub use authenticate::{Caller, Credential, authenticate, browser_user};
pub use cookies::{ACCESS_COOKIE, REFRESH_COOKIE, cleared_cookies, refresh_cookie, session_cookies};
pub use sessions::{Session, logout, refresh};

use crate::{
    api::auth::{LoginRequest, Me, RegisterReply, RegisterRequest, TokenReply},
    server::{config::AccountsConfig, error::AppError, state::AppState, store},
    workflow::ids::UserId,
};
use std::{path::Path, sync::Arc};

/// What accounts need at hand: the signing key, the rate limits, the gate before the password hash.
#[derive(Clone)]
pub struct Accounts {
    keys: Arc<keys::Keys>,
    limits: Arc<limits::SignInLimits>,
    passwords: Arc<passwords::Passwords>,
}

impl Accounts {
    /// Reads the signing key below `data_dir`, or makes it on the first start.
    ///
    /// # Errors
    /// When the key can neither be read nor made.
    pub fn open(data_dir: &Path, config: &AccountsConfig) -> std::io::Result<Self> {
        Ok(Self::with_keys(keys::Keys::open(&data_dir.join("keys"))?, config))
    }

    /// With a key of its own that is gone with the process.
    #[must_use]
    pub fn temporary(config: &AccountsConfig) -> Self {
        Self::with_keys(keys::Keys::temporary(), config)
    }

    fn with_keys(keys: keys::Keys, config: &AccountsConfig) -> Self {
        Self {
            keys: Arc::new(keys),
            limits: Arc::new(limits::SignInLimits::new(config.rate_limits)),
            passwords: Arc::new(passwords::Passwords::new()),
        }
    }

    /// Counts an attempt to sign in or register from an address.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn count_address(&self, address: std::net::IpAddr) -> Result<(), AppError> {
        self.limits.count_address(address)
    }
}

/// Makes an account and signs it in.
///
/// # Errors
/// 403 when registration is closed, 422 with the fields that break a rule, 409 with the field that is taken.
pub async fn register(state: &AppState, body: RegisterRequest) -> Result<(RegisterReply, Session), AppError> {
    if !state.config.registration_open() {
        return Err(AppError::forbidden(
            "registration_closed",
            "Registration is closed here. Ask who runs this Millrace to make an account with `millrace user create`.",
        ));
    }
    let user = create(state, body).await?;
    let session = sessions::start(state, user.id).await?;
    let token = session.token_reply();
    let reply = RegisterReply {
        id: user.id.0,
        username: user.username,
        email: user.email,
        access_token: token.access_token,
        token_type: token.token_type,
        expires_in: token.expires_in,
    };
    Ok((reply, session))
}

/// Makes an account whether or not registration is open; for the command line too.
///
/// # Errors
/// 422 with the fields that break a rule, 409 with the field that is taken.
pub async fn create(state: &AppState, body: RegisterRequest) -> Result<store::users::User, AppError> {
    rules::check_registration(&body)?;
    let hashed_password = state.accounts.passwords.hash(body.password).await?;
    let new = store::users::NewUser { username: body.username, email: body.email, hashed_password };
    let write = state.store.write().await?;
    let user = store::users::create(&write, new, state.clock.now()).await?;
    write.commit().await?;
    tracing::info!(user_id = %user.id, "an account was made");
    Ok(user)
}

/// Checks the password and starts a session. An unknown user and a wrong password give the same answer in the same time.
///
/// # Errors
/// 401 `bad_credentials`, 429 after too many attempts.
pub async fn login(state: &AppState, body: LoginRequest) -> Result<Session, AppError> {
    rules::check_login(&body)?;
    state.accounts.limits.count_account(&body.username)?;
    let user = store::users::find_by_login(&state.store, body.username.trim()).await?;
    let stored = user.as_ref().map(|u| u.hashed_password.clone());
    let matches = state.accounts.passwords.verify(body.password, stored).await?;
    match user {
        Some(user) if matches && user.is_active => sessions::start(state, user.id).await,
        _ => Err(AppError::new(
            axum::http::StatusCode::UNAUTHORIZED,
            "bad_credentials",
            "User name or password is wrong. Check both and try again.",
        )),
    }
}

/// Who that is.
///
/// # Errors
/// 401 when the account is gone.
pub async fn me(state: &AppState, owner: UserId) -> Result<Me, AppError> {
    match store::users::get(&state.store, owner).await {
        Ok(user) => Ok(Me { id: user.id.0, username: user.username, email: user.email }),
        Err(store::StoreError::NotFound(_)) => Err(AppError::unauthorized()),
        Err(error) => Err(error.into()),
    }
}

/// Sets another password and ends every session of the account.
///
/// # Errors
/// 404 for an unknown user, 422 for a password that breaks the rules.
pub async fn set_password(state: &AppState, login: &str, password: String) -> Result<(), AppError> {
    rules::check_password(&password)?;
    let user = store::users::find_by_login(&state.store, login)
        .await?
        .ok_or_else(|| AppError::not_found("account"))?;
    let hashed = state.accounts.passwords.hash(password).await?;
    let now = state.clock.now();
    let write = state.store.write().await?;
    store::users::set_password(&write, user.id, &hashed, now).await?;
    store::refresh_tokens::revoke_user(&write, user.id, now).await?;
    write.commit().await?;
    Ok(())
}

/// The account of that name or e-mail address.
///
/// # Errors
/// 404 when there is none.
pub async fn named(state: &AppState, login: &str) -> Result<UserId, AppError> {
    let user = store::users::find_by_login(&state.store, login).await?;
    user.map(|user| user.id).ok_or_else(|| AppError::not_found("account"))
}

/// Whether nobody has an account yet.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn none_exist(state: &AppState) -> Result<bool, AppError> {
    Ok(state.store.at_start(|| store::users::count(&state.store)).await? == 0)
}

impl Session {
    /// What a program gets.
    #[must_use]
    pub fn token_reply(&self) -> TokenReply {
        TokenReply {
            access_token: self.access_token.clone(),
            token_type: "bearer".to_owned(),
            expires_in: self.expires_in,
        }
    }
}
