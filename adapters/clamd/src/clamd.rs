//! Talking to clamd.

use std::time::Duration;

use async_trait::async_trait;
use statewright_engine::files::{Away, Scanner, Scanning, Verdict};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::address::Address;
use crate::answer;

/// Bytes of an answer that are read: a name, or an error's sentence.
const ANSWER_BYTES_MAX: u64 = 4 * 1024;

/// Asks for a scan of what follows in pieces; the answer ends with a NUL.
const COMMAND: &[u8] = b"zINSTREAM\0";

/// Ends the pieces: one of no bytes.
const END: [u8; 4] = [0; 4];

/// Bytes of the largest piece: its length goes before it in four bytes, and a chunk of a file is far below.
const PIECE_BYTES_MAX: usize = 1024 * 1024;

/// A scanner that listens somewhere.
#[derive(Clone, Debug)]
pub struct Clamd {
    pub address: Address,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long clamd may take for each piece, and for its answer.
    pub timeout: Duration,
}

trait Connection: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Connection for T {}

struct Stream {
    connection: Box<dyn Connection>,
    timeout: Duration,
}

#[async_trait]
impl Scanner for Clamd {
    async fn begin(&self) -> Result<Box<dyn Scanning>, Away> {
        let connected = timeout(self.connect_timeout, self.connect()).await;
        let connection = match connected {
            Ok(connected) => connected.map_err(|error| Away(format!("{}: {error}", self.address)))?,
            Err(_) => return Err(Away(format!("{}: no connection in time", self.address))),
        };
        let mut stream = Stream {
            connection,
            timeout: self.timeout,
        };
        stream.write(COMMAND).await?;
        Ok(Box::new(stream))
    }
}

impl Clamd {
    async fn connect(&self) -> std::io::Result<Box<dyn Connection>> {
        Ok(match &self.address {
            Address::Tcp(place) => Box::new(TcpStream::connect(place).await?),
            Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

#[async_trait]
impl Scanning for Stream {
    async fn feed(&mut self, bytes: &[u8]) -> Result<(), Away> {
        for piece in bytes.chunks(PIECE_BYTES_MAX) {
            // a piece of no bytes would end the file
            let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            self.write(&length.to_be_bytes()).await?;
            self.write(piece).await?;
        }
        Ok(())
    }

    async fn end(mut self: Box<Self>) -> Result<Verdict, Away> {
        self.write(&END).await?;
        let mut answer = Vec::new();
        let mut said = self.connection.take(ANSWER_BYTES_MAX);
        let read = said.read_to_end(&mut answer);
        match timeout(self.timeout, read).await {
            Ok(Ok(_)) => answer::read(&answer),
            Ok(Err(error)) => Err(Away(format!("clamd broke off: {error}"))),
            Err(_) => Err(Away("clamd gave no answer in time".into())),
        }
    }
}

impl Stream {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Away> {
        match timeout(self.timeout, self.connection.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Away(format!("clamd broke off: {error}"))),
            Err(_) => Err(Away("clamd took too long".into())),
        }
    }
}
