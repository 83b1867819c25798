//! What a configuration file may say, and how it is told what it may not.

use super::*;

fn check(source: &str, expected: &str) {
    let found = match Configuration::parse("statewright.yaml", source) {
        Ok(_) => "usable".to_owned(),
        Err(failure) => {
            let shown = failure.notes.join("\n");
            let plain = anstream::adapter::strip_str(&shown).to_string();
            plain
                .lines()
                .filter(|line| line.contains("-->") || line.starts_with("error"))
                .collect::<Vec<_>>()
                .join("\n")
        }
    };
    assert_eq!(found, expected, "{source}");
}

#[test]
fn everything_may_be_left_out() {
    check("", "usable");
    check("# nothing yet\n", "usable");
}

#[test]
fn each_setting_is_read() {
    let source = "
listen: 127.0.0.1:9000
store: postgres://ann:secret@db/orders
zone: Europe/Berlin
behind_proxy: true
log: {format: json, level: debug}
limits: {queue: 10, batch: 5, committers: 2, lease: 90s}
files:
  largest: 1000
  pending: 3
  pending_bytes: 2000
  media_types: [text/plain, application/pdf]
  scan: {address: 'tcp:127.0.0.1:3310', connect_timeout: 1s, timeout: 10s, when_away: take}
x-note: ours
adapters:
  carrier:
    url: https://carrier.example/v1
    networks: [10.0.0.0/8]
    connect_timeout: 5s
    actions:
      ship:
        method: POST
        path: /orders/{order}/shipments
        query: {service: service}
        body: [address_ref]
        headers: {X-Site: north}
        statuses: {409: temporary}
        timeout: 10s
        response_bytes: 1000
";
    let configuration = Configuration::parse("statewright.yaml", source).expect("a usable configuration");
    assert_eq!(configuration.listen.map(|address| address.port()), Some(9000));
    assert_eq!(
        configuration.store.as_ref().map(ToString::to_string).as_deref(),
        Some("postgres://ann@db/orders")
    );
    let files = configuration.engine("node").files;
    let limits = (files.file_bytes_max, files.pending_files_max, files.pending_bytes_max);
    assert_eq!(limits, (1000, 3, 2000));
    assert_eq!(files.media_types.as_ref().map(Vec::len), Some(2));
    assert!(files.scanner.is_some());
    assert_eq!(files.when_away, statewright_engine::files::WhenAway::Take);
    assert!(configuration.behind_proxy);
    assert_eq!(configuration.log_format, LogFormat::Json);
    let engine = configuration.engine("node");
    assert_eq!(
        (&*engine.default_zone, engine.queue_max, engine.batch_max, engine.committers),
        ("Europe/Berlin", 10, 5, 2)
    );
    assert_eq!(engine.outbox_lease_ms, 90_000);
    let clock: Arc<dyn Clock> = Arc::new(statewright_engine::clock::WallClock::default());
    let adapters = configuration.adapters(Secrets::Needed, &clock).expect("usable adapters");
    assert!(
        adapters
            .get("carrier")
            .is_some_and(|carrier| carrier.has_action("ship") && !carrier.has_action("send"))
    );
}

#[test]
fn a_mail_server_is_read() {
    let source = "
mail:
  server: smtp.example
  port: 2525
  tls: implicit
  user: lab
  password: '${PATH}'
  from: lab@lab.example
  from_name: Prüflabor Nord
  links: https://lab.example/
  certificate_name: mail.example
  timeout: 5s
";
    let configuration = Configuration::parse("statewright.yaml", source).expect("a usable configuration");
    let mailing = configuration.mailing().expect("it can be used");
    let shown = format!("{mailing:?}");
    assert!(shown.contains("https://lab.example/instances/"), "{shown}");
    assert!(matches!(Configuration::default().mailing(), Ok(Mailing::Nowhere)));
    // the command line leaves mail to servers
    assert!(matches!(configuration.engine("node").mailing, Mailing::Elsewhere));
}

