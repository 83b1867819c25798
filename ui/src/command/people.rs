//! `people`: who works here.

use std::io::{BufRead, BufReader, Read};

use axum::http::Method;
use clap::Subcommand;
use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::{Exit, Failure};
use crate::json::{member, member_items, member_texts, present, text_or_null, texts};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct People {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List who is in the directory
    List,
    /// Put somebody into the directory, or change who they are: what is left out is not theirs any more
    Put(Put),
    /// Say when somebody is away: they are given no task, and who stands in for them acts with `--for`
    Away {
        /// The user's id
        user: String,
        /// From this moment; without it, from now on
        #[arg(long, value_name = "MOMENT")]
        from: Option<String>,
        /// Until this moment; without it, until they are back
        #[arg(long, value_name = "MOMENT")]
        until: Option<String>,
        /// Who stands in for them
        #[arg(long, value_name = "USER")]
        substitute: Option<String>,
    },
    /// Say that somebody is back
    Back {
        /// The user's id
        user: String,
    },
    /// Give somebody a password for once: shown once, and to be changed when they first sign in, within a week
    Password {
        /// The user's id
        user: String,
        /// Take the first line of standard input instead of making one
        #[arg(long)]
        stdin: bool,
    },
    /// Let somebody who failed too often try again at once
    Unlock {
        /// The user's id
        user: String,
    },
    /// List where somebody is signed in
    Sessions {
        /// The user's id
        user: String,
        /// End all of them
        #[arg(long)]
        end: bool,
    },
    /// Take somebody's second factor away, because its phone is lost, say
    RemoveSecondFactor {
        /// The user's id
        user: String,
        /// Why; it stands in the trail
        #[arg(long)]
        reason: String,
    },
    /// Take somebody out: they are given no task any more, and are signed in nowhere
    Remove {
        /// The user's id
        user: String,
    },
}

#[derive(Debug, Args)]
struct Put {
    /// As `USER[:ROLE,ROLE][@ORGANISATION]`
    principal: String,
    /// What the person is called
    #[arg(long)]
    name: Option<String>,
    /// Where mail reaches them; without it they are told in their inbox alone
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,
    #[arg(long)]
    unit: Option<String>,
    /// A skill; may be given more than once
    #[arg(long = "skill", value_name = "SKILL")]
    skills: Vec<String>,
    /// The record (a patient, say) that this user is
    #[arg(long)]
    person: Option<String>,
}

impl People {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        match self.what {
            What::List => list(&self.target, terminal).await,
            What::Put(put) => put.run(&self.target, terminal).await,
            What::Away {
                user,
                from,
                until,
                substitute,
            } => {
                let body = present([
                    ("from", text_or_null(from.as_deref())),
                    ("substitute", text_or_null(substitute.as_deref())),
                    ("until", text_or_null(until.as_deref())),
                ]);
                let call = Call::put(&["people", &user, "absence"], body);
                self.target.ask(terminal, call).await?;
                terminal.note(format_args!("{user} is away"));
                Ok(Exit::Done)
            }
            What::Back { user } => {
                let call = Call::new(Method::DELETE, &["people", &user, "absence"]);
                self.target.ask(terminal, call).await?;
                terminal.note(format_args!("{user} is back"));
                Ok(Exit::Done)
            }
            What::Password { user, stdin } => password(&self.target, terminal, &user, stdin).await,
            What::Unlock { user } => {
                let call = Call::new(Method::DELETE, &["people", &user, "lockout"]);
                self.target.ask(terminal, call).await?;
                terminal.note(format_args!("{user} may try again at once"));
                Ok(Exit::Done)
            }
            What::Sessions { user, end: false } => sessions(&self.target, terminal, &user).await,
            What::Sessions { user, end: true } => {
                let call = Call::new(Method::DELETE, &["people", &user, "sessions"]);
                self.target.ask(terminal, call).await?;
                terminal.note(format_args!("{user} is signed in nowhere any more"));
                Ok(Exit::Done)
            }
            What::RemoveSecondFactor { user, reason } => {
                let call = Call::new(Method::DELETE, &["people", &user, "second-factor"]).query("reason", Some(reason));
                self.target.ask(terminal, call).await?;
                terminal.note(format_args!("{user} has no second factor any more, and is signed in nowhere"));
                Ok(Exit::Done)
            }
            What::Remove { user } => {
                let call = Call::new(Method::DELETE, &["people", &user]);
                self.target.ask(terminal, call).await?;
                terminal.note(format_args!(
                    "{user} is not in the directory any more, holds nothing and is signed in nowhere; their tokens are valid until they are revoked"
                ));
                Ok(Exit::Done)
            }
        }
    }
}

