//! Contracts of adapters. (Reference, section 12.)

use super::data::FIELDS;
use super::simulation::CONDUCT;
use super::{Construct, Empty, Forms, Name, Shape, key};

pub(super) static ADAPTER: Construct = Construct {
    noun: "an adapter's contract",
    shared: &[],
    keys: &[
        key("adapter", Shape::Name(Name::Snake), "its name, as workflows write it").required(),
        key("title", Shape::Literal, "for people"),
        key("description", Shape::Literal, "for the reader"),
        key(
            "actions",
            Shape::Names(Name::Snake, &Shape::Map(&ACTION), Empty::Allowed),
            "what it does; a workflow asks for nothing else",
        ),
        key(
            "events",
            Shape::Names(Name::Event, &Shape::Map(&EVENT), Empty::Allowed),
            "what it reports by itself; a workflow waits for nothing else",
        ),
        key(
            "simulate",
            Shape::Names(Name::Snake, &Shape::Map(&CONDUCT), Empty::Refused),
            "how its actions behave in [simulations](simulating.md); no part of a definition, so that it may change at any time",
        ),
    ],
};

static ACTION: Construct = Construct {
    noun: "an adapter's action",
    shared: &[],
    keys: &[
        key("description", Shape::Literal, "for the reader"),
        key("input", FIELDS, "what it is given; nothing if none"),
        key(
            "output",
            FIELDS,
            "what it answers at least, as `event.result`; an answer without it is `error.ID` with `why: contract`",
        ),
        key("progress", FIELDS, "what it reports on the way, as `event`; nothing if none"),
        key(
            "errors",
            Shape::Names(Name::Snake, &FIELDS, Empty::Allowed),
            "the refusals it names, with what `event.error.detail` holds; the name is `event.error.why`",
        ),
        key(
            "temporary",
            Shape::List(&Shape::Name(Name::Snake)),
            "which of these errors pass: it is asked again",
        ),
        key(
            "undone",
            UNDONE,
            "that it may take its answer back, and what `event` holds then",
        ),
        key(
            "repeat_safe",
            Shape::Boolean,
            "false: it is asked once at most, and `retry` is a problem. Whoever asked hears `why: unknown` where nobody knows whether it was done; true if nothing is said",
        ),
    ],
};

const UNDONE: Shape = Shape::Either(&Forms {
    noun: "true, or a map of fields",
    scalar: Some(Shape::Boolean),
    list: None,
    mapping: Some(FIELDS),
});

static EVENT: Construct = Construct {
    noun: "an adapter's event",
    shared: &[],
    keys: &[
        key("description", Shape::Literal, "for the reader"),
        key("fields", FIELDS, "what it carries"),
        key("to", WORKFLOWS, "the workflows whose instances it is for; any if none"),
    ],
};

const WORKFLOWS: Shape = Shape::Either(&Forms {
    noun: "the name of a workflow, or a list of these",
    scalar: Some(Shape::Name(Name::File)),
    list: Some(Shape::List(&Shape::Name(Name::File))),
    mapping: None,
});
