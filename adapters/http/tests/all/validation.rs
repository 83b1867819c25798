//! What a configuration may not say.

use std::collections::BTreeMap;
use std::time::Duration;

use statewright_http::{
    ActionConfiguration, BodyFields, HttpAdapter, HttpConfiguration, Meaning, Method, Projection, RESPONSE_BYTES_MAX, Secret,
    TIMEOUT_MS_MAX,
};

use crate::setting::{clock, configuration, ship};

fn check(configuration: &HttpConfiguration, expected: &[&str]) {
    let problems = match HttpAdapter::new(configuration, clock()) {
        Ok(_) => Vec::new(),
        Err(invalid) => invalid.problems.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(problems, expected);
}

fn check_action(action: ActionConfiguration, expected: &[&str]) {
    check(&configuration("http://127.0.0.1:1", action), expected);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let configuration = HttpConfiguration {
        networks: vec!["10.0.0.0/8".into(), "lan".into()],
        authorities: Some(Vec::new()),
        connect_timeout: Duration::ZERO,
        ..HttpConfiguration::new("", "gopher://h")
    };
    check(
        &configuration,
        &[
            "name: a name has 1 to 128 letters, digits, `_` or `-`",
            "base_url: the scheme is `gopher`; it must be http or https",
            "actions: there is none, so that nothing could be performed",
            "networks[1]: `lan` is not a network; write it as `10.2.0.0/16` or `fd00::/8`",
            "authorities: there is no certificate in it; PEM has `-----BEGIN CERTIFICATE-----`",
            "connect_timeout: it is 0ns; it must be more than nothing, and 600 s at most",
        ],
    );
}

#[test]
fn an_address_out_of_reach_is_refused_however_it_is_written() {
    for (url, address) in [
        ("http://127.0.0.1", "127.0.0.1"),
        ("http://2130706433", "127.0.0.1"),
        ("http://0x7f.1", "127.0.0.1"),
        ("http://[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("http://[::1]:80", "::1"),
    ] {
        let configuration = HttpConfiguration {
            networks: Vec::new(),
            ..configuration(url, ship())
        };
        let expected = format!("base_url: {address} is a loopback address; if it is meant, name its network under `networks`");
        check(&configuration, &[&expected]);
    }
}

#[test]
fn headers_are_names_and_plain_values() {
    let headers = [
        ("X-Fine", "as it is"),
        ("Accept", "application/fhir+json"),
        ("User-Agent", "lab"),
        ("Bad Name", "1"),
        ("X-Bad", "a\r\nX-Evil: 1"),
        ("X-Tab", "a\tb"),
        ("X-Umlaut", "ü"),
        ("Host", "evil.example"),
        ("content-LENGTH", "0"),
        ("Idempotency-Key", "1"),
        ("authorization", "Bearer"),
        ("X-Twice", "1"),
    ];
    let action = ActionConfiguration {
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        secret_headers: BTreeMap::from([("x-twice".into(), Secret::new("2")), ("Cookie".into(), Secret::new("a=b"))]),
        ..ship()
    };
    let value = "its value has a character that may not stand in a header, such as the end of a line";
    let set = "the adapter and its connections set this header; leave it out";
    check_action(
        action,
        &[
            "actions.ship.headers.authorization: its value is a secret; it belongs under `secret_headers`, where nothing shows it",
            "actions.ship.secret_headers.x-twice: this header stands under `headers` as well",
            "actions.ship.headers.Bad Name: `Bad Name` is not the name of a header",
            &format!("actions.ship.headers.Host: {set}"),
            &format!("actions.ship.headers.Idempotency-Key: {set}"),
            &format!("actions.ship.headers.X-Bad: {value}"),
            &format!("actions.ship.headers.X-Tab: {value}"),
            &format!("actions.ship.headers.X-Umlaut: {value}"),
            &format!("actions.ship.headers.content-LENGTH: {set}"),
        ],
    );
}

#[test]
fn a_body_query_and_result_name_fields() {
    let action = ActionConfiguration {
        query: BTreeMap::from([("".into(), "a".into()), ("b".into(), "c d".into())]),
        body: BodyFields::Only(vec!["a".into(), "b c".into()]),
        result: Projection::Headers(BTreeMap::from([
            ("a b".into(), "Location".into()),
            ("c".into(), "No Name".into()),
        ])),
        ..ship()
    };
    check_action(
        action,
        &[
            "actions.ship.query: `: a` is not a parameter and the name of a field",
            "actions.ship.query: `b: c d` is not a parameter and the name of a field",
            "actions.ship.body: `b c` is not the name of a field",
            "actions.ship.result: `a b` is not the name of a field",
            "actions.ship.result: `No Name` is not the name of a header",
        ],
    );
    let get = ActionConfiguration {
        body: BodyFields::Rest,
        ..ActionConfiguration::new(Method::Get, "/")
    };
    check_action(
        get,
        &["actions.ship.body: a GET has no body; name its fields in `path` or `query`"],
    );
}

#[test]
fn limits_have_limits() {
    let action = |timeout_ms: u64, response_bytes_max: usize, status: u16| ActionConfiguration {
        timeout: Duration::from_millis(timeout_ms),
        response_bytes_max,
        statuses: BTreeMap::from([(status, Meaning::Refused)]),
        ..ship()
    };
    check_action(action(TIMEOUT_MS_MAX, RESPONSE_BYTES_MAX, 200), &[]);
    check_action(action(1, 1, 599), &[]);
    check_action(
        action(TIMEOUT_MS_MAX + 1, RESPONSE_BYTES_MAX + 1, 199),
        &[
            "actions.ship.statuses: 199 is not the status of an answer; those are 200 to 599",
            "actions.ship.timeout: it is 600.001s; it must be more than nothing, and 600 s at most",
            "actions.ship.response_bytes_max: it is 8388609; it must be 1 to 8388608",
        ],
    );
    check_action(
        action(0, 0, 600),
        &[
            "actions.ship.statuses: 600 is not the status of an answer; those are 200 to 599",
            "actions.ship.timeout: it is 0ns; it must be more than nothing, and 600 s at most",
            "actions.ship.response_bytes_max: it is 0; it must be 1 to 8388608",
        ],
    );
}

#[test]
fn a_name_and_a_path_are_checked_where_they_stand() {
    let configuration = HttpConfiguration {
        actions: BTreeMap::from([
            ("a b".into(), ship()),
            ("away".into(), ActionConfiguration::new(Method::Post, "//evil.example/{x}")),
        ]),
        ..configuration("https://design.example/v1", ship())
    };
    check(
        &configuration,
        &[
            "actions.a b: a name has 1 to 128 letters, digits, `_` or `-`",
            "actions.away.path: `//` is an empty segment",
        ],
    );
}