#[test]
fn a_mail_server_that_is_half_configured_is_refused() {
    check(
        "mail: {server: smtp.example}\n",
        "error[SW-2007]: `mail` has no `from`\n --> statewright.yaml:1:7\n\
         error[SW-2007]: `mail` has no `links`\n --> statewright.yaml:1:7",
    );
    let with = |more: &str| format!("mail: {{server: s.example, from: lab@lab.example, links: 'https://lab.example', {more}}}\n");
    check(&with("tls: none"), "usable");
    check(
        &with("user: lab"),
        "error[SW-2007]: `mail` has a `user` and no `password`\n --> statewright.yaml:1:7",
    );
    check(
        &with("user: lab, password: secret"),
        "error[SW-2007]: a password does not stand in the configuration\n --> statewright.yaml:1:101",
    );
    check(
        &with("tls: opportunistic, user: lab, password: '${P}'"),
        "error[SW-2007]: `mail` signs in, and its password would go in the clear\n --> statewright.yaml:1:7",
    );
    check(
        &with("tls: ssl, timeout: 0s"),
        "error[SW-2007]: `ssl` is not what `tls` asks for\n --> statewright.yaml:1:85\n\
         error[SW-2007]: `0s` is not what `timeout` asks for\n --> statewright.yaml:1:99",
    );
    let source = with("user: lab, password: '${STATEWRIGHT_TEST_NO_SUCH_SECRET}'");
    let configuration = Configuration::parse("statewright.yaml", &source).expect("a usable configuration");
    let missing = configuration.mailing().err().map(|failure| failure.code.clone());
    assert_eq!(missing.as_deref(), Some("SW-2008"));
}

#[test]
fn what_is_wrong_is_said_all_at_once_with_its_place() {
    check(
        "lisen: 127.0.0.1:1\nzone: Europe/Bonn\nlimits: {queue: 0}\n",
        "error[SW-0201]: unknown key `lisen`\n --> statewright.yaml:1:1\n\
         error[SW-2007]: `Europe/Bonn` is not what `zone` asks for\n --> statewright.yaml:2:7\n\
         error[SW-0203]: `0` is not a whole number from 1 to 1000000\n --> statewright.yaml:3:17",
    );
    check(
        "limits: {lease: 2s}\n",
        "error[SW-2007]: `2s` is not what `lease` asks for\n --> statewright.yaml:1:17",
    );
    check(
        "adapters:\n  carrier:\n    actions:\n      ship: {methd: POST}\n",
        "error[SW-2007]: the adapter `carrier` has no `url`\n --> statewright.yaml:2:3\n\
         error[SW-2007]: the action `ship` has no `path`\n --> statewright.yaml:4:7\n\
         error[SW-0201]: unknown key `methd`\n --> statewright.yaml:4:14",
    );
}

#[test]
fn a_secret_that_is_not_there_is_named_only_where_it_is_needed() {
    let source = "
adapters:
  carrier:
    url: https://carrier.example/v1
    actions:
      ship: {method: POST, path: /shipments, secrets: {Authorization: \"Bearer ${STATEWRIGHT_TEST_NO_SUCH_SECRET}\"}}
";
    let configuration = Configuration::parse("statewright.yaml", source).expect("a usable configuration");
    let clock: Arc<dyn Clock> = Arc::new(statewright_engine::clock::WallClock::default());
    let needed = configuration
        .adapters(Secrets::Needed, &clock)
        .err()
        .map(|failure| (failure.code.clone(), failure.sentence.clone()));
    let sentence = "The adapter `carrier` needs the environment variable `STATEWRIGHT_TEST_NO_SUCH_SECRET`";
    assert_eq!(needed, Some(("SW-2008".to_owned(), sentence.to_owned())));
    assert!(configuration.adapters(Secrets::Unused, &clock).is_ok());
}

#[test]
fn the_example_of_a_deployment_is_usable() {
    let example = include_str!("../../../examples/deployment/statewright.yaml");
    let configuration = Configuration::parse("statewright.yaml", example).expect("a usable configuration");
    let clock: Arc<dyn Clock> = Arc::new(statewright_engine::clock::WallClock::default());
    let adapters = configuration.adapters(Secrets::Needed, &clock).expect("usable adapters");
    assert_eq!(
        adapters.keys().map(|name| &**name).collect::<Vec<_>>(),
        ["carrier", "lens_design"]
    );
}

#[test]
fn a_scanner_needs_an_address_that_is_one() {
    let where_it_is = " --> statewright.yaml:1:";
    let check = |source: &str, message: &str| {
        let told = match Configuration::parse("statewright.yaml", source) {
            Ok(_) => String::new(),
            Err(failure) => anstream::adapter::strip_str(&failure.notes.join("\n")).to_string(),
        };
        assert!(told.contains(message) && told.contains(where_it_is), "{source}: {told}");
    };
    check("files: {scan: {when_away: take}}", "`scan` has no `address`");
    check(
        "files: {scan: {address: localhost}}",
        "`localhost` is not what `address` asks for",
    );
    check(
        "files: {scan: {address: 'unix:/x', when_away: maybe}}",
        "`maybe` is not what `when_away` asks for",
    );
    check(
        "files: {media_types: [text/html]}",
        "`text/html` is no media type that is known here",
    );
    check("files: {largest: 99999999999}", "99999999999");
    check("files: {bigest: 1}", "bigest");
}
