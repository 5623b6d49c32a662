//! The key that signs access tokens and derives refresh tokens: made on the first start, readable by its owner only.

use crate::server::hex::hex;
use crate::{server::error::AppError, workflow::ids::UserId};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{Error, ErrorKind, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

const ISSUER: &str = "millrace";
const AUDIENCE: &str = "millrace-api";
const KEY_BYTES: usize = 32;

pub struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
}

impl Keys {
    /// Reads `jwt.key` in `folder`, or makes it.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join("jwt.key");
        let secret = match fs::File::open(&path) {
            Ok(mut file) => {
                let mut secret = Vec::new();
                file.read_to_end(&mut secret)?;
                if file.metadata()?.permissions().mode() & 0o077 != 0 {
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
                }
                secret
            }
            Err(error) if error.kind() == ErrorKind::NotFound => make(folder, &path)?,
            Err(error) => return Err(error),
        };
        if secret.len() != KEY_BYTES {
            return Err(Error::new(
                ErrorKind::InvalidData,
                format!(
                    "{} is damaged; remove it to get a new one (everybody signs in again)",
                    path.display()
                ),
            ));
        }
        Ok(Self::new(&secret))
    }

    pub fn temporary() -> Self {
        Self::new(&rand::random::<[u8; KEY_BYTES]>())
    }

    fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Checked below, against our own clock and without grace.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// An access token that holds until `expires`.
    pub fn sign(&self, user: UserId, now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<String, AppError> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            iat: now.timestamp(),
            exp: expires.timestamp(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(AppError::internal)
    }

    /// Whose token that is; `None` if it is not ours, not for us or over.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<UserId> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        (claims.exp > now.timestamp()).then_some(claims.sub)
    }

    /// The token that follows a refresh token. Derived, not stored, so that two tabs get the same one and the
    /// database holds none.
    pub fn successor(&self, refresh_token: &str) -> Result<String, AppError> {
        let message = format!("refresh token after {refresh_token}");
        jsonwebtoken::crypto::sign(message.as_bytes(), &self.encoding, Algorithm::HS256)
            .map_err(AppError::internal)
    }
}

fn make(folder: &Path, path: &Path) -> std::io::Result<Vec<u8>> {
    let secret: [u8; KEY_BYTES] = rand::random();
    let draft = folder.join(format!("jwt.key.{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    // A link does not replace a key that another process has made meanwhile.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(secret.to_vec()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => fs::read(path),
        Err(error) => Err(error),
    }
}

/// 256 random bits as text.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is stored of a random token: enough to recognise it, useless to who steals it.
pub fn token_hash(token: &str) -> String {
    hex(Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).expect("a time")
    }

    #[test]
    fn a_token_holds_until_it_expires_and_only_with_its_key() {
        let (keys, others) = (Keys::temporary(), Keys::temporary());
        let user = UserId::new();
        let token = keys.sign(user, now(), now() + TimeDelta::minutes(30)).expect("signs");
        assert_eq!(keys.verify(&token, now()), Some(user));
        assert_eq!(keys.verify(&token, now() + TimeDelta::minutes(30)), None);
        assert_eq!(others.verify(&token, now()), None);
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let claims = format!(
            r#"{{"iss":"millrace","aud":"millrace-api","sub":"{}","iat":1,"exp":9999999999}}"#,
            UserId::new()
        );
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let token = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(Keys::temporary().verify(&token, now()), None);
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Keys::open(folder.path()).expect("makes a key");
        let token = first.sign(UserId::new(), now(), now() + TimeDelta::minutes(1)).expect("signs");
        let again = Keys::open(folder.path()).expect("reads the key");
        assert!(again.verify(&token, now()).is_some());
        let mode = fs::metadata(folder.path().join("jwt.key")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
