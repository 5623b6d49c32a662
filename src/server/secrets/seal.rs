//! Sealing: XChaCha20-Poly1305. What is sealed opens only with its key and for its place.
//!
//! Layout: version (1 byte, now 1), id of the key (8), nonce (24), ciphertext with its tag. Associated data: version, id of
//! the key, owner, id and kind.

use super::{
    SecretError,
    ring::{ID_BYTES, Key},
};
use crate::server::hex::hex;
use crate::{server::store::credentials::Sealed, workflow::ids::UserId};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use uuid::Uuid;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const HEAD: usize = 1 + ID_BYTES;

/// What a sealed value belongs to; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub owner: UserId,
    pub id: Uuid,
    /// The kind of a credential, or another word for what it is.
    pub kind: &'a str,
}

/// Seals with that key.
pub fn seal(key: &Key, place: &Place<'_>, plain: &[u8]) -> Result<Sealed, SecretError> {
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let aad = associated(&key.id, place);
    let sealed = XChaCha20Poly1305::new((&*key.bytes).into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
        .map_err(|_| SecretError::Ring("it does not seal".to_owned()))?;
    let mut bytes = Vec::with_capacity(HEAD + NONCE_BYTES + sealed.len());
    bytes.push(VERSION);
    bytes.extend_from_slice(&key.id);
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&sealed);
    Ok(Sealed { bytes, key_id: hex(key.id) })
}

/// Which key something was sealed with; `None` for what was never sealed by this version.
pub fn key_id(sealed: &[u8]) -> Option<[u8; ID_BYTES]> {
    match sealed.split_first() {
        Some((&VERSION, rest)) => rest.get(..ID_BYTES)?.try_into().ok(),
        _ => None,
    }
}

/// Opens what that key sealed for that place.
pub fn unseal(key: &Key, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let rest = sealed.get(HEAD..).ok_or(SecretError::Unreadable)?;
    let (nonce, text) = rest.split_at_checked(NONCE_BYTES).ok_or(SecretError::Unreadable)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| SecretError::Unreadable)?;
    let aad = associated(&key.id, place);
    XChaCha20Poly1305::new((&*key.bytes).into())
        .decrypt(&XNonce::from(nonce), Payload { msg: text, aad: &aad })
        .map(Zeroizing::new)
        .map_err(|_| SecretError::Unreadable)
}

fn associated(key: &[u8; ID_BYTES], place: &Place<'_>) -> Vec<u8> {
    let mut aad = Vec::with_capacity(HEAD + 32 + place.kind.len());
    aad.push(VERSION);
    aad.extend_from_slice(key);
    aad.extend_from_slice(place.owner.0.as_bytes());
    aad.extend_from_slice(place.id.as_bytes());
    aad.extend_from_slice(place.kind.as_bytes());
    aad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::secrets::ring::Ring;

    #[test]
    fn opens_only_with_its_key_for_its_place_and_whole() {
        let (ring, other) = (Ring::new(), Ring::new());
        let (owner, id) = (UserId::new(), Uuid::now_v7());
        let place = Place { owner, id, kind: "bearer" };
        let sealed = seal(ring.newest(), &place, b"the value").unwrap();
        assert_eq!(sealed.key_id, ring.newest().name());
        assert_eq!(key_id(&sealed.bytes), Some(ring.newest().id));
        assert_eq!(unseal(ring.newest(), &place, &sealed.bytes).unwrap().as_slice(), b"the value");
        let elsewhere = [
            Place { owner: UserId::new(), ..place },
            Place { id: Uuid::now_v7(), ..place },
            Place { kind: "basic", ..place },
        ];
        for place in elsewhere {
            assert_eq!(unseal(ring.newest(), &place, &sealed.bytes), Err(SecretError::Unreadable));
        }
        assert_eq!(unseal(other.newest(), &place, &sealed.bytes), Err(SecretError::Unreadable));
        // Version and key id are associated data too, but are read before: they name the key to look for.
        for at in HEAD..sealed.bytes.len() {
            let mut damaged = sealed.bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(unseal(ring.newest(), &place, &damaged), Err(SecretError::Unreadable), "byte {at}");
        }
        for length in [0, 1, HEAD, HEAD + NONCE_BYTES, sealed.bytes.len() - 1] {
            assert_eq!(unseal(ring.newest(), &place, &sealed.bytes[..length]), Err(SecretError::Unreadable));
        }
        assert_eq!(key_id(&[2; 40]), None);
    }

    #[test]
    fn never_seals_the_same_twice() {
        let ring = Ring::new();
        let place = Place { owner: UserId::new(), id: Uuid::now_v7(), kind: "bearer" };
        let (one, two) =
            (seal(ring.newest(), &place, b"x").unwrap(), seal(ring.newest(), &place, b"x").unwrap());
        assert_ne!(one.bytes, two.bytes);
    }
}
