//! A table whose rows are found by the value of one column.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::field::{Field, Fields};
use crate::value::Value;
use crate::value::order::Ordered;

/// Rows by their key.
#[derive(Clone, Debug)]
pub struct LookUp {
    /// The column that identifies a row; one of `columns`.
    pub key: Arc<str>,
    pub columns: Fields,
    rows: BTreeMap<Ordered, Value>,
}

impl LookUp {
    /// A table without rows.
    pub fn new(key: Arc<str>, columns: Fields) -> Self {
        LookUp {
            key,
            columns,
            rows: BTreeMap::new(),
        }
    }

    /// Adds a row, an object of all columns. False, and nothing added: there is one of that key already.
    pub fn insert(&mut self, key: Value, row: Value) -> bool {
        let key = Ordered(key);
        let is_new = !self.rows.contains_key(&key);
        if is_new {
            self.rows.insert(key, row);
        }
        is_new
    }

    /// The row of that key, an object of all columns; null if there is none, or if the key is null.
    pub fn row(&self, key: &Value) -> Value {
        // a key may come as the text of a date or a number, where its type was not known
        let key = self.key_column().and_then(|column| column.schema.accept(key).ok());
        let row = key.and_then(|key| self.rows.get(&Ordered(key)));
        row.cloned().unwrap_or(Value::Null)
    }

    /// The declaration of the key's column.
    pub fn key_column(&self) -> Option<&Field> {
        self.columns.get(&self.key)
    }

    /// In their order.
    pub fn keys(&self) -> impl Iterator<Item = &Value> {
        self.rows.keys().map(|Ordered(key)| key)
    }
}
