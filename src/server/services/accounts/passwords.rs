//! Password hashes: argon2id, off the runtime's threads, only so many at once (each takes 19 MiB).

use crate::server::error::AppError;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::{sync::OnceLock, time::Duration};
use tokio::sync::Semaphore;

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Who waits longer than this for a turn is sent away.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Passwords {
    turns: Semaphore,
}

impl Passwords {
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { turns: Semaphore::new(cores.clamp(1, 8)) }
    }

    /// The hash of a password as a PHC string.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        self.in_turn(move || hash(&password)).await?
    }

    /// Whether the password fits; takes as long where there is no hash to compare with.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, AppError> {
        self.in_turn(move || {
            let exists = stored.is_some();
            let against = match stored {
                Some(stored) => stored,
                None => dummy()?,
            };
            let parsed = PasswordHash::new(&against).map_err(AppError::internal)?;
            let fits = argon2()?.verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(fits && exists)
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let busy = || {
            AppError::unavailable("Too many people sign in at once. Try again in a few seconds.", "no turn")
        };
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await.map_err(|_| busy())?;
        let _turn = turn.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(AppError::internal)
    }
}

fn argon2() -> Result<Argon2<'static>, AppError> {
    let params = Params::new(COST.0, COST.1, COST.2, None).map_err(AppError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, AppError> {
    let salt: [u8; 16] = rand::random();
    let hash: PasswordHash =
        argon2()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(AppError::internal)?;
    Ok(hash.to_string())
}

/// The hash of a password that nobody has.
fn dummy() -> Result<String, AppError> {
    static DUMMY: OnceLock<String> = OnceLock::new();
    if let Some(known) = DUMMY.get() {
        return Ok(known.clone());
    }
    let made = hash(&format!("{:032x}", rand::random::<u128>()))?;
    Ok(DUMMY.get_or_init(|| made).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn fits_only_the_same_password_and_never_an_account_that_is_not_there() {
        let passwords = Passwords::new();
        let stored = passwords.hash("correct horse".to_owned()).await.expect("hashes");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify("correct horse".to_owned(), Some(stored.clone())).await.expect("verifies"));
        assert!(!passwords.verify("Correct horse".to_owned(), Some(stored)).await.expect("verifies"));
        assert!(!passwords.verify("correct horse".to_owned(), None).await.expect("verifies"));
    }
}
