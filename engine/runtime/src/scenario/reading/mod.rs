//! From the tree of a test file to its steps. Everything that is wrong is told at once, each at its place.
//!
//! The core's grammar has been over the tree already: unknown keys of steps and wrong shapes are told, and are passed over here.

mod addressee;
pub(crate) mod deployed;
mod expectation;
pub(crate) mod file;
mod given;
pub(crate) mod stand_ins;
mod step;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};
use statewright_core::lang::read_template;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::time::{Duration, parse_duration};
use statewright_core::value::Value;
use statewright_core::yaml::read::{self, Free};
use statewright_core::yaml::{Entry, Kind, Mapping, Node, Scalar, is_extension, unknown_key};

pub(super) use file::read;

use self::deployed::Deployed;
use super::moment::moment;
use super::plan::StepKind;
use super::written::{Written, WrittenKind};

/// What reading needs to know of the rest of the file.
pub(crate) struct Reader<'a> {
    pub out: Diagnostics,
    pub zone: TimeZone,
    /// Where the file names those that it is about: under `uses`, or under `of`.
    pub named_under: &'static str,
    workflows: Vec<Arc<str>>,
    /// Everything under `uses` could be read. Else what is not known may stand in what could not.
    is_whole: bool,
    people: Vec<Arc<str>>,
    /// Roles that somebody has or is told as.
    roles: BTreeSet<Arc<str>>,
    fragments: Vec<&'a str>,
    deployed: Deployed,
}

