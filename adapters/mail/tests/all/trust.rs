//! To whom a letter is given.

use statewright_mail::{Encryption, MailFailure, Smtp, SmtpConfiguration};

use crate::server::{PASSWORD, Server, configuration, send, signing_in};

async fn check(configuration: SmtpConfiguration, server: Server, taken: bool) {
    let sent = send(&configuration, "ada@lab.example").await;
    match taken {
        true => assert_eq!(sent, Ok(())),
        false => assert!(matches!(sent, Err(MailFailure::Temporary(_))), "{sent:?}"),
    }
    assert_eq!(server.end(), usize::from(taken));
}

#[tokio::test]
async fn a_server_without_encryption_gets_a_letter_only_where_that_was_said() {
    for (encryption, taken) in [
        (Encryption::Required, false),
        (Encryption::Implicit, false),
        (Encryption::Opportunistic, true),
        (Encryption::None, true),
    ] {
        let Some(server) = Server::start("none", false) else { return };
        let port = server.port;
        check(
            SmtpConfiguration {
                timeout: std::time::Duration::from_secs(5),
                ..configuration(port, encryption)
            },
            server,
            taken,
        )
        .await;
    }
}

#[tokio::test]
async fn a_server_that_offers_encryption_is_taken_up_on_it() {
    let Some(server) = Server::start("starttls", false) else {
        return;
    };
    check(configuration(server.port, Encryption::Opportunistic), server, true).await;
}

#[tokio::test]
async fn another_name_or_an_unknown_authority_gets_no_letter() {
    for encryption in [("starttls", Encryption::Required), ("implicit", Encryption::Implicit)] {
        let Some(server) = Server::start(encryption.0, false) else {
            return;
        };
        let mut other_name = configuration(server.port, encryption.1);
        other_name.certificate_name = Some("other.example".into());
        check(other_name, server, false).await;
        let Some(server) = Server::start(encryption.0, false) else {
            return;
        };
        let mut unknown = configuration(server.port, encryption.1);
        unknown.authorities = None;
        check(unknown, server, false).await;
    }
}

#[test]
fn a_password_never_goes_in_the_clear_and_is_never_shown() {
    for encryption in [Encryption::Opportunistic, Encryption::None] {
        let refused = Smtp::new(&signing_in(25, encryption, PASSWORD))
            .err()
            .map(|error| error.to_string());
        let why = "it signs in, and the password would go in the clear; let `tls` be `required` or `implicit`";
        assert_eq!(refused.as_deref(), Some(why));
    }
    let shown = format!("{:?}", signing_in(25, Encryption::Required, PASSWORD));
    assert!(!shown.contains(PASSWORD), "{shown}");
    let mut wrong = configuration(25, Encryption::Required);
    wrong.authorities = Some(b"no PEM".to_vec());
    assert!(Smtp::new(&wrong).is_err(), "authorities that cannot be read");
}
