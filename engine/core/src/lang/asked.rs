//! What a table answers to a call of `decide` or `table`, by type.

use crate::chart::{Body, Decision, LookUp, Table};
use crate::diagnostic::nearest;
use crate::expression::{Function, Type, TypedCall};

/// The type of the answer.
///
/// # Errors
/// What is wrong with the call, as a sentence without a full stop.
pub(super) fn answer_type(table: &Table, call: &TypedCall<'_>) -> Result<Type, String> {
    let name = &table.name;
    match (call.function, &table.body) {
        (Function::Decide, Body::Decision(decision)) => decided(name, decision, call),
        (Function::Table, Body::LookUp(look_up)) => looked_up(name, look_up, call),
        (_, Body::Decision(_)) => Err(format!("`{name}` decides: ask it by `decide('{name}', …)`")),
        (_, Body::LookUp(_)) => Err(format!("`{name}` is looked up: ask it by `table('{name}', key)`")),
    }
}

fn decided(name: &str, decision: &Decision, call: &TypedCall<'_>) -> Result<Type, String> {
    if !call.arguments.is_empty() {
        return Err(format!("`{name}` takes its inputs by name: `decide('{name}', input=value)`"));
    }
    for (input, found) in call.named {
        let Some(field) = decision.inputs.get(input) else {
            let known = decision.inputs.list.iter().map(|field| &*field.name);
            let near = nearest(input, known).map_or_else(String::new, |near| format!("; is `{near}` meant?"));
            return Err(format!("`{name}` has no input `{input}`{near}"));
        };
        if let Some(misfit) = field.schema.misfit(found) {
            let part = match misfit.path.as_str() {
                "" => format!("`{input}`"),
                path => format!("`{path}` in `{input}`"),
            };
            return Err(format!("{part} is {}, and `{name}` takes {}", misfit.found, misfit.wanted));
        }
    }
    let is_given = |input: &str| call.named.iter().any(|(given, _)| **given == *input);
    let required = decision.inputs.list.iter().filter(|field| field.is_required());
    let missing: Vec<String> = required
        .filter(|field| !is_given(&field.name))
        .map(|field| format!("`{}`", field.name))
        .collect();
    if missing.is_empty() {
        Ok(decision.gives.clone())
    } else {
        Err(format!("`{name}` also needs {}", missing.join(" and ")))
    }
}

fn looked_up(name: &str, look_up: &LookUp, call: &TypedCall<'_>) -> Result<Type, String> {
    let key = look_up.key_column().zip(call.arguments.first());
    if let Some((column, found)) = key
        && let Some(misfit) = column.schema.misfit(found)
    {
        return Err(format!(
            "the key is {}, and `{name}` is looked up by {}",
            misfit.found, misfit.wanted
        ));
    }
    Ok(Type::optional(look_up.columns.expression_type()))
}
