//! A letter on its way to the server.

use std::time::Duration;

use async_trait::async_trait;
use lettre::address::{Address, AddressError};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use statewright_engine::mail::{Letter, MailAddress, MailFailure, MailTransport};

use crate::configuration::{Encryption, SmtpConfiguration, Unusable};
use crate::words::shown;

/// A letter takes a handful of answers; a server that draws all of them out is given up all the same.
const ANSWERS_MAX: u32 = 4;

/// Answers that say something of who sends, not of the letter: a sign-in is missing, too weak or not taken. Whoever runs this mends it, and the
/// letter may go then.
const SIGN_IN: [u16; 4] = [530, 534, 535, 538];

/// Tells programs that answer by themselves, such as absences, not to answer this. (RFC 3834)
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// How a certificate begins in PEM.
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// One mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
    whole: Duration,
    timeout: Duration,
}

impl Smtp {
    /// Nothing is connected to yet.
    ///
    /// # Errors
    /// The authorities cannot be read, or a sign-in would go in the clear.
    pub fn new(configuration: &SmtpConfiguration) -> Result<Self, Unusable> {
        let signs_in_the_clear = matches!(configuration.encryption, Encryption::Opportunistic | Encryption::None);
        if configuration.login.is_some() && signs_in_the_clear {
            let why = "it signs in, and the password would go in the clear; let `tls` be `required` or `implicit`";
            return Err(Unusable(why.into()));
        }
        let domain = configuration.from.domain().to_owned();
        let address = address(&configuration.from).map_err(|error| Unusable(format!("`from` cannot be written to: {error}")))?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(configuration.host.clone())
            .port(configuration.port)
            .tls(tls(configuration)?)
            .hello_name(ClientId::Domain(domain.clone()))
            .timeout(Some(configuration.timeout));
        if let Some(login) = &configuration.login {
            let password = login.password.reveal().to_owned();
            builder = builder.credentials(Credentials::new(login.user.clone(), password));
        }
        Ok(Smtp {
            transport: builder.build(),
            from: Mailbox::new(configuration.from_name.clone(), address),
            domain,
            whole: configuration.timeout.saturating_mul(ANSWERS_MAX),
            timeout: configuration.timeout,
        })
    }

    fn message(&self, letter: &Letter) -> Result<Message, MailFailure> {
        let unsendable = |why: String| MailFailure::Refused(format!("the letter cannot be written: {why}"));
        let to = address(&letter.to).map_err(|error| unsendable(error.to_string()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{}@{}>", letter.id, self.domain)))
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body.clone());
        message.map_err(|error| unsendable(shown(&error.to_string())))
    }
}

#[async_trait]
impl MailTransport for Smtp {
    async fn send(&self, letter: &Letter) -> Result<(), MailFailure> {
        let message = self.message(letter)?;
        match tokio::time::timeout(self.whole, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(meaning(&error)),
            Err(_) => {
                let seconds = self.timeout.as_secs();
                Err(MailFailure::Temporary(format!(
                    "the mail server did not come to an end; each of its answers has {seconds} s"
                )))
            }
        }
    }
}

fn address(address: &MailAddress) -> Result<Address, AddressError> {
    address.as_str().parse()
}

fn tls(configuration: &SmtpConfiguration) -> Result<Tls, Unusable> {
    if configuration.encryption == Encryption::None {
        return Ok(Tls::None);
    }
    let name = configuration.certificate_name.as_ref().unwrap_or(&configuration.host);
    let roots = match &configuration.authorities {
        Some(pem) => vec![authorities(pem)?],
        None => public_web()?,
    };
    let parameters = TlsParameters::builder(name.clone()).certificate_store(CertificateStore::None);
    let parameters = roots
        .into_iter()
        .fold(parameters, TlsParametersBuilder::add_root_certificate)
        .build();
    let parameters = parameters.map_err(|error| Unusable(format!("TLS cannot be set up: {error}")))?;
    Ok(match configuration.encryption {
        Encryption::Implicit => Tls::Wrapper(parameters),
        Encryption::Required => Tls::Required(parameters),
        Encryption::Opportunistic => Tls::Opportunistic(parameters),
        Encryption::None => Tls::None,
    })
}

/// The same authorities that effects over HTTP believe, and not those of the machine.
fn public_web() -> Result<Vec<Certificate>, Unusable> {
    let listed = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let certificates = listed.map(|certificate| Certificate::from_der(certificate.to_vec()));
    certificates
        .collect::<Result<_, _>>()
        .map_err(|error| Unusable(format!("the authorities of the public web cannot be read: {error}")))
}

fn authorities(pem: &[u8]) -> Result<Certificate, Unusable> {
    // The library takes a text without any for none.
    if !pem.windows(CERTIFICATE.len()).any(|window| window == CERTIFICATE) {
        let why = "there is no certificate among the authorities; PEM has `-----BEGIN CERTIFICATE-----`";
        return Err(Unusable(why.into()));
    }
    Certificate::from_pem(pem).map_err(|error| Unusable(format!("the authorities cannot be read as PEM: {error}")))
}

/// Refused is only what the server refused of this letter; all else may pass.
fn meaning(error: &Error) -> MailFailure {
    let words = shown(&source_words(error));
    match error.status().map(u16::from) {
        Some(code) if SIGN_IN.contains(&code) => {
            MailFailure::Temporary(format!("the mail server does not take the sign-in: {code} {words}"))
        }
        Some(code) if error.is_permanent() => MailFailure::Refused(format!("the mail server refuses it: {code} {words}")),
        Some(code) => MailFailure::Temporary(format!("the mail server does not take it now: {code} {words}")),
        None if error.is_timeout() => MailFailure::Temporary("the mail server did not answer in time".into()),
        None => MailFailure::Temporary(format!("the mail server cannot be reached: {}", shown(&whole_words(error)))),
    }
}

/// What the server said, without the library's own words before it.
fn source_words(error: &Error) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

fn whole_words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = error.source();
    }
    words
}
