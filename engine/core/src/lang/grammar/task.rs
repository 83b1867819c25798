//! Tasks and ladders. (Reference, sections 3.4 and 7.)

use super::people::PEOPLE;
use super::{Construct, Forms, Name, Shape, key};

pub(super) const TASK: Shape = Shape::Map(&TASK_KEYS);

pub(super) const LADDER: Shape = Shape::List(&Shape::Map(&RUNG));

pub(super) const CHANNELS: Shape = Shape::List(&Shape::Word(&["inbox", "mail", "page"]));

static TASK_KEYS: Construct = Construct {
    noun: "a task",
    shared: &[],
    keys: &[
        key("title", Shape::Text, "what is to be done; the state's title if none"),
        key("for", PEOPLE, "who may see and claim it").required(),
        key("due", Shape::Due, "the deadline; from opening if a duration"),
        key("follow_up", Shape::Due, "not shown as urgent before"),
        key("priority", Shape::Text, "`low`, `normal`, `high`, `urgent`, or 0 to 9"),
        key("show", Shape::List(&Shape::Name(Name::Path)), "what stands beside the form"),
        key("help", Shape::Text, "guidance"),
        key(
            "auto_assign",
            Shape::Map(&AUTO_ASSIGN),
            "it is given to one of those it is for",
        ),
        key("escalate", LADDER, "what happens when it waits too long"),
    ],
};

static AUTO_ASSIGN: Construct = Construct {
    noun: "an assignment",
    shared: &[],
    keys: &[
        key(
            "order",
            Shape::List(&Shape::Word(&["least_load", "longest_idle", "round_robin"])),
            "who is preferred: each decides where those before it do not",
        ),
        key("on_shift", Shape::Boolean, "only people on shift"),
        key("max", Shape::Integer(1, 1_000), "who holds so many tasks is given no more"),
        key(
            "sticky",
            Shape::Boolean,
            "who did this task last in this instance comes first",
        ),
        key(
            "first",
            Shape::Text,
            "the id of a person who comes before all others, if it is for them",
        ),
    ],
};

static RUNG: Construct = Construct {
    noun: "a rung",
    shared: &[],
    keys: &[
        key(
            "at",
            Shape::Share,
            "a share of the target or the deadline: `80%`, `100% + 15m`",
        ),
        key("after", Shape::Duration, "from the beginning"),
        key(
            "while",
            Shape::Word(&["unclaimed", "unacknowledged", "open"]),
            "as long as it is this",
        ),
        key("to", PEOPLE, "whom it reaches, who may then claim"),
        key("via", CHANNELS, "by which ways"),
        key("take", Shape::Boolean, "also takes it from its holder"),
        key("raise", Shape::Name(Name::Event), "an event to the instance"),
    ],
};

pub(super) const ONE_OR_MORE_STATES: Shape = Shape::Either(&Forms {
    noun: "a state, or a list of states",
    scalar: Some(Shape::Name(Name::State)),
    list: Some(Shape::List(&Shape::Name(Name::State))),
    mapping: None,
});
