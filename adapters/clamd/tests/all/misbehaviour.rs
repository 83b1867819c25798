//! Whatever the other side does, it is told in time, and never "clean".

use std::time::Duration;

use statewright_clamd::{Address, Clamd, Scanner};
use statewright_engine::files::{Away, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the other side does with a connection.
enum Behaviour {
    /// Closes it at once.
    Closes,
    /// Reads everything and says nothing.
    Silent,
    /// Reads nothing, and keeps it open.
    Deaf,
    /// Answers this, and closes.
    Says(&'static [u8]),
}

async fn serve(listener: TcpListener, behaviour: Behaviour) {
    let Ok((mut stream, _)) = listener.accept().await else {
        return;
    };
    match behaviour {
        Behaviour::Closes => {}
        Behaviour::Silent => read_all(&mut stream).await,
        Behaviour::Deaf => std::future::pending().await,
        Behaviour::Says(words) => {
            let mut seen = Vec::new();
            let mut byte = [0];
            // until the piece of no bytes
            while !seen.ends_with(b"\0\0\0\x04text\0\0\0\0") {
                stream.read_exact(&mut byte).await.expect("all of it comes");
                seen.push(byte[0]);
            }
            assert!(seen.starts_with(b"zINSTREAM\0"), "{seen:?}");
            stream.write_all(words).await.expect("it is read");
        }
    }
}

async fn read_all(stream: &mut TcpStream) {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
    std::future::pending().await
}

async fn scan(behaviour: Behaviour, bytes: &[u8]) -> Result<Verdict, Away> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    let serving = tokio::spawn(serve(listener, behaviour));
    let clamd = Clamd {
        address: Address::Tcp(address.to_string()),
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_millis(200),
    };
    let scanned = async {
        let mut scanning = clamd.begin().await?;
        scanning.feed(bytes).await?;
        scanning.end().await
    };
    let scanned = scanned.await;
    serving.abort();
    scanned
}

#[tokio::test]
async fn what_is_no_verdict_is_away() {
    assert_eq!(scan(Behaviour::Says(b"stream: OK\0"), b"text").await, Ok(Verdict::Clean));
    let infected = Ok(Verdict::Infected { found: "X".into() });
    assert_eq!(scan(Behaviour::Says(b"stream: X FOUND\0"), b"text").await, infected);
    for behaviour in [
        Behaviour::Closes,
        Behaviour::Silent,
        Behaviour::Says(b""),
        Behaviour::Says(b"stream: OK ERROR\0"),
        Behaviour::Says(b"UNKNOWN COMMAND\0"),
    ] {
        let scanned = scan(behaviour, b"text").await;
        assert!(scanned.is_err(), "{scanned:?}");
    }
}

#[tokio::test]
async fn one_that_takes_nothing_is_given_up() {
    // more than any socket holds
    let scanned = scan(Behaviour::Deaf, &vec![b'x'; 64 * 1024 * 1024]).await;
    assert_eq!(scanned, Err(Away("clamd took too long".into())));
}

#[tokio::test]
async fn nobody_there_is_away() {
    for address in ["tcp:127.0.0.1:1", "unix:/nowhere/clamd.ctl"] {
        let clamd = Clamd {
            address: address.parse().expect("it is an address"),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(5),
        };
        assert!(clamd.begin().await.is_err(), "{address}");
    }
}
