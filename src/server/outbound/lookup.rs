//! Names to addresses. What is dialled is what was checked: the client gets the addresses that passed, not the name, so
//! that a name which answers differently the second time gains nothing.

use super::{Guard, OutboundError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

/// The addresses of a name, some time later.
pub type Looking = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Looks up names.
pub trait Lookup: Send + Sync {
    /// Every address of a name.
    fn look_up(&self, name: String) -> Looking;
}

/// Asks the system, as every program does.
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn look_up(&self, name: String) -> Looking {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// The addresses of a name that the guard lets through.
pub(super) async fn guarded(
    guard: &Guard,
    lookup: &dyn Lookup,
    name: String,
) -> Result<Vec<IpAddr>, OutboundError> {
    let found = lookup
        .look_up(name.clone())
        .await
        .map_err(|error| OutboundError::Dns { host: name.clone(), cause: error.to_string() })?;
    let mut refused = None;
    let mut passed = Vec::with_capacity(found.len());
    for address in found {
        match guard.check(&name, address) {
            Ok(()) => passed.push(address),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        _ if !passed.is_empty() => Ok(passed),
        Some(error) => Err(error),
        None => Err(OutboundError::Dns { host: name, cause: "it has no address".to_owned() }),
    }
}

/// What the client asks each time it dials.
pub(super) struct GuardedLookup {
    pub guard: Guard,
    pub lookup: Arc<dyn Lookup>,
}

impl Resolve for GuardedLookup {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, lookup) = (self.guard.clone(), Arc::clone(&self.lookup));
        Box::pin(async move {
            let found = guarded(&guard, &*lookup, name.as_str().to_owned()).await?;
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
