//! A server that answers with exactly the bytes it is told, and tells what it was asked.

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What is waited for comes within this, on however busy a machine.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// What becomes of one request.
pub enum Play {
    /// These bytes, and the connection stays open for the next request.
    Keep(String),
    /// These bytes, and the connection is closed.
    Close(String),
    /// These bytes, and nothing more, with the connection open.
    Hang(String),
    /// These bytes, and then one more piece after the other for as long as the client takes them.
    Endless(String, &'static str),
}

/// What a counterpart saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A whole request: head and body as they came.
    Request(String),
    /// The client closed the connection while it was owed an answer, or the rest of one.
    Abandoned,
}

pub struct Counterpart {
    pub address: SocketAddr,
    seen: mpsc::UnboundedReceiver<Seen>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

struct Stage {
    plays: Mutex<VecDeque<Play>>,
    seen: mpsc::UnboundedSender<Seen>,
}

impl Counterpart {
    /// Listens on loopback. Each request gets the next play, whatever its connection; one too many gets none.
    pub async fn playing(plays: impl IntoIterator<Item = Play>) -> Counterpart {
        Counterpart::start(plays, None).await
    }

    /// The same over TLS, as `design.example`.
    pub async fn playing_encrypted(plays: impl IntoIterator<Item = Play>) -> Counterpart {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("../tls/server.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tls/server.key")).expect("a key");
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("the key belongs to the certificate");
        Counterpart::start(plays, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start(plays: impl IntoIterator<Item = Play>, tls: Option<TlsAcceptor>) -> Counterpart {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("it is bound");
        let (sender, seen) = mpsc::unbounded_channel();
        let stage = Arc::new(Stage {
            plays: Mutex::new(plays.into_iter().collect()),
            seen: sender,
        });
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(welcome(stream, tls.clone(), stage.clone()));
            }
        });
        Counterpart {
            address,
            seen,
            connections,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next thing it saw or sees.
    pub async fn next(&mut self) -> Seen {
        within(self.seen.recv()).await.expect("the counterpart is there")
    }

    /// The next request, with its lines parted by `\n` and its header lines in the order of their names.
    pub async fn next_request(&mut self) -> String {
        match self.next().await {
            Seen::Request(text) => sorted(&text),
            Seen::Abandoned => panic!("a request was expected, and the client went away"),
        }
    }

    /// How many connections it has taken so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many requests came that no one has asked for yet.
    pub fn requests_left(&mut self) -> usize {
        std::iter::from_fn(|| self.seen.try_recv().ok())
            .filter(|seen| matches!(seen, Seen::Request(_)))
            .count()
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub async fn within<T>(awaited: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, awaited)
        .await
        .expect("what is waited for comes within the deadline")
}

/// An answer with a media type.
pub fn answer(status: &str, media_type: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n{body}")
}

pub fn json(status: &str, body: &str) -> String {
    answer(status, "application/json", body)
}

async fn welcome(stream: TcpStream, tls: Option<TlsAcceptor>, stage: Arc<Stage>) {
    match tls {
        None => serve(stream, &stage).await,
        Some(tls) => {
            // A client that does not believe the certificate is no longer there.
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, &stage).await;
            }
        }
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, stage: &Stage) {
    while let Some(request) = request(&mut stream).await {
        let play = stage.plays.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        // Nobody may be interested any more.
        let _ = stage.seen.send(Seen::Request(request));
        let (text, goes_on) = match &play {
            None => return,
            Some(Play::Keep(text)) => (text, true),
            Some(Play::Close(text) | Play::Hang(text) | Play::Endless(text, _)) => (text, false),
        };
        if stream.write_all(text.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        match play {
            Some(Play::Hang(_)) => while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {},
            Some(Play::Endless(_, piece)) => while stream.write_all(piece.as_bytes()).await.is_ok() {},
            _ => {}
        }
        if matches!(play, Some(Play::Hang(_) | Play::Endless(..))) {
            let _ = stage.seen.send(Seen::Abandoned);
        }
        if !goes_on {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// The next request of a connection; none at its end.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        bytes.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(bytes).expect("a request is UTF-8"))
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .parse::<usize>()
            .ok()
    });
    body.len() >= length.unwrap_or(0)
}

fn sorted(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").expect("a request has a head");
    let (first, headers) = head.split_once("\r\n").expect("a request has headers");
    let mut headers: Vec<&str> = headers.lines().collect();
    headers.sort_unstable();
    format!("{first}\n{}\n\n{body}", headers.join("\n"))
}
