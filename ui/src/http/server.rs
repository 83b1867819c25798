//! Listening, and the connections: HTTP/1.1, bounded in number, in the length of a head and in the time it may take.
//!
//! `axum::serve` sets none of these bounds, so connections are served with hyper itself.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::gate::Gate;
use super::limit::{CONNECTION_BYTES_MAX, CONNECTIONS_MAX, HEAD_TIMEOUT, HEADER_BYTES_MAX, STOP_TIMEOUT, TARGET_BYTES_MAX};

/// Above what the router answers for itself with a problem (431): what exceeds even this is not worth an explanation.
const HEAD_BYTES_MAX_RAW: usize = 2 * (HEADER_BYTES_MAX + TARGET_BYTES_MAX);

/// How long to wait after a connection could not be accepted: the usual reason is that too many files are open.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// A server that listens and does not serve yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// # Errors
    /// The address is taken, or none of this machine's.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Server { listener, address })
    }

    /// Where it listens, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` ends; then lets requests under way finish.
    pub async fn serve(self, gate: Gate, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &places) => accepted,
                () = &mut stop => break,
            };
            let Ok((stream, place)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let gate = gate.clone();
            let answer = service_fn(move |request: hyper::Request<Incoming>| {
                let gate = gate.clone();
                async move { Ok::<_, Infallible>(gate.answer(request.map(Body::new)).await) }
            });
            let connection = protocol().serve_connection(TokioIo::new(stream), answer);
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // A client that goes away or breaks the protocol ends its own connection and nothing else.
                let _ = connection.await;
                drop(place);
            });
        }
        drop(self.listener);
        if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off: they took longer than a stopping server waits");
        }
    }
}

/// The next connection, once there is a place for it; until then others wait in the kernel's queue.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // An answer is one small write; waiting for more to send with it only delays it.
    let _ = stream.set_nodelay(true);
    Ok((stream, place))
}

fn protocol() -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(HEAD_BYTES_MAX_RAW)
        .max_buf_size(CONNECTION_BYTES_MAX);
    protocol
}
