//! Tables whose rows are found by the value of one column.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rows::Draft;
use super::{Reader, TABLE_ROWS_MAX, cell, entries};
use crate::chart::LookUp;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::field::{Fields, Kind};
use crate::value::order::Ordered;
use crate::value::{Object, Value};
use crate::yaml::{Mapping, Node};

impl Reader<'_, '_> {
    /// The column by which rows are found, and all columns.
    pub(super) fn key_and_columns(&mut self, table: &Mapping) -> Option<(Arc<str>, Fields)> {
        let node = table.get("columns")?;
        let columns = self.fields(node);
        self.refuse_personal(node, &columns, "a column");
        let key = table.get("key").and_then(Node::as_scalar)?;
        let names: Vec<&str> = columns.list.iter().map(|column| &*column.name).collect();
        let Some(column) = columns.get(&key.text) else {
            self.unknown(key, "column", &names);
            return None;
        };
        if matches!(
            column.schema.kind,
            Kind::Any | Kind::File | Kind::Object { .. } | Kind::List { .. } | Kind::Duration
        ) {
            let message = format!(
                "the column `{}` is {}, by which no row is found",
                key.text,
                column.expression_type()
            );
            self.error(Code::RowMisfit, key.span, message, "name a column of text, numbers or dates");
            return None;
        }
        Some((key.text.clone(), columns))
    }

    pub(super) fn look_up(&mut self, table: &Mapping) -> Option<LookUp> {
        let (key, columns) = self.key_and_columns(table)?;
        let names: Vec<&str> = columns.list.iter().map(|column| &*column.name).collect();
        let mut look_up = LookUp::new(key.clone(), columns.clone());
        let mut places: BTreeMap<Ordered, Span> = BTreeMap::new();
        for draft in self.rows(table, None, &names, TABLE_ROWS_MAX) {
            let Some(row) = self.row(&columns, &draft) else { continue };
            let value = row.get(&key).cloned().unwrap_or(Value::Null);
            let place = draft.mapping.get(&key).map_or(draft.span, |node| node.span);
            if value.is_null() {
                let message = format!("a row has no `{key}`, by which it would be found");
                self.error(Code::RowMisfit, place, message, "give it one, or take the row away");
            } else if look_up.insert(value.clone(), Value::from_fields(row)) {
                places.insert(Ordered(value), place);
            } else {
                let written = crate::value::text::to_text(&value, None);
                let message = format!("there is a row `{written}` already");
                let earlier = places.get(&Ordered(value)).copied().unwrap_or(draft.span);
                self.out.push(
                    Diagnostic::error(Code::TableOverlap, place, message)
                        .note_at(earlier, "the first one")
                        .help("a key finds one row: keep one of them"),
                );
            }
        }
        Some(look_up)
    }

    /// A row with all its columns; None where one of them does not fit, which was told.
    fn row(&mut self, columns: &Fields, draft: &Draft) -> Option<Object> {
        let names: Vec<&str> = columns.list.iter().map(|column| &*column.name).collect();
        let mut given = Object::new();
        let mut is_whole = true;
        for entry in entries(&draft.mapping) {
            let Some(column) = columns.get(entry.name()) else {
                self.unknown(&entry.key, "column", &names);
                is_whole = false;
                continue;
            };
            match cell::literal(&column.schema, &entry.value, self.out) {
                Some(value) => drop(given.insert(column.name.clone(), value)),
                None => is_whole = false,
            }
        }
        if !is_whole || draft.mapping.incomplete {
            return None;
        }
        match columns.accept_object(&given) {
            Ok(taken) => Some(taken.unwrap_or(given)),
            Err(problems) => {
                for problem in problems {
                    let message = format!("the row's {problem}");
                    self.error(
                        Code::RowMisfit,
                        draft.span,
                        message,
                        "fill it in, or declare the column `optional`",
                    );
                }
                None
            }
        }
    }
}
