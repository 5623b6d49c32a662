//! Secrets: sealing and opening them with a ring of keys, and keeping their values out of everything that is stored.
//! Who may set them is `services::credentials`'.

mod error;
mod hosts;
mod redact;
mod ring;
mod seal;
mod text;
mod value;

pub use error::SecretError;
pub use hosts::{allows, normal_host};
pub use redact::Redactor;
pub use seal::Place;
pub use text::SecretText;
pub use value::{CredentialValue, ValueMistake};

use super::store::{Store, StoreError, credentials, credentials::Sealed};
use crate::{
    api::credentials::{Credential, CredentialKind},
    workflow::ids::UserId,
};
use ring::Ring;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};
use zeroize::Zeroizing;

/// Opens and seals; cheap to clone.
#[derive(Clone)]
pub struct Secrets(Arc<Inner>);

struct Inner {
    ring: RwLock<Ring>,
    /// The file of the ring; `None`: it is gone with the process.
    file: Option<PathBuf>,
    /// `None`: there are no credentials.
    store: Option<Store>,
}

/// A credential whose value is known to who asked for it, and to the redactor.
#[derive(Debug)]
pub struct Revealed {
    pub credential: Credential,
    pub value: CredentialValue,
}

/// A change of the ring that is under way.
pub struct RingChange {
    secrets: Secrets,
    _lock: Option<std::fs::File>,
}

impl RingChange {
    /// Puts a new key at the head of the ring; gives its id. The older keys stay, so that everything opens.
    ///
    /// # Errors
    /// When the ring cannot be written.
    pub fn add_key(&self) -> Result<String, SecretError> {
        self.secrets.add_key()
    }

    /// Takes the keys out of the ring that are not among these; the newest stays. Gives how many went.
    ///
    /// # Errors
    /// When the ring cannot be written.
    pub fn keep_keys(&self, needed: &[String]) -> Result<usize, SecretError> {
        self.secrets.keep_keys(needed)
    }
}

impl Secrets {
    /// Reads the key ring `secrets.keys` of a data folder, or makes it, readable by its owner only.
    ///
    /// # Errors
    /// When the file cannot be read, made or understood.
    pub fn open(folder: &Path, store: Store) -> std::io::Result<Self> {
        let file = folder.join(ring::FILE);
        let ring = Ring::open(&file)?;
        Ok(Self(Arc::new(Inner { ring: RwLock::new(ring), file: Some(file), store: Some(store) })))
    }

    /// A key ring that is gone with the process, for a database that is too.
    #[must_use]
    pub fn temporary(store: Store) -> Self {
        Self(Arc::new(Inner { ring: RwLock::new(Ring::new()), file: None, store: Some(store) }))
    }

    /// One that knows no credential.
    #[must_use]
    pub fn none() -> Self {
        Self(Arc::new(Inner { ring: RwLock::new(Ring::new()), file: None, store: None }))
    }

    /// Seals something for its place with the newest key.
    ///
    /// # Errors
    /// When the key ring cannot be read.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Sealed, SecretError> {
        // Another process may have put a newer key there.
        self.reread()?;
        let ring = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        seal::seal(ring.newest(), place, plain)
    }

    /// Opens what was sealed for that place.
    ///
    /// # Errors
    /// `Unreadable` when it was sealed for another place, is damaged, or its key is not in the ring.
    pub fn unseal(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let key_id = seal::key_id(sealed).ok_or(SecretError::Unreadable)?;
        let known = |ring: &Ring| ring.find(&key_id).cloned();
        let mut key = known(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner));
        if key.is_none() {
            self.reread()?;
            key = known(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner));
        }
        seal::unseal(&key.ok_or(SecretError::Unreadable)?, place, sealed)
    }

    /// The value of the owner's credential of that name or id, for one host. From now on the redactor hides it.
    ///
    /// # Errors
    /// `Unknown`; `HostNotAllowed`; `Unreadable`; `Unavailable` when the database does not answer.
    pub async fn reveal(
        &self,
        owner: UserId,
        named: &str,
        host: &str,
        redactor: &Redactor,
    ) -> Result<Revealed, SecretError> {
        let revealed = self.look_up(owner, named, redactor).await?;
        if allows(&revealed.credential.allowed_hosts, host) {
            return Ok(revealed);
        }
        Err(SecretError::HostNotAllowed {
            name: revealed.credential.name,
            host: host.to_owned(),
            allowed: revealed.credential.allowed_hosts.join(", "),
        })
    }

    /// The same where the host stands in the value itself, as in the address of a database.
    ///
    /// # Errors
    /// As [`Secrets::reveal`]; the host is not looked at.
    pub async fn look_up(
        &self,
        owner: UserId,
        named: &str,
        redactor: &Redactor,
    ) -> Result<Revealed, SecretError> {
        let unknown = || SecretError::Unknown { named: named.to_owned() };
        let store = self.0.store.as_ref().ok_or_else(unknown)?;
        let stored = credentials::find(store, owner, named).await.map_err(|error| match error {
            StoreError::NotFound(_) => unknown(),
            other => SecretError::Unavailable(other.to_string()),
        })?;
        let credential = stored.credential;
        let place = Place { owner, id: credential.id, kind: credential.kind.as_str() };
        let plain = self.unseal(&place, &stored.sealed.bytes)?;
        let value = CredentialValue::from_sealed(credential.kind, &plain)?;
        value.hide(&credential.name, redactor);
        Ok(Revealed { credential, value })
    }

    /// Seals the value of a credential.
    ///
    /// # Errors
    /// When the key ring cannot be read.
    pub fn seal_value(
        &self,
        owner: UserId,
        id: uuid::Uuid,
        kind: CredentialKind,
        value: &CredentialValue,
    ) -> Result<Sealed, SecretError> {
        self.seal(&Place { owner, id, kind: kind.as_str() }, &value.to_sealed()?)
    }

    /// Seals something with the newest key that another one sealed.
    ///
    /// # Errors
    /// `Unreadable`; when the key ring cannot be read.
    pub fn reseal(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Sealed, SecretError> {
        self.seal(place, &self.unseal(place, sealed)?)
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn newest_key(&self) -> String {
        self.0.ring.read().unwrap_or_else(PoisonError::into_inner).newest().name()
    }

    /// Begins a change of the key: nobody else changes the ring until this is dropped or the process ends.
    ///
    /// # Errors
    /// When another change is under way, or the folder cannot be written.
    pub fn begin_change(&self) -> Result<RingChange, SecretError> {
        let lock = self.0.file.as_deref().map(ring::lock).transpose().map_err(SecretError::ring)?;
        Ok(RingChange { secrets: self.clone(), _lock: lock })
    }

    fn add_key(&self) -> Result<String, SecretError> {
        self.reread()?;
        let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = ring.clone();
        let id = next.add();
        if let Some(file) = &self.0.file {
            next.write(file).map_err(SecretError::ring)?;
        }
        *ring = next;
        Ok(id)
    }

    fn keep_keys(&self, needed: &[String]) -> Result<usize, SecretError> {
        self.reread()?;
        let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = ring.clone();
        let gone = next.keep(needed);
        if gone > 0 {
            if let Some(file) = &self.0.file {
                next.write(file).map_err(SecretError::ring)?;
            }
            *ring = next;
        }
        Ok(gone)
    }

    fn reread(&self) -> Result<(), SecretError> {
        let Some(file) = &self.0.file else { return Ok(()) };
        let fresh = Ring::read(file).map_err(SecretError::ring)?;
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
