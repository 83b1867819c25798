//! Which addresses are connected to.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use statewright_http::{HttpAdapter, HttpConfiguration, Lookup};

use crate::counterpart::{Counterpart, Play, json};
use crate::setting::{SOON, ScriptedLookup, clock, configuration, perform, ship};

fn looking_up(configuration: &HttpConfiguration, lookup: Arc<dyn Lookup>) -> HttpAdapter {
    HttpAdapter::with_lookup(configuration, clock(), lookup).expect("the configuration is valid")
}

/// An adapter for a name, which may only connect to 127.0.0.1.
fn named(counterpart: &Counterpart, lookup: Arc<dyn Lookup>) -> HttpAdapter {
    let url = format!("http://design.example:{}", counterpart.address.port());
    let configuration = HttpConfiguration {
        networks: vec!["127.0.0.1".into()],
        ..configuration(&url, ship())
    };
    looking_up(&configuration, lookup)
}

fn ones(count: usize) -> Vec<Play> {
    (0..count).map(|_| Play::Close(json("200 OK", "1"))).collect()
}

#[tokio::test]
async fn a_name_may_only_lead_where_the_configuration_allows() {
    let counterpart = Counterpart::playing([]).await;
    let allow = "if it is meant, name its network under `networks`";
    for (addresses, expected) in [
        ("127.0.0.2", "127.0.0.2 is a loopback address"),
        ("10.0.0.5 127.0.0.2", "10.0.0.5 is in a private network"),
        ("169.254.169.254", "169.254.169.254 is a link-local address"),
        ("::ffff:127.0.0.2", "::ffff:127.0.0.2 is a loopback address"),
        ("::1", "::1 is a loopback address"),
        ("fe80::1", "fe80::1 is a link-local address"),
        ("0.0.0.0", "0.0.0.0 is of this host itself"),
    ] {
        let adapter = named(&counterpart, ScriptedLookup::answering(&[addresses]));
        assert_eq!(
            perform(&adapter, "{}").await,
            format!("refused not sent: `design.example` may not be connected to: {expected}; {allow} null")
        );
    }
    assert_eq!(counterpart.connections(), 0);
}

#[tokio::test]
async fn of_several_addresses_only_those_allowed_are_tried() {
    let counterpart = Counterpart::playing(ones(1)).await;
    let lookup = ScriptedLookup::answering(&["127.0.0.2 10.0.0.5 127.0.0.1 ::1"]);
    let adapter = named(&counterpart, lookup.clone());
    assert_eq!(perform(&adapter, "{}").await, "result 1");
    assert_eq!(lookup.asked(), ["design.example"]);
}

#[tokio::test]
async fn an_ipv4_address_written_as_ipv6_is_allowed_as_what_it_is() {
    let counterpart = Counterpart::playing(ones(1)).await;
    let adapter = named(&counterpart, ScriptedLookup::answering(&["::ffff:127.0.0.1"]));
    assert_eq!(perform(&adapter, "{}").await, "result 1");
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_the_next_time_gains_nothing() {
    let counterpart = Counterpart::playing(ones(3)).await;
    let lookup = ScriptedLookup::answering(&["127.0.0.1", "127.0.0.2", "127.0.0.1"]);
    let adapter = named(&counterpart, lookup.clone());
    assert_eq!(perform(&adapter, "{}").await, "result 1");
    assert_eq!(
        lookup.asked().len(),
        1,
        "what was checked is what is connected to: nobody asks again"
    );
    let outcome = perform(&adapter, "{}").await;
    assert!(
        outcome.starts_with("refused not sent: `design.example` may not be connected to: 127.0.0.2"),
        "{outcome}"
    );
    assert_eq!(perform(&adapter, "{}").await, "result 1");
    assert_eq!((lookup.asked().len(), counterpart.connections()), (3, 2));
}

#[tokio::test]
async fn a_name_that_is_not_known_is_temporary() {
    let counterpart = Counterpart::playing([]).await;
    let start = format!(
        "temporary not sent: no connection to design.example:{}",
        counterpart.address.port()
    );
    let unknown = named(&counterpart, ScriptedLookup::answering(&[]));
    assert_eq!(perform(&unknown, "{}").await, format!("{start}: no such host"));
    let empty = named(&counterpart, Arc::new(Nowhere));
    assert_eq!(perform(&empty, "{}").await, format!("{start}: the name has no address"));
}

#[tokio::test]
async fn a_lookup_that_does_not_end_is_left() {
    let counterpart = Counterpart::playing([]).await;
    let url = format!("http://design.example:{}", counterpart.address.port());
    let configuration = HttpConfiguration {
        connect_timeout: SOON,
        ..configuration(&url, ship())
    };
    let adapter = looking_up(&configuration, Arc::new(Silent));
    assert_eq!(
        perform(&adapter, "{}").await,
        format!(
            "temporary not sent: no connection to design.example:{} in time",
            counterpart.address.port()
        )
    );
}

#[tokio::test]
async fn the_operating_system_knows_this_machine() {
    let counterpart = Counterpart::playing(ones(1)).await;
    let url = format!("http://localhost:{}", counterpart.address.port());
    let allowed = HttpConfiguration {
        networks: vec!["127.0.0.0/8".into(), "::1".into()],
        ..configuration(&url, ship())
    };
    let adapter = HttpAdapter::new(&allowed, clock()).expect("the configuration is valid");
    assert_eq!(perform(&adapter, "{}").await, "result 1");
    let by_default = HttpConfiguration {
        networks: Vec::new(),
        ..allowed
    };
    let adapter = HttpAdapter::new(&by_default, clock()).expect("the configuration is valid");
    let outcome = perform(&adapter, "{}").await;
    assert!(
        outcome.starts_with("refused not sent: `localhost` may not be connected to: "),
        "{outcome}"
    );
    assert_eq!(counterpart.connections(), 1);
}

/// A name without addresses.
struct Nowhere;

#[async_trait]
impl Lookup for Nowhere {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(Vec::new())
    }
}

/// A lookup that is never answered.
struct Silent;

#[async_trait]
impl Lookup for Silent {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}
