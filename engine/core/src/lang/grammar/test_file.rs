//! Files of scenarios. (Reference, section 11.)

use super::{Construct, Empty, Name, Shape, key};

pub(super) static TEST: Construct = Construct {
    noun: "a test file",
    shared: &[],
    keys: &[
        key("test", Shape::Name(Name::File), "its name").required(),
        key("uses", Shape::List(&Shape::Literal), "definition files beside it"),
        key("given", Shape::Map(&GIVEN), "what every scenario begins with"),
        key("scenarios", STEPS, "sentence to steps"),
        key("fragments", STEPS, "name to steps, for `play`"),
    ],
};

const STEPS: Shape = Shape::Names(Name::Any, &Shape::List(&Shape::Map(&STEP)), Empty::Refused);

const STAND_INS: Shape = Shape::Names(Name::File, &Shape::Literal, Empty::Refused);

static GIVEN: Construct = Construct {
    noun: "what is given",
    shared: &[],
    keys: &[
        key("clock", Shape::Literal, "the moment at which it begins"),
        key("people", Shape::Anything, "name to roles, or to a mapping"),
        key(
            "on_shift",
            Shape::List(&Shape::Literal),
            "who is on shift all the time, whatever the roster says",
        ),
        key("tables", STAND_INS, "tables by name, and the files that stand in for them"),
        key(
            "calendars",
            STAND_INS,
            "calendars by name, and the files that stand in for them",
        ),
        key("instances", Shape::Anything, "instances that are there already"),
        key("adapters", Shape::Anything, "what adapters answer"),
        key("common", Shape::Anything, "values that scenarios share by aliases"),
    ],
};

static STEP: Construct = Construct {
    noun: "a step",
    shared: &[],
    keys: &[
        key("start", Shape::Name(Name::File), "an instance of this workflow"),
        key("send", Shape::Name(Name::Event), "an event"),
        key("claim", Shape::Literal, "a task, by its state"),
        key("release", Shape::Literal, "a task, by its state"),
        key("acknowledge", Shape::Literal, "a task, by its state"),
        key("delegate", Shape::Literal, "a task, by its state"),
        key("open", Shape::Literal, "an instance, with a reason"),
        key("wait", Shape::Duration, "moves the clock"),
        key("at", Shape::Literal, "moves the clock to this moment"),
        key("place", Shape::Literal, "puts an instance into states"),
        key("adapter", Shape::Literal, "an adapter's answer, by hand"),
        key(
            "race",
            Shape::List(&Shape::Map(&STEP)),
            "steps in every order and interleaving",
        ),
        key("crash", Shape::Literal, "stops and restarts the engine there"),
        key(
            "deploy",
            Shape::Literal,
            "a file: this version of a live table or a calendar is in force from here on",
        ),
        key("expect", Shape::Anything, "what must hold"),
        key("play", Shape::Literal, "the steps of a fragment"),
        key("to", Shape::Literal, "which instance"),
        key("of", Shape::Literal, "which instance or task"),
        key("as", Shape::Anything, "who does it"),
        key("with", Shape::Anything, "the form, filled in"),
        key("id", Shape::Literal, "what it is called from here on"),
        key("in", Shape::Anything, "the states"),
        key("for", Shape::Anything, "for which instances"),
        key(
            "sign",
            Shape::Literal,
            "how it is signed: `password`, `second_factor` or `wallet`",
        ),
        key("task", Shape::Literal, "the task that the event finishes, by its state"),
        key("reason", Shape::Literal, "the reason given"),
        key("times", Shape::Integer(1, 100_000), "how often"),
        key("refused", Shape::Literal, "words of the refusal that must come"),
        key("ignored", Shape::Boolean, "whether it must be ignored"),
        key("blockers", Shape::Anything, "instances that the refusal must name"),
        key("returns", Shape::Anything, "the adapter's result"),
        key("fails", Shape::Anything, "the adapter's failure"),
        key("progress", Shape::Anything, "a step on the way, reported by hand"),
        key("undone", Shape::Anything, "the adapter's answer does not stand any more"),
        key("one", Shape::Anything, "what must become of one of them"),
        key("other", Shape::Anything, "what must become of the others"),
    ],
};
