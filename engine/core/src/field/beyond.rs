//! Whether every value of one type is one of another, too: what was declared yesterday against what is declared today.

use std::fmt;

use super::{Fields, Kind, Schema};
use crate::value::Decimal;

/// Why a value of one type may be none of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// From the value as a whole; `[]` for the items of a list. Empty: the value itself.
    pub path: String,
    /// About the wider type, or the narrower one: `it is text, and an integer is wanted`.
    pub sentence: String,
}

impl fmt::Display for Beyond {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.is_empty() {
            true => formatter.write_str(&self.sentence),
            false => write!(formatter, "`{}`: {}", self.path, self.sentence),
        }
    }
}

impl Beyond {
    fn of(sentence: impl Into<String>) -> Option<Self> {
        Some(Beyond {
            path: String::new(),
            sentence: sentence.into(),
        })
    }

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

impl Schema {
    /// Why a value of this type may be none of `wider`; None: each of them is. Rather too much is told than too little: of two patterns
    /// it is not known which one says more.
    pub fn beyond(&self, wider: &Schema) -> Option<Beyond> {
        if let Some(beyond) = self.kind_beyond(wider) {
            return Some(beyond);
        }
        if let Some(allowed) = &self.allowed {
            let refused = allowed.iter().find(|value| wider.accept(value).is_err())?;
            return Beyond::of(format!(
                "`{}` is not among its values",
                crate::value::text::to_text(refused, None)
            ));
        }
        if wider.allowed.is_some() {
            return Beyond::of("only some values are wanted, and it is not limited to these");
        }
        self.limits_beyond(wider)
    }

    fn kind_beyond(&self, wider: &Schema) -> Option<Beyond> {
        match (&self.kind, &wider.kind) {
            (_, Kind::Any) => None,
            (
                Kind::Object { fields, open },
                Kind::Object {
                    fields: wider,
                    open: takes_any,
                },
            ) => fields_beyond(fields, wider, *open, *takes_any),
            (Kind::List { items, .. }, Kind::List { items: wider, .. }) => items.beyond(wider).map(|beyond| beyond.within("[]")),
            (Kind::Reference { workflow }, Kind::Reference { workflow: wider }) if wider.is_some() && wider != workflow => {
                Beyond::of("it names instances of another workflow")
            }
            (own, other) if std::mem::discriminant(own) == std::mem::discriminant(other) => None,
            _ => Beyond::of(format!(
                "it is {}, and {} is wanted",
                self.expression_type(),
                wider.expression_type()
            )),
        }
    }

    fn limits_beyond(&self, wider: &Schema) -> Option<Beyond> {
        let at_least = |own: Option<usize>, wider: Option<usize>| wider.is_none_or(|wider| own.is_some_and(|own| own >= wider));
        let at_most = |own: Option<usize>, wider: Option<usize>| wider.is_none_or(|wider| own.is_some_and(|own| own <= wider));
        let holds = match (&self.kind, &wider.kind) {
            (
                Kind::Text {
                    min_length,
                    max_length,
                    pattern,
                },
                Kind::Text {
                    min_length: least,
                    max_length: most,
                    pattern: wanted,
                },
            ) => {
                let text = |pattern: &Option<super::Pattern>| pattern.as_ref().map(|pattern| pattern.text.clone());
                at_least(*min_length, *least)
                    && at_most(*max_length, *most)
                    && (wanted.is_none() || text(wanted) == text(pattern))
            }
            (Kind::Decimal { scale }, Kind::Decimal { scale: most }) => {
                let digits = |scale: &Option<u32>| scale.map(|scale| scale as usize);
                at_most(digits(scale), digits(most))
            }
            (
                Kind::List {
                    keyed,
                    min_items,
                    max_items,
                    unique_items,
                    ..
                },
                Kind::List {
                    keyed: wanted,
                    min_items: least,
                    max_items: most,
                    unique_items: unique,
                    ..
                },
            ) => {
                let keys = wanted.is_none() || wanted == keyed;
                keys && at_least(*min_items, *least) && at_most(*max_items, *most) && (*unique_items || !unique)
            }
            _ => true,
        };
        let within = holds && self.numbers_within(wider);
        match within {
            true => None,
            false => Beyond::of("its limits are other ones"),
        }
    }

    fn numbers_within(&self, wider: &Schema) -> bool {
        let least = |bound: Decimal| {
            self.minimum.is_some_and(|own| own >= bound) || self.exclusive_minimum.is_some_and(|own| own >= bound)
        };
        let above = |bound: Decimal| {
            self.minimum.is_some_and(|own| own > bound) || self.exclusive_minimum.is_some_and(|own| own >= bound)
        };
        let most = |bound: Decimal| {
            self.maximum.is_some_and(|own| own <= bound) || self.exclusive_maximum.is_some_and(|own| own <= bound)
        };
        let below = |bound: Decimal| {
            self.maximum.is_some_and(|own| own < bound) || self.exclusive_maximum.is_some_and(|own| own <= bound)
        };
        wider.minimum.is_none_or(least)
            && wider.exclusive_minimum.is_none_or(above)
            && wider.maximum.is_none_or(most)
            && wider.exclusive_maximum.is_none_or(below)
            && wider.multiple_of.is_none_or(|step| self.multiple_of == Some(step))
    }
}

/// `open`: these fields are not all that an object may have; `takes_any`: fields that are not declared are taken.
fn fields_beyond(fields: &Fields, wider: &Fields, open: bool, takes_any: bool) -> Option<Beyond> {
    if open && !takes_any {
        return Beyond::of("it may have fields that are not wanted");
    }
    for field in &fields.list {
        match wider.get(&field.name) {
            None if takes_any => {}
            None => return Beyond::of(format!("a field `{}` is not wanted", field.name)),
            Some(wanted) if field.optional && !wanted.optional => return Beyond::of(format!("`{}` may be empty", field.name)),
            Some(wanted) => {
                if let Some(beyond) = field.schema.beyond(&wanted.schema) {
                    return Some(beyond.within(&field.name));
                }
            }
        }
    }
    let missing = wider
        .list
        .iter()
        .find(|wanted| wanted.is_required() && fields.get(&wanted.name).is_none());
    missing.and_then(|missing| Beyond::of(format!("a field `{}` is missing", missing.name)))
}
