//! Actions: one verb each, plus `if` and `each`. (Reference, section 3.3.)

use std::sync::Arc;

use super::value::Sink;
use super::{Lowering, head};
use crate::chart::{Action, Addressee, Each, PathAssignment, Send, StartInstance, Undo, ValueTemplate, Verb};
use crate::diagnostic::{Code, Span, nearest};
use crate::field::{Field, Kind};
use crate::lang::computed;
use crate::lang::scope::{Known, Scope};
use crate::yaml::{Entry, Mapping, Node, Scalar, is_extension};

const VERBS: [&str; 12] = [
    "assign", "put", "drop", "raise", "send", "start", "call", "mark", "notify", "unmark", "reoffer", "undo",
];

/// What goes to another instance, or into the trail.
pub(super) const MESSAGE: Sink<'static> = Sink::Public("a message to an instance");

impl Lowering<'_> {
    /// A list of actions, in order.
    pub(super) fn actions(&mut self, node: Option<&Node>, scope: &Scope) -> Vec<Action> {
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| self.action(item.as_mapping()?, head(item), scope))
            .collect()
    }

    fn action(&mut self, mapping: &Mapping, span: Span, scope: &Scope) -> Option<Action> {
        let verb = self.one_verb(mapping, span)?;
        let mut scope = scope.clone();
        let each = mapping.get("each").and_then(|node| self.each(node, &mut scope));
        let condition = mapping.get("if").and_then(|node| self.condition(node, &scope));
        let verb = self.verb(verb, &scope)?;
        Some(Action {
            verb,
            condition,
            each,
            span,
        })
    }

    fn one_verb<'m>(&mut self, mapping: &'m Mapping, span: Span) -> Option<&'m Entry> {
        let mut verbs = VERBS.iter().filter_map(|verb| mapping.entry(verb));
        let first = verbs.next();
        for second in verbs {
            let message = format!(
                "an action does one thing, and this one has `{}` already",
                first.map_or("", Entry::name)
            );
            self.error(
                Code::OneVerb,
                second.key.span,
                message,
                "make two actions of it: each is an item of the list",
            );
        }
        if first.is_none()
            && mapping
                .iter()
                .all(|entry| matches!(entry.name(), "if" | "each") || is_extension(entry.name()))
        {
            self.error(
                Code::OneVerb,
                span,
                "an action that does nothing",
                "add what is to be done, such as `assign`, `send` or `mark`",
            );
        }
        first
    }

    /// `list`, or `name in list`; what is bound joins the scope.
    pub(super) fn each(&mut self, node: &Node, scope: &mut Scope) -> Option<Each> {
        let scalar = node.as_scalar()?;
        let (name, at) = named_loop(&scalar.text).map_or((None, 0), |(name, at)| (Some(name), at));
        let list = computed::expression_at(scalar, at, &mut self.out)?;
        let kind = self.check_list(scalar, at, &list, scope);
        let personal = self.is_personal(&list, scope);
        let bound: Arc<str> = name.unwrap_or("item").into();
        if name.is_some() && scope.contains(&bound) {
            let message = format!("`{bound}` is a name here already");
            let start = scalar.text.len() - scalar.text.trim_start().len();
            self.error(
                Code::NameClash,
                scalar.span_of(start..start + bound.len()),
                message,
                "choose another name: expressions would not know which is meant",
            );
        }
        self.read_uses.bind(&bound, &list.references());
        scope.insert(bound.clone(), Known::Item { kind, personal });
        scope.insert("index", Known::BuiltIn);
        Some(Each {
            name: name.map(|_| bound),
            list,
        })
    }

    fn verb(&mut self, entry: &Entry, scope: &Scope) -> Option<Verb> {
        let mapping = entry.value.as_mapping();
        match entry.name() {
            "assign" => Some(Verb::Assign(self.assignments(mapping?, scope))),
            "put" => Some(Verb::Put(self.list_changes(mapping?, scope, true))),
            "drop" => Some(Verb::Drop(self.list_changes(mapping?, scope, false))),
            "raise" => self.raise(&entry.value, scope),
            "send" => self.send(mapping?, scope).map(Verb::Send),
            "start" => self.start_instance(mapping?, scope).map(Verb::Start),
            "call" => self.call(mapping?, scope).map(Verb::Call),
            "mark" => Some(Verb::Mark(self.written_marks(mapping?, scope))),
            "notify" => self.notify(mapping?, scope).map(Verb::Notify),
            "unmark" => {
                let name = entry.value.as_scalar()?;
                self.check_unmarked(name);
                Some(Verb::Unmark(name.text.clone()))
            }
            "undo" => Some(Verb::Undo(self.undo(&entry.value))),
            "reoffer" => self.reoffer(mapping?, scope).map(Verb::Reoffer),
            _ => None,
        }
    }

    fn assignments(&mut self, mapping: &Mapping, scope: &Scope) -> Vec<PathAssignment> {
        let mut assignments = Vec::new();
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            let path: Vec<Arc<str>> = entry.name().split('.').map(Arc::from).collect();
            let field = self.field_at(&entry.key, &path);
            let value = self.value_for(field.as_ref(), &path, &entry.value, scope);
            assignments.extend(value.map(|value| PathAssignment {
                path,
                value,
                span: entry.key.span,
            }));
        }
        assignments
    }

    /// The value of a field: personal data only into a field that keeps it apart, literals of the declared type.
    fn value_for(&mut self, field: Option<&Field>, path: &[Arc<str>], node: &Node, scope: &Scope) -> Option<ValueTemplate> {
        let name = path.join(".");
        let place = format!("the field `{name}`, which is not marked `phi`");
        let private = field.is_none() || self.is_personal_path(path);
        let value = self.value(node, scope, if private { Sink::Private } else { Sink::Public(&place) })?;
        let Some(field) = field else { return Some(value) };
        let ValueTemplate::Literal(literal) = &value else {
            self.check_value_fit(&field.schema, node, &value, scope, &format!("the field `{name}`"));
            return Some(value);
        };
        match field.accept(literal) {
            Ok(taken) => Some(ValueTemplate::Literal(taken)),
            Err(problems) => {
                for problem in problems {
                    self.error(
                        Code::WrongType,
                        node.span,
                        problem.to_string(),
                        "write a value that the declared type takes",
                    );
                }
                None
            }
        }
    }

    /// Whether the field at a path, or one around it, is marked `phi`.
    fn is_personal_path(&self, path: &[Arc<str>]) -> bool {
        (1..=path.len()).any(|length| {
            path.get(..length)
                .and_then(|path| self.data.at(path))
                .is_some_and(|field| field.phi)
        })
    }

    /// The field of `data` at a path; None with a diagnostic when there is none, and without one where fields are not declared.
    pub(super) fn field_at(&mut self, key: &Scalar, path: &[Arc<str>]) -> Option<Field> {
        if let Some(field) = self.data.at(path) {
            return Some(field.clone());
        }
        let data = self.data.clone();
        let mut level = &*data;
        for (depth, name) in path.iter().enumerate() {
            match level.get(name).map(|field| &field.schema.kind) {
                Some(Kind::Object { open: true, .. } | Kind::Any) => return None,
                Some(Kind::Object { fields, .. }) => level = fields,
                Some(_) => {
                    let before = path.get(..=depth).unwrap_or_default().join(".");
                    let message = format!("`{before}` has no fields");
                    self.error(
                        Code::UnknownField,
                        key.span,
                        message,
                        "a dotted path leads through objects only",
                    );
                    return None;
                }
                None => {
                    self.unknown_field(key, name, level.list.iter().map(|field| &*field.name));
                    return None;
                }
            }
        }
        None
    }

    /// A field that is not declared; the nearest is named.
    pub(super) fn unknown_field<'f>(&mut self, place: &Scalar, name: &str, known: impl Iterator<Item = &'f str>) {
        let at = place.text.find(name).unwrap_or(0);
        let span = place.span_of(at..at + name.len());
        let diagnostic = crate::diagnostic::Diagnostic::error(Code::UnknownField, span, format!("there is no field `{name}`"));
        self.out.push(match nearest(name, known) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(span, meant),
            None => diagnostic.help("declare it under `data`"),
        });
    }

    fn list_changes(&mut self, mapping: &Mapping, scope: &Scope, puts: bool) -> Vec<(Arc<str>, ValueTemplate)> {
        let mut changes = Vec::new();
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            let path = [entry.key.text.clone()];
            let field = self.field_at(&entry.key, &path);
            let items = field.as_ref().map(|field| &field.schema.kind);
            if field.is_some() && !matches!(items, Some(Kind::List { .. })) {
                let message = format!("`{}` is not a list", entry.name());
                let help = if puts {
                    "`assign` sets a field that is no list"
                } else {
                    "`assign` sets a field to `null`"
                };
                self.error(Code::WrongType, entry.key.span, message, help);
                continue;
            }
            if let (true, Some(Kind::List { items, keyed, .. })) = (puts, items) {
                self.check_item(items, keyed.as_deref(), &entry.value);
            }
            let place = format!("the list `{}`, which is not marked `phi`", entry.name());
            let sink = if self.is_personal_path(&path) {
                Sink::Private
            } else {
                Sink::Public(&place)
            };
            let value = self.value(&entry.value, scope, sink);
            changes.extend(value.map(|value| (entry.key.text.clone(), value)));
        }
        changes
    }

    /// An item that is put names declared fields only, and the one that identifies it.
    fn check_item(&mut self, items: &crate::field::Schema, keyed: Option<&str>, node: &Node) {
        let (Kind::Object { fields, open: false }, Some(mapping)) = (&items.kind, node.as_mapping()) else {
            return;
        };
        for entry in mapping.iter().filter(|entry| fields.get(entry.name()).is_none()) {
            self.unknown_field(&entry.key, entry.name(), fields.list.iter().map(|field| &*field.name));
        }
        if let Some(key) = keyed.filter(|key| mapping.get(key).is_none()) {
            let message = format!("the item does not say which one it is: `{key}` is missing");
            self.error(
                Code::MissingKey,
                head(node),
                message,
                format!("add `{key}`: it identifies the items of this list"),
            );
        }
    }

    fn raise(&mut self, node: &Node, scope: &Scope) -> Option<Verb> {
        let (scalar, with) = match node.as_mapping() {
            Some(mapping) => (mapping.get("event")?.as_scalar()?, mapping.get("with")),
            None => (node.as_scalar()?, None),
        };
        self.events.raised.push((scalar.text.clone(), scalar.span));
        // What is raised is taken within the step and is not kept by itself.
        let with = self.values(with, scope, Sink::Private);
        Some(Verb::Raise {
            event: scalar.text.clone(),
            with,
        })
    }

    fn send(&mut self, mapping: &Mapping, scope: &Scope) -> Option<Send> {
        let text = |key: &str| mapping.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        let event = text("event")?;
        let id: Arc<str> = text("id").unwrap_or_else(|| event.to_lowercase().into());
        self.events.sent.insert(id.clone());
        Some(Send {
            to: self.addressee(mapping.get("to")?, scope)?,
            event,
            with: self.values(mapping.get("with"), scope, MESSAGE),
            delay: mapping.get("in").and_then(|node| self.duration(node, scope)),
            id: Some(id),
            start: text("start").is_some_and(|text| &*text == "true"),
        })
    }

    fn addressee(&mut self, node: &Node, scope: &Scope) -> Option<Addressee> {
        if let Some(mapping) = node.as_mapping() {
            let workflow = mapping.get("workflow")?.as_scalar()?.text.clone();
            return Some(Addressee::Instance {
                workflow,
                key: self.identity(mapping.get("key")?, scope, MESSAGE)?,
            });
        }
        let scalar = node.as_scalar()?;
        if &*scalar.text == "parent" {
            return Some(Addressee::Parent);
        }
        let view = self.template(node, scope, MESSAGE)?;
        if view.single().is_none() {
            let message = "neither `parent` nor a view of an instance";
            self.error(
                Code::WrongType,
                scalar.span,
                message,
                "write `parent`, a read in braces such as \"{{ lot_now }}\", or `{workflow: …, key: …}`",
            );
            return None;
        }
        Some(Addressee::View(view))
    }

    fn start_instance(&mut self, mapping: &Mapping, scope: &Scope) -> Option<StartInstance> {
        let workflow = mapping.get("workflow")?.as_scalar()?;
        if mapping.get("key").is_none() {
            let message = format!("`start: {}` does not say which one is started", workflow.text);
            let help = "add `key`: it is known here, before there is an instance that could make one of its own";
            self.error(Code::MissingKey, workflow.span, message, help);
        }
        Some(StartInstance {
            workflow: workflow.text.clone(),
            key: mapping.get("key").and_then(|node| self.identity(node, scope, MESSAGE)),
            with: self.values(mapping.get("with"), scope, MESSAGE),
        })
    }

    /// `all`, or a list of the ids of invokes.
    fn undo(&mut self, node: &Node) -> Undo {
        let Some(items) = node.as_sequence() else { return Undo::All };
        let named: Vec<Scalar> = items.iter().filter_map(Node::as_scalar).cloned().collect();
        let ids = named.iter().map(|scalar| scalar.text.clone()).collect();
        self.undone.extend(named);
        Undo::Of(ids)
    }
}

/// The name that `name in list` binds, and where the list begins; None where the whole is the list.
fn named_loop(text: &str) -> Option<(&str, usize)> {
    let trimmed = text.trim_start();
    let end = trimmed.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))?;
    let (name, rest) = trimmed.split_at(end);
    let list = rest.trim_start().strip_prefix("in")?.strip_prefix([' ', '\n'])?;
    (!name.is_empty() && name.starts_with(|c: char| c.is_ascii_lowercase())).then(|| (name, text.len() - list.len()))
}
