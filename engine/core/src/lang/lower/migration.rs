//! How instances are to come from an older definition, checked against this one. (Reference, section 9.)

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Lowering;
use crate::chart::{Migration, StateKind, TimerPolicy, Timers};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expression::{Expression, Type};
use crate::field::{Field, Kind};
use crate::lang::scope::{Known, Scope};
use crate::yaml::{Entry, Mapping, Node, Scalar, is_extension};

/// What an expression over the older record may use besides it.
const BESIDE_OLD: [&str; 3] = ["key", "now", "today"];

impl Lowering<'_> {
    /// The migrations, when all states and timers are known.
    pub(super) fn migrations(&mut self, workflow: &Mapping) -> Vec<Migration> {
        let mut migrations: Vec<Migration> = Vec::new();
        for mapping in items(workflow.get("migrate")).filter_map(Node::as_mapping) {
            let Some(from) = mapping.get("from").and_then(Node::as_scalar) else {
                continue;
            };
            if let Some(earlier) = migrations.iter().find(|earlier| earlier.from == from.text) {
                let message = format!("there is a migration from `{}` already", from.text);
                let diagnostic = Diagnostic::error(Code::NameClash, from.span, message).note_at(earlier.span, "the other one");
                self.out.push(diagnostic.help("make one of the two"));
            }
            let migration = self.migration(mapping, from);
            migrations.push(migration);
        }
        migrations
    }

    fn migration(&mut self, mapping: &Mapping, from: &Scalar) -> Migration {
        let mut states = Vec::new();
        for entry in entries(mapping.get("states")) {
            let Some(scalar) = entry.value.as_scalar() else { continue };
            let Some(new) = self.state_anywhere(scalar) else { continue };
            if self
                .state(new)
                .is_some_and(|state| matches!(state.kind, StateKind::History { .. }))
            {
                let message = format!("`{}` is a history state, in which no instance is", scalar.text);
                self.error(
                    Code::UnknownState,
                    scalar.span,
                    message,
                    "name the state in which it is to go on",
                );
                continue;
            }
            states.push((entry.key.text.clone(), new));
        }
        let data = entries(mapping.get("data"))
            .filter_map(|entry| self.migrated_field(entry))
            .collect();
        let timers = self.migrated_timers(mapping);
        Migration {
            from: from.text.clone(),
            states,
            data,
            timers,
            dropped: self.dropped_timers(mapping),
            span: from.span,
        }
    }

    /// A field of this definition, and what the older record gives for it.
    fn migrated_field(&mut self, entry: &Entry) -> Option<(Vec<Arc<str>>, Expression)> {
        let path: Vec<Arc<str>> = entry.name().split('.').map(Arc::from).collect();
        let mut scope = Scope::asking(self.tables.clone());
        scope.insert(
            "old",
            Known::Let {
                kind: Type::Any,
                personal: false,
            },
        );
        for name in BESIDE_OLD {
            scope.insert(name, Known::BuiltIn);
        }
        let field = self.field_at(&entry.key, &path);
        let (expression, kind) = self.typed_expression(&entry.value, &scope)?;
        if let (Some(field), Some(scalar)) = (&field, entry.value.as_scalar()) {
            self.check_migrated(field, &kind, scalar, entry.name());
        }
        Some((path, expression))
    }

    fn check_migrated(&mut self, field: &Field, kind: &Type, scalar: &Scalar, name: &str) {
        self.check_fit(&field.schema, kind, scalar, &format!("the field `{name}`"));
        if *kind == Type::Null && !field.optional && !matches!(field.schema.kind, Kind::Any) {
            let message = format!("the field `{name}` cannot be empty");
            self.error(
                Code::WrongType,
                scalar.span,
                message,
                "compute a value of the declared type, or make the field optional",
            );
        }
    }

    fn migrated_timers(&mut self, mapping: &Mapping) -> Timers {
        let Some(node) = mapping.get("timers") else {
            return Timers::All(TimerPolicy::Keep);
        };
        if let Some(word) = node.as_scalar() {
            return Timers::All(TimerPolicy::of(&word.text));
        }
        let known: BTreeSet<Arc<str>> = self
            .states
            .iter()
            .flat_map(|state| &state.after)
            .map(|timer| timer.name.clone())
            .collect();
        let mut policies = BTreeMap::new();
        for entry in entries(Some(node)) {
            if !known.contains(&entry.key.text) {
                let message = format!("there is no timer `{}`", entry.name());
                let help = "name a timer of this definition; one of the older one alone is dropped";
                self.tell_nearest(&entry.key, message, Code::UnknownWord, known.iter().map(|name| &**name), help);
            }
            if let Some(word) = entry.value.as_scalar() {
                policies.insert(entry.key.text.clone(), TimerPolicy::of(&word.text));
            }
        }
        Timers::Each(policies)
    }

    /// A timer is dropped or goes on, and not both.
    fn dropped_timers(&mut self, mapping: &Mapping) -> Vec<Arc<str>> {
        let goes_on = |name: &str| mapping.get("timers").and_then(|timers| timers.get(name)).is_some();
        let dropped: Vec<&Scalar> = items(mapping.get("drop")).filter_map(Node::as_scalar).collect();
        for scalar in dropped.iter().filter(|scalar| goes_on(&scalar.text)) {
            let (message, span): (String, Span) = (
                format!("`{}` is dropped, and goes on under `timers`", scalar.text),
                scalar.span,
            );
            self.error(Code::KeysExclude, span, message, "take one of the two away");
        }
        dropped.into_iter().map(|scalar| scalar.text.clone()).collect()
    }
}

fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    node.and_then(Node::as_sequence).unwrap_or_default().iter()
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = &Entry> {
    let entries = node.and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| !is_extension(entry.name()))
}
