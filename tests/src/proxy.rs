//! A network of a test's own between a server and PostgreSQL: it is cut, refuses, drags, holds back, and loses answers when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::wait;

/// What is passed on at once. Small, so that something slow is slow in steps.
const CHUNK_BYTES: usize = 16 * 1024;

/// A request that is longer is one that writes: whoever only looks asks in fewer bytes.
const WRITING_BYTES_MIN: usize = 1_024;

/// How the network is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// New connections are closed at once; those that are there stay.
    pub refusing: bool,
    /// Nothing goes through, and nobody is told.
    pub held: bool,
    /// Before each chunk.
    pub delay_ms: u64,
    /// Bytes that go through in a millisecond, each way of each connection; 0: as many as come.
    pub bytes_in_ms: u64,
}

/// Listens on a port of its own and passes on to PostgreSQL. Ends with its owner.
pub struct Proxy {
    url: String,
    line: Arc<Line>,
    listening: JoinHandle<()>,
}

struct Line {
    /// `HOST:PORT` of PostgreSQL.
    to: String,
    weather: watch::Sender<Weather>,
    /// How often everything was cut: each connection goes when that changes.
    cuts: watch::Sender<u32>,
    /// Answers still to be lost, and those that were.
    to_lose: AtomicU32,
    lost: AtomicU32,
}

impl Proxy {
    /// In front of the database that `url` names.
    ///
    /// # Panics
    /// Where no port is free, or the URL is none of a database over TCP.
    pub async fn start(url: &str) -> Proxy {
        let (user, rest) = url.rsplit_once('@').expect("a URL names a user before its @");
        let (to, database) = rest.split_once('/').expect("a URL names a database behind its server");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let here = listener.local_addr().expect("a listener has an address");
        let line = Arc::new(Line {
            to: to.to_owned(),
            weather: watch::Sender::new(Weather::default()),
            cuts: watch::Sender::new(0),
            to_lose: AtomicU32::new(0),
            lost: AtomicU32::new(0),
        });
        let listening = tokio::spawn(listen(listener, line.clone()));
        Proxy {
            url: format!("{user}@{here}/{database}"),
            line,
            listening,
        }
    }

    /// The database's, through here.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn weather(&self) -> Weather {
        *self.line.weather.borrow()
    }

    pub fn set(&self, weather: Weather) {
        self.line.weather.send_replace(weather);
    }

    /// Ends every connection there is.
    pub fn cut(&self) {
        self.line.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Of the next so many requests that write, the answers are kept back and their connections end: what was asked for is done, and nobody
    /// is told.
    pub fn lose_answers(&self, count: u32) {
        self.line.to_lose.fetch_add(count, Ordering::Relaxed);
    }

    /// Loses no more.
    pub fn lose_no_more(&self) {
        self.line.to_lose.store(0, Ordering::Relaxed);
    }

    /// How many answers were lost.
    pub fn lost(&self) -> u32 {
        self.line.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

async fn listen(listener: TcpListener, line: Arc<Line>) {
    while let Ok((client, _)) = listener.accept().await {
        if !line.weather.borrow().refusing {
            tokio::spawn(serve(client, line.clone()));
        }
    }
}

/// One connection, until either side ends it or it is cut.
async fn serve(client: TcpStream, line: Arc<Line>) {
    let mut cuts = line.cuts.subscribe();
    let passed = async {
        let Ok(server) = TcpStream::connect(&line.to).await else {
            return;
        };
        for stream in [&client, &server] {
            // As the driver does: what is held back here is held back on purpose.
            let _ = stream.set_nodelay(true);
        }
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let losing = watch::Sender::new(false);
        tokio::select! {
            () = ask(from_client, to_server, &line, &losing) => {}
            () = answer(from_server, to_client, &line, &losing) => {}
        }
    };
    tokio::select! {
        () = passed => {}
        _ = cuts.changed() => {}
    }
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, line: &Line, losing: &watch::Sender<bool>) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        line.endure(length).await;
        if length >= WRITING_BYTES_MIN && line.takes_one_to_lose() {
            losing.send_replace(true);
        }
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, line: &Line, losing: &watch::Sender<bool>) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        if *losing.borrow() {
            line.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        line.endure(length).await;
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}

impl Line {
    /// As long as a chunk takes in the weather that it meets.
    async fn endure(&self, length: usize) {
        let mut weather = self.weather.subscribe();
        // The line itself holds the sender, so that this ends only when nothing is held any more.
        let _ = weather.wait_for(|weather| !weather.held).await;
        let Weather {
            delay_ms, bytes_in_ms, ..
        } = *weather.borrow();
        let dragging_ms = (length as u64).checked_div(bytes_in_ms).unwrap_or(0);
        if delay_ms + dragging_ms > 0 {
            wait::distance(delay_ms + dragging_ms).await;
        }
    }

    fn takes_one_to_lose(&self) -> bool {
        let taken = self
            .to_lose
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers whatever it is sent with the same.
    async fn echo() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let here = listener.local_addr().expect("a listener has an address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        format!("postgres://nobody@{here}/none")
    }

    async fn connect(proxy: &Proxy) -> TcpStream {
        let (_, rest) = proxy.url().rsplit_once('@').expect("a URL names a user");
        let (to, _) = rest.split_once('/').expect("a URL names a database");
        TcpStream::connect(to).await.expect("the proxy listens")
    }

    /// None: the connection has ended.
    async fn exchange(stream: &mut TcpStream, length: usize) -> Option<()> {
        stream.write_all(&vec![7; length]).await.ok()?;
        stream.read_exact(&mut vec![0; length]).await.ok().map(|_| ())
    }

    #[tokio::test]
    async fn it_passes_on_until_it_is_cut_and_refuses_while_it_is_told_to() {
        let proxy = Proxy::start(&echo().await).await;
        let mut stream = connect(&proxy).await;
        assert_eq!(exchange(&mut stream, 100).await, Some(()));
        proxy.cut();
        assert_eq!(exchange(&mut stream, 100).await, None);
        proxy.set(Weather {
            refusing: true,
            ..Weather::default()
        });
        assert_eq!(exchange(&mut connect(&proxy).await, 100).await, None);
        proxy.set(Weather {
            delay_ms: 1,
            bytes_in_ms: 50,
            ..Weather::default()
        });
        assert_eq!(exchange(&mut connect(&proxy).await, 100).await, Some(()));
    }

    #[tokio::test]
    async fn it_loses_the_answer_to_what_is_written_and_holds_back_until_it_is_told_otherwise() {
        let proxy = Proxy::start(&echo().await).await;
        proxy.lose_answers(1);
        let mut stream = connect(&proxy).await;
        assert_eq!(exchange(&mut stream, 100).await, Some(()));
        assert_eq!((exchange(&mut stream, WRITING_BYTES_MIN).await, proxy.lost()), (None, 1));

        proxy.set(Weather {
            held: true,
            ..Weather::default()
        });
        let mut stream = connect(&proxy).await;
        let held = tokio::spawn(async move { exchange(&mut stream, 100).await });
        wait::distance(20).await;
        assert!(!held.is_finished());
        proxy.set(Weather::default());
        assert_eq!(held.await.expect("nobody panics"), Some(()));
    }
}
