//! Who: people, and who or what else may send an event. (Reference, section 5.)

use super::{Construct, Forms, Name, Shape, key};

const PERSON: &str = "a role, or a mapping of role, user, unit, organisation, skill or not";

pub(super) const PEOPLE: Shape = Shape::List(&Shape::Either(&Forms {
    noun: PERSON,
    scalar: Some(Shape::Computed(Name::Snake)),
    list: None,
    mapping: Some(Shape::Map(&PERSON_PATTERN)),
}));

/// People, workflows, adapters and schedules.
pub(super) const PARTIES: Shape = Shape::List(&Shape::Either(&Forms {
    noun: "a role, a person, `{workflow: …}`, `{adapter: …}` or `{schedule: …}`",
    scalar: Some(Shape::Computed(Name::Snake)),
    list: None,
    mapping: Some(Shape::Map(&PARTY)),
}));

const TEXTS: Shape = Shape::Either(&Forms {
    noun: "text, or a list of texts",
    scalar: Some(Shape::Text),
    list: Some(Shape::List(&Shape::Text)),
    mapping: None,
});

static PERSON_PATTERN: Construct = Construct {
    noun: "a person",
    shared: &[],
    keys: &[
        key("role", TEXTS, "who has this role"),
        key("user", TEXTS, "this user, or one of these"),
        key("unit", TEXTS, "who belongs to this unit"),
        key("organisation", TEXTS, "who belongs to this organisation"),
        key("skill", TEXTS, "who has this skill"),
        key("not", TEXTS, "never these users, whatever else matches"),
    ],
};

static PARTY: Construct = Construct {
    noun: "who may send an event",
    shared: &[],
    keys: &[
        key("role", TEXTS, "who has this role"),
        key("user", TEXTS, "this user, or one of these"),
        key("unit", TEXTS, "who belongs to this unit"),
        key("organisation", TEXTS, "who belongs to this organisation"),
        key("skill", TEXTS, "who has this skill"),
        key("not", TEXTS, "never these users, whatever else matches"),
        key("workflow", Shape::Name(Name::File), "an instance of this workflow"),
        key("adapter", Shape::Name(Name::Snake), "this adapter"),
        key("schedule", Shape::Name(Name::Snake), "this schedule"),
    ],
};

/// An electronic signature.
pub(super) const SIGNATURE: Shape = Shape::Either(&Forms {
    noun: "the sentence that is signed, or a mapping with `means`",
    scalar: Some(Shape::Text),
    list: None,
    mapping: Some(Shape::Map(&SIGN)),
});

static SIGN: Construct = Construct {
    noun: "a signature",
    shared: &[],
    keys: &[
        key("means", Shape::Text, "the sentence that is signed").required(),
        key(
            "people",
            PEOPLE_COUNT,
            "how many different people, or one of each of these roles",
        ),
        key(
            "with",
            Shape::Word(&["password", "second_factor", "wallet"]),
            "how they prove who they are",
        ),
        key("over", Shape::Value, "what is signed besides the input"),
    ],
};

const PEOPLE_COUNT: Shape = Shape::Either(&Forms {
    noun: "a number, or a list of roles",
    scalar: Some(Shape::Text),
    list: Some(Shape::List(&Shape::Name(Name::Snake))),
    mapping: None,
});
