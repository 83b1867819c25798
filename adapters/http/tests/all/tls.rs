//! Whose certificates are believed.

use statewright_http::{HttpAdapter, HttpConfiguration};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::counterpart::{Counterpart, Play, json, within};
use crate::setting::{ScriptedLookup, clock, configuration, perform, ship};

const AUTHORITY: &[u8] = include_bytes!("../tls/authority.pem");

async fn check(host: &str, authorities: Option<&[u8]>, expected: &str, requests: usize) {
    let mut counterpart = Counterpart::playing_encrypted([Play::Close(json("200 OK", "1"))]).await;
    let url = format!("https://{host}:{}", counterpart.address.port());
    let configuration = HttpConfiguration {
        authorities: authorities.map(<[u8]>::to_vec),
        ..configuration(&url, ship())
    };
    let lookup = ScriptedLookup::answering(&["127.0.0.1"]);
    let adapter = HttpAdapter::with_lookup(&configuration, clock(), lookup).expect("the configuration is valid");
    let outcome = perform(&adapter, "{}").await;
    assert!(outcome.starts_with(expected), "{outcome}");
    assert_eq!(counterpart.requests_left(), requests);
}

#[tokio::test]
async fn a_configured_authority_is_believed() {
    check("design.example", Some(AUTHORITY), "result 1", 1).await;
}

#[tokio::test]
async fn a_certificate_of_another_name_is_not_believed() {
    check(
        "other.example",
        Some(AUTHORITY),
        "temporary not sent: no connection to other.example:",
        0,
    )
    .await;
}

#[tokio::test]
async fn an_authority_that_nobody_configured_is_not_believed() {
    check(
        "design.example",
        None,
        "temporary not sent: no connection to design.example:",
        0,
    )
    .await;
}

#[tokio::test]
async fn a_server_without_encryption_gets_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
    let address = listener.local_addr().expect("it is bound");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client comes");
        let mut greeting = [0; 64];
        stream.read_exact(&mut greeting).await.expect("the client greets");
        let answered = stream.write_all(json("200 OK", "1").as_bytes()).await;
        answered.expect("the client is there");
        greeting
    });
    let adapter = HttpAdapter::new(&configuration(&format!("https://{address}"), ship()), clock());
    let outcome = perform(&adapter.expect("the configuration is valid"), r#"{"order": "A-1"}"#).await;
    let expected = format!("temporary not sent: no connection to {address}: ");
    assert!(outcome.starts_with(&expected), "{outcome}");
    let greeting = within(server).await.expect("the server has not panicked");
    assert_eq!(greeting[0], 22, "what came is a handshake of TLS");
}
