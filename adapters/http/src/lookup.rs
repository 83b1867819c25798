//! From names to addresses, and only to those in reach.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::reach::{OutOfReach, Reach};

/// Where names are looked up.
///
/// It is asked once for each connection, and the answer is not trusted: only addresses in reach are connected to.
#[async_trait]
pub trait Lookup: Send + Sync + 'static {
    /// The addresses of a host, in the order in which they are tried.
    ///
    /// # Errors
    /// The name could not be looked up.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A name all of whose addresses are out of reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{host}` may not be connected to: {first}")]
pub(crate) struct HostOutOfReach {
    pub host: String,
    pub first: OutOfReach,
}

/// The check between looking up and connecting: what it lets through is what is connected to, so that a name which answers
/// differently the next time gains nothing.
pub(crate) struct CheckedLookup {
    pub lookup: Arc<dyn Lookup>,
    pub reach: Reach,
}

impl Resolve for CheckedLookup {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, reach) = (self.lookup.clone(), self.reach.clone());
        Box::pin(async move {
            let found = lookup.addresses(name.as_str()).await?;
            let (allowed, refused) = sort(&reach, found);
            match refused.into_iter().next() {
                Some(first) if allowed.is_empty() => {
                    let host = name.as_str().to_owned();
                    Err(HostOutOfReach { host, first }.into())
                }
                None if allowed.is_empty() => Err("the name has no address".into()),
                // The port comes from the URL.
                _ => Ok(Box::new(allowed.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs),
            }
        })
    }
}

fn sort(reach: &Reach, found: Vec<IpAddr>) -> (Vec<IpAddr>, Vec<OutOfReach>) {
    let (mut allowed, mut refused) = (Vec::new(), Vec::new());
    for address in found {
        match reach.check(address) {
            Ok(()) => allowed.push(address),
            Err(refusal) => refused.push(refusal),
        }
    }
    (allowed, refused)
}
