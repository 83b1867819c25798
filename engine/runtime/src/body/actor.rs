//! An actor as a value: the principal of a token, and the sender of an event that waits.

use std::sync::Arc;

use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::Value;

use super::read::{BodyError, Members, object_of, text_or_null};

pub fn actor_value(actor: &Actor) -> Value {
    let (kind, workflow) = match &actor.kind {
        ActorKind::Person => ("person", None),
        ActorKind::Workflow { workflow } => ("workflow", Some(workflow)),
        ActorKind::Adapter => ("adapter", None),
        ActorKind::Schedule => ("schedule", None),
        ActorKind::Engine => ("engine", None),
    };
    object_of([
        ("id", Value::Text(actor.id.clone())),
        ("kind", Value::from_text(kind)),
        ("name", text_or_null(actor.name.as_ref())),
        ("on_behalf_of", text_or_null(actor.on_behalf_of.as_ref())),
        ("organisation", text_or_null(actor.organisation.as_ref())),
        ("person", text_or_null(actor.person.as_ref())),
        ("roles", texts_or_null(&actor.roles)),
        ("skills", texts_or_null(&actor.skills)),
        ("unit", text_or_null(actor.unit.as_ref())),
        ("workflow", text_or_null(workflow)),
    ])
}

pub fn actor_of(value: &Value) -> Result<Actor, BodyError> {
    let members = Members::of("actor", value)?;
    let kind = match &*members.text("kind")? {
        "person" => ActorKind::Person,
        "workflow" => ActorKind::Workflow {
            workflow: members.text("workflow")?,
        },
        "adapter" => ActorKind::Adapter,
        "schedule" => ActorKind::Schedule,
        "engine" => ActorKind::Engine,
        other => return Err(members.fault(format!("`{other}` is no kind of actor"))),
    };
    Ok(Actor {
        kind,
        id: members.text("id")?,
        name: members.optional_text("name")?,
        roles: members.texts("roles")?,
        unit: members.optional_text("unit")?,
        organisation: members.optional_text("organisation")?,
        skills: members.texts("skills")?,
        person: members.optional_text("person")?,
        on_behalf_of: members.optional_text("on_behalf_of")?,
    })
}

fn texts_or_null(texts: &[Arc<str>]) -> Value {
    match texts {
        [] => Value::Null,
        texts => Value::from_items(texts.iter().cloned().map(Value::Text).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_survives_its_value() {
        let mut actor = Actor::plain(ActorKind::Person, "ann");
        actor.roles = vec!["lab".into(), "inspector".into()];
        actor.organisation = Some("north".into());
        actor.on_behalf_of = Some("bob".into());
        assert_eq!(actor_of(&actor_value(&actor)), Ok(actor));
        let order = Actor::plain(
            ActorKind::Workflow {
                workflow: "lens-order".into(),
            },
            "A-1",
        );
        assert_eq!(actor_of(&actor_value(&order)), Ok(order));
    }
}
