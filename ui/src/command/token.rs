//! `token`: who may use the API.

use axum::http::Method;
use clap::Subcommand;
use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::{Exit, Failure};
use crate::json::{member, member_items, member_texts, present, text, text_or_null, texts};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token and show it, once
    Create(Create),
    /// List tokens, without their secrets
    List,
    /// End a token at once
    Revoke {
        /// The token's id, as `token list` gives it
        id: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// Whom it stands for, as `USER[:ROLE,ROLE][@ORGANISATION]`; the engine's own roles are `operator` and `auditor`
    #[arg(required_unless_present = "adapter")]
    principal: Option<String>,
    /// An adapter instead of a person: it may send the events that workflows let it send, and report on what it was asked for
    #[arg(long, value_name = "NAME", conflicts_with_all = ["principal", "name", "unit", "skills", "person"])]
    adapter: Option<String>,
    /// The person's name
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
    /// For how long, such as `90d`; without it, until it is revoked
    #[arg(long, value_name = "DURATION")]
    valid_for: Option<String>,
}

impl Token {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        match self.what {
            What::Create(create) => create.run(&self.target, terminal).await,
            What::List => list(&self.target, terminal).await,
            What::Revoke { id } => {
                self.target.ask(terminal, Call::new(Method::DELETE, &["tokens", &id])).await?;
                terminal.note(format_args!("token {id} is revoked"));
                Ok(Exit::Done)
            }
        }
    }
}

impl Create {
    async fn run(self, target: &Target, terminal: Terminal) -> Outcome {
        let (body, whom) = self.body()?;
        let token = target.ask_making(terminal, Call::post(&["tokens"], body)).await?.value()?;
        terminal.answer(&token, || format!("{}\n", member(&token, "token")));
        terminal.note(format_args!(
            "token {} for {whom}; it is shown this once",
            member(&token, "id"),
        ));
        Ok(Exit::Done)
    }

    /// What is asked for, and for whom.
    fn body(&self) -> Result<(Value, String), Failure> {
        let valid_for = ("valid_for", text_or_null(self.valid_for.as_deref()));
        let Some(principal) = &self.principal else {
            let adapter = self.adapter.clone().unwrap_or_default();
            return Ok((
                present([("adapter", text(&adapter)), valid_for]),
                format!("the adapter {adapter}"),
            ));
        };
        let principal: Principal = principal.parse()?;
        let body = present([
            ("name", text_or_null(self.name.as_deref())),
            ("organisation", text_or_null(principal.organisation.as_deref())),
            ("person", text_or_null(self.person.as_deref())),
            ("roles", texts(&principal.roles)),
            ("skills", texts(&self.skills)),
            ("unit", text_or_null(self.unit.as_deref())),
            ("user", text(&principal.user)),
            valid_for,
        ]);
        Ok((body, principal.user.to_string()))
    }
}

async fn list(target: &Target, terminal: Terminal) -> Outcome {
    let tokens = target.ask(terminal, Call::get(&["tokens"])).await?.value()?;
    terminal.answer(&tokens, || {
        let mut table = Table::new(["ID", "USER", "ROLES", "ORGANISATION", "CREATED", "EXPIRES"]);
        for token in member_items(&tokens, "tokens") {
            let principal = token.field("principal").unwrap_or(&Value::Null);
            table.row([
                member(token, "id").to_owned(),
                user_of(principal),
                member_texts(principal, "roles").join(","),
                member(principal, "organisation").to_owned(),
                member(token, "created_at").to_owned(),
                member(token, "expires_at").to_owned(),
            ]);
        }
        table.to_string()
    });
    Ok(Exit::Done)
}

/// A person's id, or the adapter's name.
fn user_of(principal: &Value) -> String {
    match member(principal, "adapter") {
        "" => member(principal, "user").to_owned(),
        adapter => format!("adapter {adapter}"),
    }
}
