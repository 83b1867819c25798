//! Clocks, schedules and migrations. (Reference, sections 7 to 9.)

use super::action::VALUES;
use super::task::LADDER;
use super::{Construct, Empty, Forms, Name, Shape, key};

pub(super) static CLOCK: Construct = Construct {
    noun: "a clock",
    shared: &[],
    keys: &[
        key(
            "during",
            Shape::List(&Shape::Name(Name::State)),
            "the states in which it runs",
        )
        .required(),
        key("target", Shape::Duration, "how long it may take").required(),
        key(
            "count",
            Shape::Word(&["total", "visit"]),
            "all visits together, or from zero at each",
        ),
        key("escalate", LADDER, "what happens on the way and beyond"),
    ],
};

pub(super) static SCHEDULE: Construct = Construct {
    noun: "a schedule",
    shared: &[],
    keys: &[
        key("cron", Shape::Literal, "when").required(),
        key("zone", Shape::Literal, "in which zone"),
        key("dst", Shape::Map(&DAYLIGHT), "what happens when clocks change"),
        key(
            "missed",
            Shape::Word(&["skip", "once", "all"]),
            "what happens to runs missed while nobody ran",
        ),
        key("within", Shape::Duration, "how late a missed run may be"),
        key("start", Shape::Map(&START), "an instance of this workflow"),
        key("send", Shape::Map(&SEND), "an event to instances of this workflow"),
    ],
};

static DAYLIGHT: Construct = Construct {
    noun: "what happens when clocks change",
    shared: &[],
    keys: &[
        key("gap", Shape::Word(&["shift", "skip"]), "for an hour that does not exist"),
        key(
            "overlap",
            Shape::Word(&["first", "last", "both"]),
            "for an hour that comes twice",
        ),
    ],
};

static START: Construct = Construct {
    noun: "what is started",
    shared: &[],
    keys: &[key("key", Shape::Text, "its key"), key("with", VALUES, "its form, filled in")],
};

static SEND: Construct = Construct {
    noun: "what is sent",
    shared: &[],
    keys: &[
        key(
            "where",
            Shape::Names(Name::Path, &Shape::Value, Empty::Refused),
            "to instances whose fields equal these",
        ),
        key(
            "in",
            Shape::List(&Shape::Name(Name::State)),
            "and which are in one of these states",
        ),
        key("event", Shape::Name(Name::Event), "the event").required(),
        key("with", VALUES, "what it carries"),
    ],
};

pub(super) static MIGRATION: Construct = Construct {
    noun: "a migration",
    shared: &[],
    keys: &[
        key("from", Shape::Literal, "the definition's hash or version").required(),
        key(
            "states",
            Shape::Names(Name::State, &Shape::Name(Name::State), Empty::Refused),
            "old state to new",
        ),
        key(
            "data",
            Shape::Names(Name::Path, &Shape::Expression, Empty::Refused),
            "field to expression over `old`",
        ),
        key("timers", TIMERS, "what becomes of armed timers"),
        key("drop", Shape::List(&Shape::Name(Name::Snake)), "timers to be dropped"),
    ],
};

const TIMER_POLICY: Shape = Shape::Word(&["keep", "remaining", "restart"]);

const TIMERS: Shape = Shape::Either(&Forms {
    noun: "keep, remaining or restart, or a map of these by timer",
    scalar: Some(TIMER_POLICY),
    list: None,
    mapping: Some(Shape::Names(Name::Snake, &TIMER_POLICY, Empty::Refused)),
});
