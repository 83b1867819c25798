//! Who there is in each story.

use std::sync::Arc;

use statewright_core::step::{Actor, ActorKind};

use super::Story;

/// Enough of each kind that nobody must do alone what two do.
pub fn cast(story: Story) -> Vec<Actor> {
    match story {
        Story::Lab => vec![
            of_organisation(person("opt", &["ecp"]), "north"),
            person("cas", &["customer_service"]),
            person("edi", &["edit_desk"]),
            person("eng", &["engineer"]),
            person("sto", &["stock_room"]),
            person("sue", &["surfacing"]),
            person("sol", &["surfacing", "coating"]),
            person("coa", &["coating"]),
            person("fin", &["finishing"]),
            person("fia", &["finishing", "inspector"]),
            person("ina", &["inspector"]),
            person("ino", &["inspector"]),
            person("shi", &["shipping"]),
            person("sam", &["lab_supervisor"]),
            person("max", &["lab_manager"]),
            person("qua", &["quality"]),
            person("qum", &["quality_manager"]),
        ],
        Story::Meters => vec![
            person("met", &["metrologist"]),
            person("mia", &["metrologist", "quality"]),
            person("mai", &["maintenance"]),
            person("qua", &["quality"]),
            person("qum", &["quality_manager"]),
            person("qmo", &["quality_manager"]),
            person("max", &["lab_manager"]),
            person("eng", &["engineer"]),
            person("ina", &["inspector"]),
            person("sto", &["stock_room"]),
        ],
        Story::Clinic => vec![
            person("reg", &["registrar"]),
            with_skill(of_unit(person("ned", &["nurse"]), "ED"), "triage"),
            with_skill(of_unit(person("nia", &["nurse"]), "ED"), "triage"),
            of_unit(person("ann", &["nurse"]), "W3"),
            of_unit(person("ben", &["nurse"]), "W3"),
            of_unit(person("cat", &["nurse"]), "W3"),
            of_unit(person("eva", &["clinician"]), "ED"),
            of_unit(person("eli", &["clinician"]), "ED"),
            of_unit(person("doc", &["clinician"]), "W3"),
            of_unit(person("chw", &["charge_nurse"]), "W3"),
            of_unit(person("che", &["charge_nurse"]), "ED"),
            person("con", &["consultant"]),
            person("bea", &["bed_manager"]),
            person("cle", &["cleaner"]),
            person("clo", &["cleaner"]),
            person("cam", &["case_manager"]),
            person("ros", &["roster_manager"]),
            person("adm", &["admin_on_call"]),
            person("pha", &["pharmacist"]),
        ],
    }
}

pub fn person(id: &str, roles: &[&str]) -> Actor {
    Actor {
        roles: roles.iter().map(|role| Arc::from(*role)).collect(),
        ..Actor::plain(ActorKind::Person, id)
    }
}

fn of_organisation(actor: Actor, organisation: &str) -> Actor {
    Actor {
        organisation: Some(organisation.into()),
        ..actor
    }
}

fn of_unit(actor: Actor, unit: &str) -> Actor {
    Actor {
        unit: Some(unit.into()),
        ..actor
    }
}

fn with_skill(actor: Actor, skill: &str) -> Actor {
    Actor {
        skills: vec![skill.into()],
        ..actor
    }
}
