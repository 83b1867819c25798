//! Refusals and conditions, as the people who fill in a form say them. The language's own words are for those who write workflows.

use std::sync::Arc;

use statewright_core::chart::Chart;
use statewright_core::expression::{Expression, Names};
use statewright_core::field::{Field, Fields, Kind};
use statewright_core::step::{Refusal, RefusalKind, in_words};

use super::problem::Reason;
use super::reference::Reference;
use super::words::label;
use crate::naming::state_name;

/// Of a form: what its fields are called, and those of the instance.
pub struct Wording<'a> {
    pub chart: &'a Chart,
    pub form: &'a Fields,
}

/// What no plain words are known for. The rule itself stands beside it, for those who wrote it.
const A_RULE: &str = "A rule of the workflow does not allow this.";

/// Of a guard that has no value, in the words of the expression.
const UNKNOWN: &str =
    "Whether this is allowed cannot be said, because something that a rule of the workflow asks for is missing.";

impl Wording<'_> {
    /// A refusal as a sentence of its own.
    pub fn reason(&self, refusal: &Refusal) -> Reason {
        let instances = refusal.instances.iter().map(|name| Reference::of(name)).collect();
        let (sentence, rule) = match (&refusal.field, refusal.kind) {
            // the key of what begins is no field
            (Some(path), _) if path == "key" && self.form.get(path).is_none() => (capital(&refusal.sentence), None),
            (Some(path), _) => self.about_field(path, &refusal.sentence),
            (None, RefusalKind::Guard) => self.of_guard(refusal),
            (None, _) => (capital(&refusal.sentence), None),
        };
        Reason {
            sentence,
            rule,
            instances,
        }
    }

    /// Beside the control of a field: what is wrong with it.
    pub fn beside(&self, refusal: &Refusal) -> Option<String> {
        let path = refusal.field.as_deref()?;
        let field = self.field(path);
        let name = field.map_or_else(|| last_in_words(path), label);
        Some(format!("{name} {}", expected(field, &refusal.sentence).0))
    }

    /// What must be for a condition to hold, in words; else the condition itself.
    pub fn condition(&self, source: &str) -> Result<Vec<String>, String> {
        let parsed = Expression::parse(source).ok();
        let said = parsed.and_then(|expression| expression.said(self));
        said.ok_or_else(|| source.to_owned())
    }

    fn about_field(&self, path: &str, sentence: &str) -> (String, Option<String>) {
        let (expected, rule) = expected(self.field(path), sentence);
        (format!("{} {expected}", self.name_of(path)), rule)
    }

    /// A guard whose owner said why it is false speaks for itself; another one is put into words.
    fn of_guard(&self, refusal: &Refusal) -> (String, Option<String>) {
        let Some(conditions) = refusal.conditions() else {
            return match refusal.sentence.contains('`') {
                true => (UNKNOWN.to_owned(), Some(refusal.sentence.clone())),
                false => (refusal.sentence.clone(), None),
            };
        };
        let said: Result<Vec<Vec<String>>, String> = conditions.iter().map(|source| self.condition(source)).collect();
        let sentence = said.map_or_else(|_| A_RULE.to_owned(), |said| said.concat().join(". "));
        (sentence, Some(refusal.sentence.clone()))
    }

    fn field(&self, path: &str) -> Option<&Field> {
        field_at(self.form, &steps(path))
    }

    /// `rx.right.sphere` is "Rx, right, sphere"; the items of a list are counted from one.
    pub fn name_of(&self, path: &str) -> String {
        let steps = steps(path);
        let mut names: Vec<String> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let name = match (step.parse::<usize>(), field_at(self.form, &steps[..=index])) {
                (Ok(place), _) => (place + 1).to_string(),
                (_, Some(field)) => label(field),
                _ => in_words(step),
            };
            names.push(if index == 0 { name } else { lower_first(&name) });
        }
        names.join(", ")
    }
}

