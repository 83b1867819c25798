//! Field maps as types of expressions.

use super::{Field, Fields, Kind, Schema, file};
use crate::expression::Type;

impl Fields {
    /// The type of an object with exactly these fields.
    pub fn expression_type(&self) -> Type {
        object(self, false)
    }
}

impl Field {
    /// The type of its value; "or null" where it may be empty.
    pub fn expression_type(&self) -> Type {
        let present = self.schema.expression_type();
        if self.optional { Type::optional(present) } else { present }
    }
}

impl Schema {
    /// The type of a value that was accepted.
    pub fn expression_type(&self) -> Type {
        match &self.kind {
            Kind::Any => Type::Any,
            Kind::Text { .. } | Kind::Reference { .. } | Kind::User | Kind::Unit => Type::Text,
            Kind::Boolean => Type::Boolean,
            Kind::Integer => Type::Integer,
            Kind::Decimal { .. } => Type::Decimal,
            Kind::Date => Type::Date,
            Kind::Time => Type::Time,
            Kind::Instant => Type::Instant,
            Kind::Duration => Type::Duration,
            Kind::File => object(file::fields(), false),
            Kind::Object { fields, open } => object(fields, *open),
            Kind::List { items, .. } => Type::list(items.expression_type()),
        }
    }

    /// Where a value of that type could never be one of this. What is not known may fit; what may be null may be something else.
    pub fn misfit(&self, given: &Type) -> Option<Misfit> {
        let given = given.present();
        match (&self.kind, given) {
            (_, Type::Any | Type::Null) | (Kind::Any, _) => None,
            (Kind::List { items, .. }, Type::List(item)) => items.misfit(item).map(|misfit| misfit.within("[]")),
            (Kind::Object { fields, .. }, Type::Object { fields: given, .. }) => given.iter().find_map(|(name, given)| {
                let misfit = fields.get(name)?.schema.misfit(given)?;
                Some(misfit.within(name))
            }),
            (kind, given) if fits(kind, given) => None,
            (_, given) => Some(Misfit {
                path: String::new(),
                found: given.clone(),
                wanted: self.expression_type(),
            }),
        }
    }
}

/// A part of a computed value that can never stand where it would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// From the value as a whole; `[]` for the items of a list. Empty: the value itself.
    pub path: String,
    pub found: Type,
    pub wanted: Type,
}

impl Misfit {
    fn within(mut self, name: &str) -> Self {
        let point = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{name}{point}{}", self.path);
        self
    }
}

fn fits(kind: &Kind, given: &Type) -> bool {
    match (kind, given) {
        (Kind::Boolean | Kind::Integer | Kind::Object { .. } | Kind::List { .. } | Kind::File, Type::Text) => false,
        // Text may be the written form of any of the others.
        (_, Type::Text) => true,
        (Kind::Integer | Kind::Decimal { .. }, Type::Integer | Type::Decimal) => true,
        (Kind::Boolean, Type::Boolean) | (Kind::Date, Type::Date) | (Kind::Time, Type::Time) => true,
        (Kind::Instant, Type::Instant) | (Kind::Duration, Type::Duration) | (Kind::File, Type::Object { .. }) => true,
        _ => false,
    }
}

fn object(fields: &Fields, open: bool) -> Type {
    let fields = fields
        .list
        .iter()
        .map(|field| (field.name.clone(), field.expression_type()))
        .collect();
    Type::Object { fields, open }
}
