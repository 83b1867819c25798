//! The server through which mail goes out, and where its links lead.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use statewright_core::diagnostic::{Code, Diagnostics};
use statewright_core::yaml::Node;
use statewright_engine::mail::{MailConfig, Mailing};
use statewright_mail::{Encryption, Login, MailAddress, Password, Smtp, SmtpConfiguration};

use super::adapter::filled;
use super::section::Section;
use super::{exact, unusable};
use crate::failure::Failure;

/// Where instances have their pages, behind the address at which people reach the server.
const INSTANCES: &str = "/instances/";

#[derive(Debug)]
pub struct MailSettings {
    smtp: SmtpConfiguration,
    /// PEM of the authorities that are believed.
    authorities: Option<PathBuf>,
    /// Who signs in, and the text with `${VARIABLE}` in it.
    login: Option<(String, String)>,
    /// Where people reach the server, without a slash at its end.
    links: String,
}

impl MailSettings {
    /// None, with what is wrong or missing among the problems.
    pub fn take(node: &Node, problems: &mut Diagnostics) -> Option<Self> {
        let mut section = Section::of(node, "`mail`", problems)?;
        let before = problems.errors();
        let host = section.text("server", problems).map(|host| host.text.to_string());
        let address = |text: &str| text.parse::<MailAddress>().ok();
        let from = section.parsed("from", "an address such as `lab@lab.example`", address, problems);
        let links = section.parsed("links", "an address such as `https://lab.example`", links, problems);
        if problems.errors() == before {
            for (key, is_there) in [
                ("server", host.is_some()),
                ("from", from.is_some()),
                ("links", links.is_some()),
            ] {
                if !is_there {
                    problems.push(unusable(node.span, format!("`mail` has no `{key}`")));
                }
            }
        }
        let encryption = section.parsed(
            "tls",
            "`required`, `implicit`, `opportunistic` or `none`",
            encryption,
            problems,
        );
        let port = section.count("port", 1..=i64::from(u16::MAX), problems);
        let certificate_name = section.text("certificate_name", problems).map(|name| name.text.to_string());
        let authorities = section.text("authorities", problems).map(|path| PathBuf::from(&*path.text));
        let from_name = section.text("from_name", problems).map(|name| name.text.to_string());
        let timeout = section.parsed("timeout", "a duration such as `20s`, above none", timeout, problems);
        let login = login(&mut section, node, problems);
        section.finish(problems);
        let mut smtp = SmtpConfiguration::new(host?, encryption.unwrap_or_default(), from?);
        smtp.port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(smtp.port);
        smtp.timeout = timeout.unwrap_or(smtp.timeout);
        (smtp.certificate_name, smtp.from_name) = (certificate_name, from_name);
        if login.is_some() && matches!(smtp.encryption, Encryption::Opportunistic | Encryption::None) {
            let problem = unusable(node.span, "`mail` signs in, and its password would go in the clear");
            problems.push(problem.help("let `tls` be `required` or `implicit`"));
        }
        Some(MailSettings {
            smtp,
            authorities,
            login,
            links: links?,
        })
    }

    /// Makes what sends.
    ///
    /// # Errors
    /// The password is not in the environment, a file cannot be read, or TLS cannot be set up.
    pub fn connect(&self, environment: &dyn Fn(&str) -> Option<String>) -> Result<Mailing, Failure> {
        let mut smtp = self.smtp.clone();
        if let Some(path) = &self.authorities {
            let pem = std::fs::read(path).map_err(|error| Failure::unreadable(&path.display().to_string(), error))?;
            smtp.authorities = Some(pem);
        }
        if let Some((user, text)) = &self.login {
            let password = filled(text, environment).map_err(|variable| missing(&variable))?;
            smtp.login = Some(Login {
                user: user.clone(),
                password: Password::new(password),
            });
        }
        let transport = Smtp::new(&smtp).map_err(|why| {
            Failure::misused(Code::SettingUnusable, format!("The mail server cannot be used: {why}"))
                .hint("Mend `mail` in the configuration; nothing was started")
        })?;
        Ok(Mailing::By(Arc::new(MailConfig {
            transport: Arc::new(transport),
            instances_url: format!("{}{INSTANCES}", self.links).into(),
        })))
    }
}

/// Both or neither, and the password from the environment.
fn login(section: &mut Section<'_>, node: &Node, problems: &mut Diagnostics) -> Option<(String, String)> {
    let user = section.text("user", problems).map(|user| user.text.to_string());
    let password = section.text("password", problems);
    if let Some(password) = password.filter(|password| !password.text.contains("${")) {
        let problem = unusable(password.span, "a password does not stand in the configuration");
        problems.push(problem.help("write `password: ${VARIABLE}`, and set that variable for the server"));
    }
    match (user, password) {
        (Some(user), Some(password)) => Some((user, password.text.to_string())),
        (None, None) => None,
        (Some(_), None) => {
            problems.push(unusable(node.span, "`mail` has a `user` and no `password`"));
            None
        }
        (None, Some(_)) => {
            problems.push(unusable(node.span, "`mail` has a `password` and no `user`"));
            None
        }
    }
}

fn encryption(text: &str) -> Option<Encryption> {
    match text {
        "required" => Some(Encryption::Required),
        "implicit" => Some(Encryption::Implicit),
        "opportunistic" => Some(Encryption::Opportunistic),
        "none" => Some(Encryption::None),
        _ => None,
    }
}

fn links(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let is_plain = text.chars().all(|character| character.is_ascii_graphic()) && !text.contains(['?', '#', '@']);
    (!host.is_empty() && is_plain).then(|| text.trim_end_matches('/').to_owned())
}

fn timeout(text: &str) -> Option<Duration> {
    exact(text).filter(|timeout| !timeout.is_zero())
}

fn missing(variable: &str) -> Failure {
    Failure::misused(
        Code::SecretMissing,
        format!("The mail server needs the environment variable `{variable}`"),
    )
    .hint("Set it for this process; a secret never stands in the configuration itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_where_people_reach_the_server() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(links(text).as_deref(), expected, "{text}");
        check("https://lab.example", Some("https://lab.example"));
        check("https://lab.example/orders/", Some("https://lab.example/orders"));
        check("http://127.0.0.1:8620", Some("http://127.0.0.1:8620"));
        check("lab.example", None);
        check("https://", None);
        check("https://ada:secret@lab.example", None);
        check("https://lab.example?a=b", None);
        check("https://lab.example\nBcc: x", None);
    }
}