impl Reader<'_> {
    pub(crate) fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.out.push(Diagnostic::error(code, span, message).help(help));
    }

    /// The entries of a mapping with these keys and no others.
    pub(crate) fn keys<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Vec<&'n Entry> {
        let Some(mapping) = read::mapping(node, what, &mut self.out) else {
            return Vec::new();
        };
        self.known_keys(mapping, known)
    }

    fn known_keys<'n>(&mut self, mapping: &'n Mapping, known: &[&str]) -> Vec<&'n Entry> {
        let mut entries = Vec::new();
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            if known.contains(&entry.name()) {
                entries.push(entry);
            } else {
                let split = statewright_core::yaml::comma_split(mapping, entry);
                self.out.push(split.unwrap_or_else(|| unknown_key(&entry.key, known)));
            }
        }
        entries
    }

    fn missing(&mut self, span: Span, what: &str, key: &str, example: &str) {
        self.error(
            Code::MissingKey,
            span,
            format!("{what} needs `{key}`"),
            format!("add `{key}: {example}`"),
        );
    }

    pub(crate) fn text(&mut self, node: &Node, what: &str) -> Option<Arc<str>> {
        read::text(node, what, &mut self.out).map(|scalar| scalar.text.clone())
    }

    /// One text or a list of texts.
    pub(crate) fn texts(&mut self, node: &Node, what: &str) -> Vec<Arc<str>> {
        match node.as_sequence() {
            Some(items) => items.iter().filter_map(|item| self.text(item, what)).collect(),
            None => self.text(node, what).into_iter().collect(),
        }
    }

    pub(crate) fn integer(&mut self, node: &Node, what: &str, most: i64) -> Option<u64> {
        let scalar = read::text(node, what, &mut self.out)?;
        let number = read::integer(scalar, 0..=most, &mut self.out)?;
        u64::try_from(number).ok()
    }

    pub(crate) fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let scalar = read::text(node, what, &mut self.out)?;
        match parse_duration(scalar.text.trim()) {
            Ok(duration) => Some(duration),
            Err(error) => {
                self.error(
                    Code::NotADuration,
                    scalar.span,
                    error.to_string(),
                    "write a duration such as `90m` or `3d`",
                );
                None
            }
        }
    }

    pub(crate) fn moment(&mut self, node: &Node, what: &str) -> Option<Timestamp> {
        let scalar = read::text(node, what, &mut self.out)?;
        let read = moment(&scalar.text, &self.zone);
        if read.is_none() {
            let message = format!("`{}` is not a moment", scalar.text);
            let help = "write `2026-03-26 09:00`, by the clock of the first workflow's zone, or `2026-03-26T08:00:00Z`";
            self.error(Code::WrongShape, scalar.span, message, help);
        }
        read
    }

    /// A value, in which something may be computed.
    pub(crate) fn written(&mut self, node: &Node) -> Option<Written> {
        let kind = match &node.kind {
            Kind::Scalar(scalar) => self.written_scalar(scalar)?,
            Kind::Sequence(items) => WrittenKind::List(items.iter().filter_map(|item| self.written(item)).collect()),
            Kind::Mapping(mapping) => {
                let fields = mapping
                    .iter()
                    .filter_map(|entry| Some((entry.key.text.clone(), self.written(&entry.value)?)));
                WrittenKind::Fields(fields.collect())
            }
            Kind::Empty => {
                self.error(
                    Code::EmptyValue,
                    node.span,
                    "nothing stands here",
                    "write `null` for no value",
                );
                return None;
            }
            Kind::Broken => return None,
        };
        Some(Written { span: node.span, kind })
    }

    /// The fields of a form or a record, none of which begins with `x-`: what does is the author's own.
    pub(crate) fn written_fields(&mut self, node: &Node) -> Option<Written> {
        let mut written = self.written(node)?;
        if let WrittenKind::Fields(fields) = &mut written.kind {
            fields.retain(|(name, _)| !is_extension(name));
        }
        Some(written)
    }

    fn written_scalar(&mut self, scalar: &Scalar) -> Option<WrittenKind> {
        match read::free(scalar, &mut self.out) {
            Free::Value(value) => Some(WrittenKind::Literal(value)),
            Free::Text(text) if text.text.contains("{{") => read_template(text, &mut self.out).map(WrittenKind::Computed),
            Free::Text(text) => Some(WrittenKind::Literal(Value::Text(text.text.clone()))),
        }
    }

    /// `name.action`.
    pub(crate) fn effect(&mut self, text: &str, span: Span) -> Option<(Arc<str>, Arc<str>)> {
        match text.split_once('.') {
            Some((adapter, action)) if !adapter.is_empty() && !action.is_empty() && !action.contains(['.', ' ']) => {
                Some((adapter.into(), action.into()))
            }
            _ => {
                let message = format!("`{text}` is not an adapter and its action");
                self.error(Code::NotAName, span, message, "write them as `carrier.ship`");
                None
            }
        }
    }

    pub(crate) fn known_workflow(&mut self, name: &str, span: Span) {
        if !self.is_whole || self.workflows.iter().any(|known| **known == *name) {
            return;
        }
        let diagnostic = Diagnostic::error(
            Code::TestNameUnknown,
            span,
            format!("no file under `{}` holds `{name}`", self.named_under),
        );
        self.out.push(match nearest(name, self.workflows.iter().map(|name| &**name)) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(span, meant),
            None => diagnostic.help(format!("name its file under `{}`", self.named_under)),
        });
    }

    /// A person by what is known of them: roles, or a mapping.
    fn actor(&mut self, id: &Arc<str>, node: &Node) -> Actor {
        let mut actor = Actor::plain(ActorKind::Person, id.clone());
        if node.as_mapping().is_none() {
            actor.roles = self.texts(node, "the roles of a person");
            return actor;
        }
        let known = ["roles", "name", "unit", "organisation", "skills", "person", "on_behalf_of"];
        for entry in self.keys(node, "a person", &known) {
            let value = &entry.value;
            match entry.name() {
                "roles" => actor.roles = self.texts(value, "`roles`"),
                "skills" => actor.skills = self.texts(value, "`skills`"),
                "name" => actor.name = self.text(value, "`name`"),
                "unit" => actor.unit = self.text(value, "`unit`"),
                "organisation" => actor.organisation = self.text(value, "`organisation`"),
                "person" => actor.person = self.text(value, "`person`"),
                _ => actor.on_behalf_of = self.text(value, "`on_behalf_of`"),
            }
        }
        actor
    }
}
