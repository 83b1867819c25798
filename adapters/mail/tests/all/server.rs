//! A mail server of a test's own. It is run where `STATEWRIGHT_TEST_SMTP` names a Python that has aiosmtpd.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use statewright_core::value::{Value, json};
use statewright_mail::{Encryption, Letter, Login, MailFailure, MailTransport, Password, Smtp, SmtpConfiguration};

pub const USER: &str = "statewright";
pub const PASSWORD: &str = "5f3759df";

pub struct Server {
    child: Child,
    told: BufReader<ChildStdout>,
    pub port: u16,
}

impl Server {
    /// None, and says so, where no program is named. `encryption` is what `server.py` calls it.
    pub fn start(encryption: &str, signs_in: bool) -> Option<Server> {
        #[allow(clippy::disallowed_methods)] // a test has no configuration
        let Ok(program) = std::env::var("STATEWRIGHT_TEST_SMTP") else {
            println!("skipped: STATEWRIGHT_TEST_SMTP names no Python with aiosmtpd");
            return None;
        };
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
        let files = ["server.py", "tls/server.pem", "tls/server.key"].map(|file| format!("{here}/{file}"));
        let login: &[&str] = if signs_in { &[USER, PASSWORD] } else { &[] };
        let [script, certificate, key] = &files;
        let mut child = Command::new(program)
            .args([script, encryption, certificate, key])
            .args(login)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("STATEWRIGHT_TEST_SMTP can be run");
        let mut told = BufReader::new(child.stdout.take().expect("it has an output"));
        let mut line = String::new();
        told.read_line(&mut line).expect("it says its port");
        let port = line.trim().parse().expect("it says its port");
        Some(Server { child, told, port })
    }

    /// The next mail that it took.
    pub fn taken(&mut self) -> Value {
        let mut line = String::new();
        self.told.read_line(&mut line).expect("it is there");
        json::read(line.trim()).expect("it writes JSON")
    }

    /// How many mails it took and nobody asked for, and the end of it.
    pub fn end(mut self) -> usize {
        drop(self.child.stdin.take());
        self.child.wait().expect("it is ours");
        self.told.by_ref().lines().count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn configuration(port: u16, encryption: Encryption) -> SmtpConfiguration {
    SmtpConfiguration {
        port,
        certificate_name: Some("mail.example".into()),
        authorities: Some(include_bytes!("../tls/authority.pem").to_vec()),
        from_name: Some("Prüflabor Nord".into()),
        timeout: Duration::from_secs(20),
        ..SmtpConfiguration::new("127.0.0.1", encryption, "lab@lab.example".parse().expect("it is one"))
    }
}

pub fn signing_in(port: u16, encryption: Encryption, password: &str) -> SmtpConfiguration {
    SmtpConfiguration {
        login: Some(Login {
            user: USER.into(),
            password: Password::new(password),
        }),
        ..configuration(port, encryption)
    }
}

pub fn letter(to: &str) -> Letter {
    Letter {
        id: Arc::from("0a1b-7-0.ada"),
        to: to.parse().expect("it is an address"),
        subject: "Auftrag A-1: Prüfung wartet".into(),
        body: format!(
            "Prüfung wartet\n.\n{}\nhttps://lab.example/instances/lens-order/A-1\n",
            "lang-".repeat(300)
        ),
    }
}

pub async fn send(configuration: &SmtpConfiguration, to: &str) -> Result<(), MailFailure> {
    let smtp = Smtp::new(configuration).expect("it can be used");
    smtp.send(&letter(to)).await
}
