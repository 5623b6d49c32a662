//! Secrets of webhooks: making, sealing, opening.

use crate::{
    server::{
        error::AppError,
        secrets::Place,
        services::Fields,
        state::AppState,
        store::{self, Write, triggers::Trigger},
    },
    workflow::ids::{TriggerId, UserId},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

const MIN_CHARS: usize = 8;
const MAX_CHARS: usize = 200;

/// What is sealed here.
const KIND: &str = "webhook";

/// 192 bits that nobody can guess, safe in an address.
pub fn make() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// Whether a secret can be sent as a header and is not too easy.
pub fn check(fields: &mut Fields, text: &str) {
    let chars = text.chars().count();
    if chars < MIN_CHARS {
        fields.refuse(
            "secret",
            format!("needs at least {MIN_CHARS} characters; leave it out to get a good one"),
        );
    } else if chars > MAX_CHARS {
        fields.refuse("secret", format!("is longer than {MAX_CHARS} characters"));
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') || text.trim() != text {
        fields.refuse(
            "secret",
            "has a character that a header cannot carry; take ASCII without spaces at its ends",
        );
    }
}

/// For the store.
///
/// # Errors
/// 500 when the key ring cannot be read.
pub fn seal(state: &AppState, owner: UserId, id: TriggerId, plain: &str) -> Result<String, AppError> {
    let place = Place { owner, id: id.0, kind: KIND };
    let sealed = state.secrets.seal(&place, plain.as_bytes()).map_err(AppError::internal)?;
    Ok(STANDARD_NO_PAD.encode(sealed.bytes))
}

/// What senders have to know.
///
/// # Errors
/// 500 when it cannot be opened.
pub fn open(state: &AppState, trigger: &Trigger) -> Result<Zeroizing<Vec<u8>>, AppError> {
    let sealed =
        trigger.row.secret.as_deref().ok_or_else(|| AppError::internal("a webhook without a secret"))?;
    unseal(state, trigger.owner, trigger.id, sealed)
}

fn unseal(
    state: &AppState,
    owner: UserId,
    id: TriggerId,
    sealed: &str,
) -> Result<Zeroizing<Vec<u8>>, AppError> {
    let bytes = STANDARD_NO_PAD.decode(sealed).map_err(AppError::internal)?;
    let place = Place { owner, id: id.0, kind: KIND };
    state.secrets.unseal(&place, &bytes).map_err(AppError::internal)
}

/// Seals the secret of every webhook with the newest key, in the transaction of a change of keys; gives how many there are.
///
/// # Errors
/// 500 when one of them cannot be opened, 503 when the database does not answer.
pub async fn reseal_all(state: &AppState, write: &Write) -> Result<usize, AppError> {
    let all = store::triggers::sealed_secrets(write).await?;
    for (owner, id, sealed) in &all {
        let place = Place { owner: *owner, id: id.0, kind: KIND };
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(AppError::internal)?;
        let anew = state
            .secrets
            .reseal(&place, &bytes)
            .map_err(|error| AppError::internal(format!("webhook {id} of account {owner}: {error}")))?;
        store::triggers::reseal(write, *id, sealed, &STANDARD_NO_PAD.encode(anew.bytes)).await?;
    }
    Ok(all.len())
}
