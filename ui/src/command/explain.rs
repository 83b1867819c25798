//! `explain`: the page of a code, from the program itself.

use statewright_core::diagnostic::{Code, nearest};

use super::*;
use crate::failure::{Exit, Failure};
use crate::json::{object, text};

#[derive(Debug, Args)]
pub struct Explain {
    /// A code as it stands in a message, such as SW-2203; without one, all of them
    code: Option<String>,
}

impl Explain {
    pub fn run(self, terminal: Terminal) -> Outcome {
        match &self.code {
            Some(code) => explain(code, terminal),
            None => {
                Code::ALL.iter().for_each(|code| list(*code, terminal));
                Ok(Exit::Done)
            }
        }
    }
}

fn explain(given: &str, terminal: Terminal) -> Outcome {
    let wanted = given.to_ascii_uppercase();
    let number = wanted.strip_prefix("SW-").unwrap_or(&wanted);
    let Some(code) = Code::parse(&format!("SW-{number}")) else {
        let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let failure = Failure::misused(Code::NotFound, format!("There is no code `{given}`"));
        let near = nearest(&format!("SW-{number}"), known.iter().copied());
        return Err(match near {
            Some(near) => failure.hint(format!("Perhaps `{near}`; `statewright explain` lists all of them")),
            None => failure.hint("`statewright explain` lists all of them"),
        });
    };
    let page = object([
        ("code", text(code.as_str())),
        ("page", text(code.page_text())),
        ("title", text(code.title())),
    ]);
    terminal.answer(&page, || code.page_text().to_owned());
    Ok(Exit::Done)
}

fn list(code: Code, terminal: Terminal) {
    let line = object([("code", text(code.as_str())), ("title", text(code.title()))]);
    terminal.answer(&line, || format!("{code}  {}\n", code.title()));
}