impl Put {
    async fn run(self, target: &Target, terminal: Terminal) -> Outcome {
        let principal: Principal = self.principal.parse()?;
        let body = present([
            ("mail", text_or_null(self.mail.as_deref())),
            ("name", text_or_null(self.name.as_deref())),
            ("organisation", text_or_null(principal.organisation.as_deref())),
            ("person", text_or_null(self.person.as_deref())),
            ("roles", texts(&principal.roles)),
            ("skills", texts(&self.skills)),
            ("unit", text_or_null(self.unit.as_deref())),
        ]);
        let call = Call::put(&["people", &principal.user], body);
        target.ask_making(terminal, call).await?;
        terminal.note(format_args!("{} is in the directory", principal.user));
        Ok(Exit::Done)
    }
}

/// `from 2026-12-24T06:00:00Z until …, bob stands in`
fn in_words(away: &Value) -> String {
    let said = |words: &str, name: &str| match member(away, name) {
        "" => String::new(),
        moment => format!("{words}{moment} "),
    };
    let substitute = match member(away, "substitute") {
        "" => String::new(),
        user => format!("({user} stands in)"),
    };
    let words = format!("{}{}{substitute}", said("from ", "from"), said("until ", "until"));
    match words.trim() {
        "" => "yes".to_owned(),
        words => words.to_owned(),
    }
}

async fn list(target: &Target, terminal: Terminal) -> Outcome {
    let people = target.ask(terminal, Call::get(&["people"])).await?.value()?;
    terminal.answer(&people, || {
        let mut table = Table::new(["USER", "NAME", "ROLES", "UNIT", "SKILLS", "ORGANISATION", "MAIL", "AWAY"]);
        for listed in member_items(&people, "people") {
            let person = listed.field("person").unwrap_or(&Value::Null);
            let away = listed.field("away").filter(|away| !away.is_null());
            table.row([
                member(person, "user").to_owned(),
                member(person, "name").to_owned(),
                member_texts(person, "roles").join(","),
                member(person, "unit").to_owned(),
                member_texts(person, "skills").join(","),
                member(person, "organisation").to_owned(),
                member(listed, "mail").to_owned(),
                away.map_or(String::new(), in_words),
            ]);
        }
        table.to_string()
    });
    Ok(Exit::Done)
}

/// Bytes of a line: what a password can be, and a little more, so that what is too long is told so.
const LINE_BYTES_MAX: u64 = 4_096;

async fn password(target: &Target, terminal: Terminal, user: &str, stdin: bool) -> Outcome {
    let given = if stdin { Some(first_line()?) } else { None };
    let body = present([("password", text_or_null(given.as_deref()))]);
    let set = target
        .ask(terminal, Call::post(&["people", user, "password"], body))
        .await?
        .value()?;
    if given.is_none() {
        terminal.answer(&set, || format!("{}\n", member(&set, "password")));
    }
    terminal.note(format_args!(
        "a password of {user} for once: it has to be changed when it is first used, within a week"
    ));
    Ok(Exit::Done)
}

fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    let read = BufReader::new(std::io::stdin().take(LINE_BYTES_MAX)).read_line(&mut line);
    read.map_err(|error| Failure::unreadable("standard input", error))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn sessions(target: &Target, terminal: Terminal, user: &str) -> Outcome {
    let sessions = target
        .ask(terminal, Call::get(&["people", user, "sessions"]))
        .await?
        .value()?;
    terminal.answer(&sessions, || {
        let mut table = Table::new(["ID", "SINCE", "LAST SEEN", "ENDS", "WITH", "FROM"]);
        for session in member_items(&sessions, "sessions") {
            let with_code = session.field("second_factor") == Some(&Value::Boolean(true));
            table.row([
                member(session, "id").to_owned(),
                member(session, "created_at").to_owned(),
                member(session, "seen_at").to_owned(),
                member(session, "expires_at").to_owned(),
                if with_code { "second factor" } else { "password" }.to_owned(),
                member(session, "from").to_owned(),
            ]);
        }
        table.to_string()
    });
    Ok(Exit::Done)
}
