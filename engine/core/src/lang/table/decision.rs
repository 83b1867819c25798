//! Tables that decide: inputs, values, rows.

use std::sync::Arc;

use super::output::Output;
use super::rows::Draft;
use super::{DECISION_ROWS_MAX, Reader, cell, coverage, entries, listed};
use crate::chart::{Answer, Condition, Decision, Lets, Row, TABLE_LETS_MAX, ValueTemplate};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::expression::Type;
use crate::field::Fields;
use crate::lang::builtin::BUILT_IN;
use crate::lang::grammar::DECISION_ROW;
use crate::lang::scope::{Known, Scope};
use crate::yaml::{Entry, Mapping, Node, Scalar};

/// A row, where it stands, and the types of what it gives.
pub(super) struct Placed {
    pub(super) row: Row,
    pub(super) span: Span,
    pub(super) then: Vec<(Arc<str>, Type)>,
}

impl Reader<'_, '_> {
    pub(super) fn decision(&mut self, table: &Mapping) -> Option<Decision> {
        let inputs = self.fields(table.get("inputs")?);
        let mut scope = Scope::default();
        for entry in table.get("inputs").and_then(Node::as_mapping).into_iter().flat_map(entries) {
            self.refuse_word(&entry.key);
            if let Some(field) = inputs.get(entry.name()) {
                scope.insert(field.name.clone(), Known::Field(Arc::new(field.clone())));
            }
        }
        let lets = self.lets(table, &mut scope);
        let mode = table
            .get("mode")
            .and_then(Node::as_scalar)
            .map_or("first", |mode| &*mode.text);
        let output = self.output(table.get("output")?, mode);
        let names: Vec<&str> = inputs.list.iter().map(|input| &*input.name).collect();
        let (gives, errors) = (output.names(), self.out.errors());
        let drafts = self.rows(table, Some(&names), &gives, DECISION_ROWS_MAX);
        if drafts.is_empty()
            && !table.incomplete
            && self.out.errors() == errors
            && let Some(place) = table.entry("rows").or(table.entry("table"))
        {
            let message = "a table without rows never answers";
            self.error(
                Code::MissingKey,
                place.key.span,
                message,
                "add `rows`, or `rows_from` with the name of a file",
            );
        }
        let mut rows = Vec::new();
        for (position, draft) in drafts.iter().enumerate() {
            let number = u32::try_from(position + 1).unwrap_or(u32::MAX);
            rows.extend(self.decision_row(number, draft, &inputs, &output, mode, &scope));
        }
        let is_whole = rows.len() == drafts.len();
        // what is put together from rows, and what they cover, can be judged when all of them are known
        if !is_whole {
            return None;
        }
        let (answer, gives) = self.answer(output, &rows, &scope, mode);
        coverage::check(&inputs, &rows, &answer, table, self.out);
        let rows: Vec<Row> = rows.into_iter().map(|placed| placed.row).collect();
        Some(Decision {
            repeats_inputs: Decision::may_repeat(&inputs, &lets, &rows, &answer),
            inputs,
            lets,
            rows,
            answer,
            gives,
        })
    }

    /// Each value may use those before it.
    fn lets(&mut self, table: &Mapping, scope: &mut Scope) -> Lets {
        let mut lets = Lets::new();
        for entry in table.get("let").and_then(Node::as_mapping).into_iter().flat_map(entries) {
            if lets.len() >= TABLE_LETS_MAX {
                let message = format!("the table has more than {TABLE_LETS_MAX} `let` values");
                self.error(Code::TooManyParts, entry.key.span, message, "say it with less");
                break;
            }
            self.refuse_word(&entry.key);
            if scope.contains(entry.name()) {
                let message = format!("`{}` is an input already", entry.name());
                self.error(Code::NameClash, entry.key.span, message, "choose another name");
                continue;
            }
            let Some((expression, kind)) = entry.value.as_scalar().and_then(|scalar| self.expression(scalar, scope)) else {
                scope.insert(entry.key.text.clone(), Known::Unknown);
                continue;
            };
            scope.insert(entry.key.text.clone(), Known::Let { kind, personal: false });
            lets.push((entry.key.text.clone(), expression));
        }
        lets
    }

    fn refuse_word(&mut self, name: &Scalar) {
        if BUILT_IN.contains(&&*name.text) {
            let message = format!("`{}` is a word of the language", name.text);
            self.error(Code::NameClash, name.span, message, "choose another name");
        }
    }

