//! What comes of a letter.

use statewright_core::value::Value;
use statewright_mail::{Encryption, MailFailure};
use tokio::net::TcpListener;

use crate::server::{PASSWORD, Server, USER, configuration, letter, send, signing_in};

fn text<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    let found = path.iter().try_fold(value, |value, name| value.field(name));
    found.and_then(Value::as_text).unwrap_or_default()
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written_encrypted_and_signed_in() {
    for (name, encryption) in [("starttls", Encryption::Required), ("implicit", Encryption::Implicit)] {
        let Some(mut server) = Server::start(name, true) else { return };
        let sent = send(&signing_in(server.port, encryption, PASSWORD), "ada@lab.example").await;
        assert_eq!(sent, Ok(()), "{name}");
        let taken = server.taken();
        let written = letter("ada@lab.example");
        assert_eq!(text(&taken, &["headers", "subject"]), written.subject);
        assert_eq!(text(&taken, &["headers", "from"]), "Prüflabor Nord <lab@lab.example>");
        assert_eq!(text(&taken, &["headers", "to"]), "ada@lab.example");
        assert_eq!(text(&taken, &["headers", "message-id"]), "<0a1b-7-0.ada@lab.example>");
        assert_eq!(text(&taken, &["headers", "auto-submitted"]), "auto-generated");
        assert_eq!(text(&taken, &["body"]).trim_end(), written.body.trim_end());
        assert_eq!(text(&taken, &["user"]), USER);
        assert_eq!(taken.field("encrypted"), Some(&Value::Boolean(true)));
        assert_eq!(server.end(), 0);
    }
}

#[tokio::test]
async fn a_letter_that_is_sent_again_has_the_same_id() {
    let Some(mut server) = Server::start("starttls", true) else {
        return;
    };
    let configuration = signing_in(server.port, Encryption::Required, PASSWORD);
    for _ in 0..2 {
        assert_eq!(send(&configuration, "ada@lab.example").await, Ok(()));
    }
    let ids = [server.taken(), server.taken()].map(|taken| text(&taken, &["headers", "message-id"]).to_owned());
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn what_is_put_off_may_succeed_later() {
    let Some(mut server) = Server::start("starttls", true) else {
        return;
    };
    let configuration = signing_in(server.port, Encryption::Required, PASSWORD);
    let words = "the mail server does not take it now: 452 4.2.2 Mailbox full, try again later";
    assert_eq!(
        send(&configuration, "full@lab.example").await,
        Err(MailFailure::Temporary(words.into()))
    );
    assert_eq!(send(&configuration, "full@lab.example").await, Ok(()));
    assert_eq!(text(&server.taken(), &["headers", "to"]), "full@lab.example");
}

#[tokio::test]
async fn what_is_refused_says_why_and_not_to_whom() {
    let Some(server) = Server::start("starttls", true) else {
        return;
    };
    let configuration = signing_in(server.port, Encryption::Required, PASSWORD);
    let words = "the mail server refuses it: 550 5.1.1 (address) Recipient address rejected: no such user";
    assert_eq!(
        send(&configuration, "nobody@lab.example").await,
        Err(MailFailure::Refused(words.into()))
    );
    assert_eq!(server.end(), 0);
}

#[tokio::test]
async fn a_sign_in_that_is_not_taken_is_no_refusal_of_the_letter() {
    let Some(server) = Server::start("starttls", true) else {
        return;
    };
    let sent = send(&signing_in(server.port, Encryption::Required, "wrong"), "ada@lab.example").await;
    let Err(MailFailure::Temporary(words)) = sent else {
        panic!("{sent:?}")
    };
    assert!(words.starts_with("the mail server does not take the sign-in: 535"), "{words}");
    let sent = send(&configuration(server.port, Encryption::Required), "ada@lab.example").await;
    let Err(MailFailure::Temporary(words)) = sent else {
        panic!("{sent:?}")
    };
    assert!(words.starts_with("the mail server does not take the sign-in: 530"), "{words}");
    assert_eq!(server.end(), 0);
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_may_answer_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let mut configuration = configuration(port, Encryption::Required);
    configuration.timeout = std::time::Duration::from_millis(50);
    let sent = send(&configuration, "ada@lab.example").await;
    let Err(MailFailure::Temporary(words)) = sent else {
        panic!("{sent:?}")
    };
    assert!(words.contains("the mail server did not"), "{words}");
    drop(listener);
    let sent = send(&configuration, "ada@lab.example").await;
    let Err(MailFailure::Temporary(words)) = sent else {
        panic!("{sent:?}")
    };
    assert!(words.starts_with("the mail server cannot be reached: "), "{words}");
}
