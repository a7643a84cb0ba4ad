//! The addresses on which this process is heard.

use std::{io, net::SocketAddr};

use config::Config;
use tokio::net::TcpListener;

/// Bound sockets. From now on the system lets connections wait in them.
#[derive(Debug)]
pub struct Sockets {
    /// For end-users, clients and operators.
    pub public: Vec<TcpListener>,
    /// For `/metrics` and `/health`.
    pub management: TcpListener,
}

/// An address that could not be had.
#[derive(Debug, thiserror::Error)]
#[error("{key}: nothing can listen on {address}: {source}{}", remedy(source))]
pub struct AddressTaken {
    /// The key of the configuration.
    pub key: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            " (another program listens there: stop it, or choose another port)"
        }
        io::ErrorKind::PermissionDenied => " (ports below 1024 need a right of their own)",
        io::ErrorKind::AddrNotAvailable => " (this machine does not have the address)",
        _ => "",
    }
}

impl Sockets {
    /// Binds all that `config` names.
    ///
    /// # Errors
    /// The first that cannot be had.
    pub async fn bind(config: &Config) -> Result<Self, AddressTaken> {
        let mut public = Vec::with_capacity(config.listen.address.len());
        for address in config.listen.address.iter() {
            public.push(listen("listen.address", *address).await?);
        }
        Ok(Self {
            public,
            management: listen("management.listen", config.management.listen).await?,
        })
    }

    /// Where the public is heard.
    pub fn public_at(&self) -> Vec<SocketAddr> {
        self.public.iter().filter_map(|socket| socket.local_addr().ok()).collect()
    }
}

/// Binds one address.
///
/// # Errors
/// It cannot be had.
pub async fn listen(key: &'static str, address: SocketAddr) -> Result<TcpListener, AddressTaken> {
    TcpListener::bind(address).await.map_err(|source| AddressTaken { key, address, source })
}