    fn decision_row(
        &mut self,
        number: u32,
        draft: &Draft,
        inputs: &Fields,
        output: &Output,
        mode: &str,
        scope: &Scope,
    ) -> Option<Placed> {
        let errors = self.out.errors();
        for entry in entries(&draft.mapping).filter(|entry| DECISION_ROW.key(entry.name()).is_none()) {
            self.unknown_part(entry, inputs);
        }
        let group = draft.mapping.entry("group");
        if let Some(entry) = group.filter(|_| mode != "collect") {
            let message = "only a table that collects has groups";
            self.error(
                Code::RowMisfit,
                entry.key.span,
                message,
                "write `mode: collect`, or take `group` away",
            );
        }
        let when = self.when(draft.mapping.get("when"), inputs);
        let condition = draft.mapping.get("if").and_then(Node::as_scalar);
        let condition = condition.and_then(|scalar| self.condition(scalar, scope));
        let (then, kinds) = self.then(draft, output, scope)?;
        let row = Row {
            number,
            group: group
                .and_then(|entry| entry.value.as_scalar())
                .map(|scalar| scalar.text.clone()),
            when,
            condition,
            then,
        };
        (self.out.errors() == errors).then_some(Placed {
            row,
            span: draft.span,
            then: kinds,
        })
    }

    /// A key of a row that is none; an input beside `when` is probably meant to be in it.
    fn unknown_part(&mut self, entry: &Entry, inputs: &Fields) {
        let known: Vec<&str> = DECISION_ROW.all().map(|key| key.name).collect();
        let message = format!("`{}` is no part of a row", entry.name());
        let diagnostic = Diagnostic::error(Code::RowMisfit, entry.key.span, message);
        self.out.push(match nearest(entry.name(), known.iter().copied()) {
            _ if inputs.get(entry.name()).is_some() => diagnostic.help(format!("write `when: {{{}: …}}`", entry.name())),
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(entry.key.span, meant),
            None => diagnostic.help(format!("a row has {}", listed(&known))),
        });
    }

    fn when(&mut self, node: Option<&Node>, inputs: &Fields) -> Vec<(Arc<str>, Condition)> {
        let Some(node) = node else { return Vec::new() };
        let Some(mapping) = node.as_mapping() else {
            let message = "`when` takes inputs with their conditions";
            self.error(
                Code::RowMisfit,
                node.span,
                message,
                "write `when: {age: '>= 65'}`; an expression stands under `if`",
            );
            return Vec::new();
        };
        let names: Vec<&str> = inputs.list.iter().map(|input| &*input.name).collect();
        let mut when = Vec::new();
        for entry in entries(mapping) {
            let Some(input) = inputs.get(entry.name()) else {
                self.unknown(&entry.key, "input", &names);
                continue;
            };
            if let Some(condition) = cell::condition(&input.schema, &entry.value, self.out) {
                when.push((input.name.clone(), condition));
            }
        }
        when
    }

    /// What a row gives, with the types; the outer None: it cannot be read.
    #[expect(clippy::type_complexity, reason = "the two halves are taken apart where it is called")]
    fn then(
        &mut self,
        draft: &Draft,
        output: &Output,
        scope: &Scope,
    ) -> Option<(Option<Vec<(Arc<str>, ValueTemplate)>>, Vec<(Arc<str>, Type)>)> {
        let Some(node) = draft.mapping.get("then") else {
            if !output.may_be_silent() {
                let message = "the row gives nothing";
                self.error(Code::RowMisfit, draft.span, message, "add `then` with what it gives");
            }
            return Some((None, Vec::new()));
        };
        let Some(mapping) = node.as_mapping() else {
            let message = "`then` takes fields with their values";
            self.error(Code::RowMisfit, node.span, message, "write `then: {level: 2}`");
            return None;
        };
        let mut then = Vec::new();
        let mut kinds = Vec::new();
        for entry in entries(mapping) {
            let schema = self.given_field(entry, output, scope)?;
            let (value, kind) = self.value(&entry.value, schema, scope)?;
            if let (Some(schema), ValueTemplate::Literal(_)) = (schema, &value) {
                kinds.push((entry.key.text.clone(), schema.expression_type()));
            } else {
                self.refuse_misfit(schema, &kind, &entry.value, entry.name());
                kinds.push((entry.key.text.clone(), kind));
            }
            then.push((entry.key.text.clone(), value));
        }
        self.refuse_missing(output, &then, draft.span);
        Some((Some(then), kinds))
    }

    fn refuse_misfit(&mut self, schema: Option<&crate::field::Schema>, kind: &Type, node: &Node, name: &str) {
        if let Some(misfit) = schema.and_then(|schema| schema.misfit(kind)) {
            let message = format!("this is {}, and `{name}` takes {}", misfit.found, misfit.wanted);
            self.error(Code::WrongType, node.span, message, "compute a value of the declared type");
        }
    }
}

impl Placed {
    /// Whether it applies whatever is given.
    pub(super) fn is_otherwise(&self) -> bool {
        self.row.when.is_empty() && self.row.condition.is_none()
    }
}

/// Whether the only row that applies is asked for.
pub(super) fn is_unique(answer: &Answer) -> bool {
    matches!(answer, Answer::Unique(_))
}
