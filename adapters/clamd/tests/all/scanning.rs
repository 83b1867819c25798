//! A real clamd finds what does harm, wherever the pieces are cut, and nothing else.

use std::time::Duration;

use statewright_clamd::{Address, Clamd, Scanner};
use statewright_engine::files::{Away, Verdict};

use crate::daemon::{Daemon, HARM, NAME};

fn clamd(address: Address) -> Clamd {
    Clamd {
        address,
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(30),
    }
}

async fn scan(clamd: &Clamd, pieces: &[&[u8]]) -> Result<Verdict, Away> {
    let mut scanning = clamd.begin().await?;
    for piece in pieces {
        scanning.feed(piece).await?;
    }
    scanning.end().await
}

#[tokio::test]
async fn what_does_harm_is_found_over_both_kinds_of_socket() {
    let Some(daemon) = Daemon::start() else { return };
    let infected = Ok(Verdict::Infected { found: NAME.into() });
    for address in [daemon.unix(), daemon.tcp()] {
        let clamd = clamd(address);
        assert_eq!(scan(&clamd, &[b"a harmless text"]).await, Ok(Verdict::Clean));
        assert_eq!(scan(&clamd, &[HARM]).await, infected);
        let (first, second) = HARM.split_at(20);
        assert_eq!(scan(&clamd, &[first, b"", second]).await, infected, "in two pieces");
        let around = [b"before ".as_slice(), HARM, b" after"].concat();
        assert_eq!(scan(&clamd, &[&around]).await, infected);
        assert_eq!(scan(&clamd, &[first]).await, Ok(Verdict::Clean));
    }
}

#[tokio::test]
async fn what_it_cannot_look_at_is_not_clean() {
    let Some(daemon) = Daemon::start() else { return };
    let more_than_it_takes = vec![b'x'; 2 * 1024 * 1024];
    let scanned = scan(&clamd(daemon.unix()), &[&more_than_it_takes]).await;
    assert!(scanned.is_err(), "{scanned:?}");
}

#[tokio::test]
async fn one_that_has_ended_is_away() {
    let Some(mut daemon) = Daemon::start() else { return };
    let clamd = clamd(daemon.tcp());
    assert_eq!(scan(&clamd, &[b"text"]).await, Ok(Verdict::Clean));
    daemon.stop();
    assert!(scan(&clamd, &[b"text"]).await.is_err());
}
