//! Changing the instance's data: typed, checked, and noted for the trail.

use std::sync::Arc;

use super::machine::Machine;
use crate::field::{Field, Kind, Schema};
use crate::value::{Object, Value};

impl Machine<'_> {
    /// Sets the field at a path of dotted names. The whole field must then fit its declaration.
    pub(super) fn assign(&mut self, path: &[Arc<str>], value: Value) -> Result<(), String> {
        let Some((name, inner)) = path.split_first() else {
            return Err("`assign` without a field".into());
        };
        let field = self.field(name)?;
        let before = self.next.data.get(name).cloned().unwrap_or(Value::Null);
        let changed =
            place(&before, inner, value).ok_or_else(|| format!("`{}` is empty; it cannot be changed inside", joined(path)))?;
        let accepted = accept(field, &changed)?;
        self.store_field(name, before, accepted);
        Ok(())
    }

    /// Adds to a list; in a keyed list, merges into the item with the same key.
    pub(super) fn put(&mut self, name: &Arc<str>, item: &Value) -> Result<(), String> {
        let field = self.field(name)?;
        let keyed = keyed_by(&field.schema, name)?;
        let before = self.next.data.get(name).cloned().unwrap_or(Value::Null);
        let mut items: Vec<Value> = before.as_list().map(<[Value]>::to_vec).unwrap_or_default();
        let same = keyed.as_ref().and_then(|key| {
            let wanted = item.field(key)?;
            items
                .iter()
                .position(|each| each.field(key).is_some_and(|found| crate::value::order::same(found, wanted)))
        });
        match same.and_then(|position| items.get_mut(position)) {
            Some(existing) => *existing = merged(existing, item),
            None => items.push(item.clone()),
        }
        let accepted = accept(field, &Value::from_items(items))?;
        self.store_field(name, before, accepted);
        Ok(())
    }

    /// Takes out the item with this key; in a list without a key, every equal item.
    pub(super) fn drop_item(&mut self, name: &Arc<str>, key: &Value) -> Result<(), String> {
        let field = self.field(name)?;
        let keyed = keyed_by(&field.schema, name)?;
        let before = self.next.data.get(name).cloned().unwrap_or(Value::Null);
        let items: Vec<Value> = before.as_list().map(<[Value]>::to_vec).unwrap_or_default();
        let kept = items.into_iter().filter(|item| match &keyed {
            Some(field) => !item.field(field).is_some_and(|found| crate::value::order::same(found, key)),
            None => !crate::value::order::same(item, key),
        });
        let accepted = accept(field, &Value::from_items(kept.collect()))?;
        self.store_field(name, before, accepted);
        Ok(())
    }

    /// Stores a field that was checked already, and notes the change.
    pub(super) fn store_field(&mut self, name: &Arc<str>, before: Value, after: Value) {
        if before == after {
            return;
        }
        self.next.set_field(name, after.clone());
        self.log.change(name, before, after);
    }

    fn field(&self, name: &str) -> Result<&'_ Field, String> {
        self.chart
            .data
            .get(name)
            .ok_or_else(|| format!("`{name}` is no field of this workflow's data"))
    }
}

fn accept(field: &Field, value: &Value) -> Result<Value, String> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    field.accept(value).map_err(|problems| {
        problems
            .iter()
            .map(|problem| problem.to_string())
            .collect::<Vec<_>>()
            .join("; ")
    })
}

/// The value with what stands at the inner path replaced. None where there is nothing to go into.
fn place(base: &Value, inner: &[Arc<str>], value: Value) -> Option<Value> {
    let Some((name, deeper)) = inner.split_first() else {
        return Some(value);
    };
    let mut fields: Object = base.as_object()?.clone();
    let below = fields.get(name).cloned().unwrap_or(Value::Null);
    fields.insert(name.clone(), place(&below, deeper, value)?);
    Some(Value::from_fields(fields))
}

fn keyed_by(schema: &Schema, name: &str) -> Result<Option<Arc<str>>, String> {
    match &schema.kind {
        Kind::List { keyed, .. } => Ok(keyed.clone()),
        _ => Err(format!("`{name}` is not a list")),
    }
}

fn merged(existing: &Value, item: &Value) -> Value {
    match (existing.as_object(), item.as_object()) {
        (Some(old), Some(new)) => {
            let mut fields = old.clone();
            fields.extend(new.iter().map(|(name, value)| (name.clone(), value.clone())));
            Value::from_fields(fields)
        }
        _ => item.clone(),
    }
}

fn joined(path: &[Arc<str>]) -> String {
    path.iter().map(|part| &**part).collect::<Vec<_>>().join(".")
}
