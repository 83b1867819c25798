//! Templates and free values, checked against the names in scope and against where they go.

use std::sync::Arc;

use super::Lowering;
use crate::chart::ValueTemplate;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expression::{Expression, Template, Type};
use crate::lang::personal::Flow;
use crate::lang::scope::{Known, Scope};
use crate::lang::shape::computed_scalar;
use crate::lang::{computed, free};
use crate::time::parse_duration;
use crate::value::{Object, Value};
use crate::yaml::{Kind, Node, Scalar, Style};

/// Where a value goes, as far as personal data is concerned.
#[derive(Clone, Copy)]
pub(super) enum Sink<'s> {
    /// A place that keeps personal data apart, or keeps nothing.
    Private,
    /// A place that is stored, hashed or shown to whoever sees the instance; named for the sentence.
    Public(&'s str),
}

/// What a name of the scope is likely to be where literal text is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BareNames {
    /// A word that happens to be a name.
    AreWords,
    /// The value of that name, without its braces.
    AreMeant,
}

impl Lowering<'_> {
    /// Text in which something may be computed; where it is computed alone, the value keeps its type.
    pub(super) fn template(&mut self, node: &Node, scope: &Scope, sink: Sink<'_>) -> Option<Template> {
        let scalar = node.as_scalar()?;
        let template = computed::template(scalar, &mut self.out)?;
        self.check_template(scalar, &template, scope);
        self.check_sink(&template, scalar.span, scope, sink);
        Some(template)
    }

    /// Text for people, in which something may be computed.
    pub(super) fn text(&mut self, node: &Node, scope: &Scope, sink: Sink<'_>) -> Option<Template> {
        let scalar = node.as_scalar()?;
        let template = computed::template(scalar, &mut self.out)?;
        self.check_text(scalar, &template, scope);
        self.check_sink(&template, scalar.span, scope, sink);
        if template.literal().is_some() {
            self.warn_of_missing_braces(scalar, scope, BareNames::AreWords);
        }
        Some(template)
    }

    /// Text by which something is told from others of its kind: a key, a unique value. The name of a field is hardly meant as itself.
    pub(super) fn identity(&mut self, node: &Node, scope: &Scope, sink: Sink<'_>) -> Option<Template> {
        let scalar = node.as_scalar()?;
        let template = computed::template(scalar, &mut self.out)?;
        self.check_text(scalar, &template, scope);
        self.check_sink(&template, scalar.span, scope, sink);
        if template.literal().is_some() {
            self.warn_of_missing_braces(scalar, scope, BareNames::AreMeant);
        }
        Some(template)
    }

    /// A duration, or text that computes one.
    pub(super) fn duration(&mut self, node: &Node, scope: &Scope) -> Option<Template> {
        let scalar = node.as_scalar()?;
        let template = computed::template(scalar, &mut self.out)?;
        let kind = self.check_template(scalar, &template, scope);
        self.check_business(&template, scalar.span);
        match template.literal().map(|text| parse_duration(text.trim())) {
            None => self.check_kind(scalar, &kind, &[Type::Duration], "a duration"),
            Some(Ok(duration)) if duration.is_exact() && duration.microseconds < 0 => {
                let message = "nothing waits for less than no time";
                self.error(Code::NotADuration, scalar.span, message, "write a duration without a minus");
            }
            // What is no duration was told by the pass over shapes.
            Some(_) => {}
        }
        Some(template)
    }

    /// Business time that is written out counts in a calendar.
    pub(super) fn check_business(&mut self, template: &Template, place: Span) {
        let written = template.literal().and_then(|text| parse_duration(text.trim()).ok());
        if written.is_some_and(|duration| duration.counts_business_time()) {
            self.need_calendar(place);
        }
    }

    /// A free value: a literal, something computed, or a structure of these.
    pub(super) fn value(&mut self, node: &Node, scope: &Scope, sink: Sink<'_>) -> Option<ValueTemplate> {
        match &node.kind {
            Kind::Scalar(_) if computed_scalar(node).is_some() => self.template(node, scope, sink).map(ValueTemplate::Computed),
            Kind::Scalar(scalar) => {
                self.warn_of_missing_braces(scalar, scope, BareNames::AreMeant);
                Some(ValueTemplate::Literal(free::scalar(scalar, &mut self.out)))
            }
            Kind::Sequence(items) => {
                let items: Vec<_> = items.iter().filter_map(|item| self.value(item, scope, sink)).collect();
                Some(fold_list(items))
            }
            Kind::Mapping(mapping) => {
                let fields = mapping
                    .iter()
                    .filter_map(|entry| Some((entry.key.text.clone(), self.value(&entry.value, scope, sink)?)));
                Some(fold_object(fields.collect()))
            }
            Kind::Empty | Kind::Broken => None,
        }
    }

    /// Named free values: what an event carries, an adapter is given, a mark holds.
    pub(super) fn values(&mut self, node: Option<&Node>, scope: &Scope, sink: Sink<'_>) -> Vec<(Arc<str>, ValueTemplate)> {
        let entries = node.and_then(Node::as_mapping).into_iter().flatten();
        let entries = entries.filter(|entry| !crate::yaml::is_extension(entry.name()));
        entries
            .filter_map(|entry| Some((entry.key.text.clone(), self.value(&entry.value, scope, sink)?)))
            .collect()
    }

    pub(super) fn check_sink(&mut self, template: &Template, span: Span, scope: &Scope, sink: Sink<'_>) {
        let Sink::Public(place) = sink else { return };
        if (Flow {
            scope,
            elsewhere: &self.personal_fields,
        })
        .template(template)
        {
            let message = format!("personal data would stand in {place}");
            let help =
                "a field marked `phi` may reach other `phi` fields only: everything else is stored where it cannot be erased";
            self.error(Code::PersonalData, span, message, help);
        }
    }

    /// Whether personal data stands anywhere in a value.
    pub(super) fn holds_personal(&self, value: &ValueTemplate, scope: &Scope) -> bool {
        let flow = Flow {
            scope,
            elsewhere: &self.personal_fields,
        };
        match value {
            ValueTemplate::Literal(_) => false,
            ValueTemplate::Computed(template) => flow.template(template),
            ValueTemplate::List(items) => items.iter().any(|item| self.holds_personal(item, scope)),
            ValueTemplate::Object(fields) => fields.iter().any(|(_, value)| self.holds_personal(value, scope)),
        }
    }

    /// A literal that reads like an expression over names that are known here: braces may be missing.
    fn warn_of_missing_braces(&mut self, scalar: &Scalar, scope: &Scope, bare_names: BareNames) {
        if scalar.style != Style::Plain {
            return;
        }
        let Ok(expression) = Expression::parse(&scalar.text) else {
            return;
        };
        let references = expression.references();
        let own = |name: &Arc<str>| scope.contains(name);
        let is_one_name = expression.root().path().is_some_and(|path| path.len() == 1);
        let speaks = !references.variables.is_empty() && references.variables.keys().all(own);
        if speaks && (bare_names == BareNames::AreMeant || !is_one_name) && !(is_one_name && is_common_word(scope, &scalar.text))
        {
            let message = format!("`{}` is text here, although it reads like an expression", scalar.text);
            let repair = format!("\"{{{{ {} }}}}\"", scalar.text.replace('"', "'"));
            self.out.push(
                Diagnostic::warning(Code::BracesMissing, scalar.span, message)
                    .help("to compute it put braces round it; if the text is meant put it in quotes")
                    .repair(scalar.span, repair),
            );
        }
    }
}

/// Words of the language itself are often meant as words: `key`, `history`.
fn is_common_word(scope: &Scope, text: &str) -> bool {
    matches!(scope.get(text), Some(Known::BuiltIn))
}

fn fold_list(items: Vec<ValueTemplate>) -> ValueTemplate {
    let literals: Option<Vec<Value>> = items.iter().map(literal).collect();
    literals.map_or(ValueTemplate::List(items), |items| {
        ValueTemplate::Literal(Value::from_items(items))
    })
}

fn fold_object(fields: Vec<(Arc<str>, ValueTemplate)>) -> ValueTemplate {
    let literals: Option<Object> = fields
        .iter()
        .map(|(name, value)| Some((name.clone(), literal(value)?)))
        .collect();
    literals.map_or(ValueTemplate::Object(fields), |fields| {
        ValueTemplate::Literal(Value::from_fields(fields))
    })
}

fn literal(value: &ValueTemplate) -> Option<Value> {
    match value {
        ValueTemplate::Literal(value) => Some(value.clone()),
        _ => None,
    }
}
