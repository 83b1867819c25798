//! `people`: who works here.

use axum::http::Method;
use clap::Subcommand;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
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
    /// Take somebody out: they are given no task any more
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
            What::Remove { user } => {
                let call = Call::new(Method::DELETE, &["people", &user]);
                self.target.ask(terminal, call).await?;
                terminal.note(format_args!("{user} is not in the directory any more"));
                Ok(Exit::Done)
            }
        }
    }
}

impl Put {
    async fn run(self, target: &Target, terminal: Terminal) -> Outcome {
        let principal: Principal = self.principal.parse()?;
        let body = present([
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

async fn list(target: &Target, terminal: Terminal) -> Outcome {
    let people = target.ask(terminal, Call::get(&["people"])).await?.value()?;
    terminal.answer(&people, || {
        let mut table = Table::new(["USER", "NAME", "ROLES", "UNIT", "SKILLS", "ORGANISATION"]);
        for person in member_items(&people, "people") {
            table.row([
                member(person, "user").to_owned(),
                member(person, "name").to_owned(),
                member_texts(person, "roles").join(","),
                member(person, "unit").to_owned(),
                member_texts(person, "skills").join(","),
                member(person, "organisation").to_owned(),
            ]);
        }
        table.to_string()
    });
    Ok(Exit::Done)
}