impl Names for Wording<'_> {
    fn field(&self, path: &[Arc<str>]) -> Option<String> {
        let (first, rest) = path.split_first()?;
        match &**first {
            "event" => self.form.at(rest).map(label),
            _ => self.chart.data.at(path).map(label),
        }
    }

    fn state(&self, name: &str) -> String {
        let path = |state: &&statewright_core::chart::State| &*state.name == name || &*state.path == name;
        let found = self.chart.states.iter().find(path);
        found.map_or_else(|| in_words(name), state_name)
    }
}

fn steps(path: &str) -> Vec<String> {
    let dotted = path.replace('[', ".").replace(']', "");
    dotted.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect()
}

/// The field at a path that may lead through the items of lists.
fn field_at<'f>(fields: &'f Fields, steps: &[String]) -> Option<&'f Field> {
    let (first, mut rest) = steps.split_first()?;
    let field = fields.get(first)?;
    let mut schema = &field.schema;
    while let Kind::List { items, .. } = &schema.kind {
        let Some((_, deeper)) = rest.split_first() else { break };
        (schema, rest) = (items, deeper);
    }
    match (&schema.kind, rest) {
        (_, []) => Some(field),
        (Kind::Object { fields, .. }, rest) => field_at(fields, rest),
        _ => None,
    }
}

/// What is expected of a field, to stand after its name; and the rule behind it, where that is of use to whoever wrote it.
fn expected(field: Option<&Field>, sentence: &str) -> (String, Option<String>) {
    let kind = field.map(|field| &field.schema.kind);
    let such_as = |words: &str| match field.and_then(|field| field.examples.first()) {
        Some(example) => format!("{words}, such as {example}"),
        None => words.to_owned(),
    };
    let words = match sentence {
        "is required" if matches!(kind, Some(Kind::Boolean)) => "must be answered with Yes or No".to_owned(),
        "is required" if field.is_some_and(|field| field.schema.allowed.is_some()) => "must be chosen".to_owned(),
        "is required" => "must be filled in".to_owned(),
        "has the wrong type" => "is not of the right kind".to_owned(),
        "must be `true` or `false`" => "must be answered with Yes or No".to_owned(),
        _ if sentence.starts_with("must match the pattern") => {
            let help = field.and_then(|field| field.help.as_deref());
            let words = match (help, field.is_some_and(|field| field.examples.is_empty())) {
                (Some(help), true) => format!("is not written as it must be ({help})"),
                _ => such_as("is not written as it must be"),
            };
            return (words, Some(sentence.to_owned()));
        }
        _ if sentence.starts_with("must be a whole number") => such_as("must be a whole number"),
        _ if sentence.starts_with("must be a number in plain") => such_as("must be a number, with a point before its decimals"),
        _ if sentence.starts_with("must be a moment") => "must be a day with a time".to_owned(),
        _ if sentence.starts_with("must be the key of an instance") => such_as("must name something that is there"),
        _ if sentence.starts_with("must be the key of a ") => {
            let workflow = sentence.trim_start_matches("must be the key of a ");
            such_as(&format!("must name one of: {}", in_words(workflow).to_lowercase()))
        }
        _ if sentence.starts_with("must be the id of a user") => such_as("must be the name of somebody who works here"),
        _ if sentence.starts_with("must be a multiple of") => sentence.replace("be a multiple of", "go in steps of"),
        _ if sentence.starts_with("must be one of") || sentence.starts_with("must be a duration") => sentence.replace('_', " "),
        _ => sentence.to_owned(),
    };
    (words, None)
}

fn last_in_words(path: &str) -> String {
    in_words(steps(path).last().map_or(path, String::as_str))
}

pub fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn lower_first(name: &str) -> String {
    // what is written in capitals is a name
    let is_name = name.chars().nth(1).is_some_and(char::is_uppercase);
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if !is_name => first.to_lowercase().chain(letters).collect(),
        _ => name.to_owned(),
    }
}
