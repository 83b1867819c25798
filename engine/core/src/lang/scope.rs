//! The names that an expression may use at a place: their types, and which of them hold personal data.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::{asked, builtin};
use crate::chart::Table;
use crate::expression::{Type, TypeScope, TypedCall};
use crate::field::{Field, Fields, Kind};

/// The names in scope. Cloned for each transition, branch and loop, which add their own.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    names: BTreeMap<Arc<str>, Known>,
    event: Event,
    /// None where no table is asked.
    tables: Option<Asked>,
}

/// The tables that expressions have named so far; None for one that cannot be used, which was told. Shared by all scopes of a workflow.
pub(super) type Asked = Rc<RefCell<BTreeMap<Arc<str>, Option<Arc<Table>>>>>;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// A field of the instance's own record.
    Field(Arc<Field>),
    /// A named value: its type, and whether personal data flows into it.
    Let { kind: Type, personal: bool },
    /// The view of one other instance, or null; it never holds personal fields.
    View,
    /// The views of several instances; a list without gaps.
    Views,
    /// Open tasks; a list without gaps.
    Tasks,
    /// What a read gives of which no more is known.
    Unknown,
    /// What a loop binds.
    Item { kind: Type, personal: bool },
    /// About the instance or the step.
    BuiltIn,
}

/// What `event` is at a place.
#[derive(Clone, Debug, Default)]
pub(super) enum Event {
    /// One of all events that lead here.
    #[default]
    Any,
    /// It carries these fields.
    Form(Arc<Fields>),
}

impl Scope {
    /// The same names where `event` is something else.
    pub(super) fn with_event(&self, event: Event) -> Scope {
        Scope {
            names: self.names.clone(),
            event,
            tables: self.tables.clone(),
        }
    }

    /// What stands still between two inputs: of these names none is there.
    pub(super) fn without(&self, names: &[&str]) -> Scope {
        let mut less = self.clone();
        less.names.retain(|name, _| !names.contains(&&**name));
        less
    }

    /// A scope without names, whose expressions may ask tables.
    pub(super) fn asking(tables: Asked) -> Scope {
        Scope {
            tables: Some(tables),
            ..Scope::default()
        }
    }

    /// A table that was named already.
    pub(super) fn table(&self, name: &str) -> Option<Arc<Table>> {
        self.tables.as_ref()?.borrow().get(name)?.clone()
    }

    pub(super) fn insert(&mut self, name: impl Into<Arc<str>>, known: Known) {
        self.names.insert(name.into(), known);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.names.get(name)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|name| &**name)
    }

    /// The field at a path that begins with a field of the record, or with `event` where its form is known.
    pub(super) fn field(&self, path: &[Arc<str>]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        match self.names.get(first)? {
            Known::Field(field) => field_within(field, rest),
            Known::BuiltIn if &**first == "event" => match (&self.event, rest.split_first()) {
                (Event::Form(fields), Some((name, rest))) => field_within(fields.get(name)?, rest),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether what stands at a path below a name is personal data, or holds some.
    pub(super) fn is_personal(&self, name: &str, path: &[Arc<str>], elsewhere: &BTreeSet<Arc<str>>) -> bool {
        match self.names.get(name) {
            Some(Known::Field(field)) => field.is_personal_at(path),
            Some(Known::Let { personal, .. } | Known::Item { personal, .. }) => *personal,
            Some(Known::BuiltIn) if name == "event" => self.event_is_personal(path, elsewhere),
            _ => false,
        }
    }

    /// `elsewhere` names the personal fields of all forms: where any event may have led, any of them may be there.
    fn event_is_personal(&self, path: &[Arc<str>], elsewhere: &BTreeSet<Arc<str>>) -> bool {
        match (&self.event, path.split_first()) {
            (Event::Form(fields), Some((first, rest))) => fields.get(first).is_some_and(|field| field.is_personal_at(rest)),
            (Event::Form(fields), None) => fields.any_is_personal(),
            (Event::Any, Some((first, _))) => elsewhere.contains(first),
            (Event::Any, None) => !elsewhere.is_empty(),
        }
    }
}

fn field_within<'f>(field: &'f Field, path: &[Arc<str>]) -> Option<&'f Field> {
    let Some((name, rest)) = path.split_first() else {
        return Some(field);
    };
    match &field.schema.kind {
        Kind::Object { fields, .. } => field_within(fields.get(name)?, rest),
        _ => None,
    }
}

impl TypeScope for Scope {
    fn variable(&self, name: &str) -> Option<Type> {
        Some(match self.names.get(name)? {
            Known::Field(field) => field.expression_type(),
            Known::Let { kind, .. } | Known::Item { kind, .. } => kind.clone(),
            Known::View => builtin::view(),
            Known::Views => Type::list(builtin::view().present().clone()),
            Known::Tasks => Type::list(builtin::open_task()),
            Known::Unknown => Type::Any,
            Known::BuiltIn if name == "event" => match &self.event {
                Event::Any => builtin::any_event(),
                Event::Form(fields) => builtin::event(fields),
            },
            Known::BuiltIn => builtin::variable(name),
        })
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.names.keys().cloned().collect()
    }

    fn call(&self, call: &TypedCall<'_>) -> Result<Type, String> {
        if self.tables.is_none() {
            return Err("a table asks no other: give it the value as an input".into());
        }
        match call.table.and_then(|name| self.table(name)) {
            Some(table) => asked::answer_type(&table, call),
            // what is wrong was told at the name
            None => Ok(Type::Any),
        }
    }
}
