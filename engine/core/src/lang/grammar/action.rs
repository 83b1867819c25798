//! Actions: one verb each, plus `if` and `each`. (Reference, section 3.3.)

use super::people::PEOPLE;
use super::task::CHANNELS;
use super::{Construct, Empty, Forms, Name, Shape, key};

pub(super) const ACTIONS: Shape = Shape::List(&Shape::Map(&ACTION));

/// A map from names to free values.
pub(super) const VALUES: Shape = Shape::Names(Name::Snake, &Shape::Value, Empty::Allowed);

pub(super) const RETRY: Shape = Shape::Map(&RETRY_KEYS);

static ACTION: Construct = Construct {
    noun: "an action",
    shared: &[],
    keys: &[
        key(
            "assign",
            Shape::Names(Name::Path, &Shape::Value, Empty::Refused),
            "sets data: dotted field names and their values",
        ),
        key(
            "put",
            Shape::Names(Name::Snake, &Shape::Value, Empty::Refused),
            "into a keyed list: adds, or merges; into another list: appends",
        ),
        key(
            "drop",
            Shape::Names(Name::Snake, &Shape::Value, Empty::Refused),
            "takes out the item with that key",
        ),
        key("raise", EVENT_WITH, "an event to itself, within this step"),
        key("send", Shape::Map(&SEND), "an event to another instance"),
        key("start", Shape::Map(&START_INSTANCE), "a new, independent instance"),
        key("notify", Shape::Map(&NOTIFY), "tells people"),
        key("call", Shape::Map(&CALL), "an effect without waiting"),
        key(
            "mark",
            Shape::Names(Name::Snake, &VALUES, Empty::Refused),
            "writes an indexed line into the trail",
        ),
        key(
            "unmark",
            Shape::Name(Name::Snake),
            "takes back this instance's latest mark of that name",
        ),
        key("reoffer", Shape::Map(&REOFFER), "gives back all that a person holds"),
        key("undo", UNDO, "compensations, latest first"),
        key("if", Shape::Expression, "runs the action only then"),
        key(
            "each",
            Shape::Expression,
            "runs the action for every item: `list` or `name in list`",
        ),
    ],
};

const EVENT_WITH: Shape = Shape::Either(&Forms {
    noun: "an event, or a mapping with `event` and `with`",
    scalar: Some(Shape::Name(Name::Event)),
    list: None,
    mapping: Some(Shape::Map(&RAISE)),
});

static RAISE: Construct = Construct {
    noun: "what is raised",
    shared: &[],
    keys: &[
        key("event", Shape::Name(Name::Event), "the event").required(),
        key("with", VALUES, "what it carries"),
    ],
};

static SEND: Construct = Construct {
    noun: "what is sent",
    shared: &[],
    keys: &[
        key("to", ADDRESSEE, "`parent`, a view that a read gave, or `{workflow, key}`").required(),
        key("event", Shape::Name(Name::Event), "the event").required(),
        key("with", VALUES, "what it carries"),
        key("in", Shape::Duration, "how long to wait before it is sent"),
        key(
            "id",
            Shape::Name(Name::Snake),
            "its answer comes as `sent.taken.ID`, `sent.ignored.ID` or `sent.refused.ID`",
        ),
        key("start", Shape::Boolean, "starts the instance if it is absent"),
    ],
};

const ADDRESSEE: Shape = Shape::Either(&Forms {
    noun: "`parent`, a view, or `{workflow, key}`",
    scalar: Some(Shape::Text),
    list: None,
    mapping: Some(Shape::Map(&INSTANCE)),
});

static INSTANCE: Construct = Construct {
    noun: "an instance",
    shared: &[],
    keys: &[
        key("workflow", Shape::Name(Name::File), "its workflow").required(),
        key("key", Shape::Text, "its key").required(),
    ],
};

static START_INSTANCE: Construct = Construct {
    noun: "what is started",
    shared: &[],
    keys: &[
        key("workflow", Shape::Name(Name::File), "its workflow").required(),
        key("key", Shape::Text, "its key; its own key template if none"),
        key("with", VALUES, "its form, filled in"),
    ],
};

static NOTIFY: Construct = Construct {
    noun: "a notice",
    shared: &[],
    keys: &[
        key("to", PEOPLE, "whom").required(),
        key("text", Shape::Text, "what").required(),
        key("via", CHANNELS, "by which ways; the inbox if none"),
        key("thread", Shape::Boolean, "puts it in the instance's conversation"),
    ],
};

static CALL: Construct = Construct {
    noun: "a call",
    shared: &[],
    keys: &[
        key("adapter", Shape::Name(Name::Snake), "the adapter").required(),
        key("action", Shape::Name(Name::Snake), "what it is to do").required(),
        key("input", VALUES, "what it is given"),
        key("require", Shape::Expression, "tried again immediately before each attempt"),
        key("expires", Shape::Duration, "after when it must not even begin"),
        key("retry", RETRY, "for failures the adapter calls temporary"),
        key("id", Shape::Name(Name::Snake), "a failure comes as `error.call.ID`"),
    ],
};

static RETRY_KEYS: Construct = Construct {
    noun: "a retry",
    shared: &[],
    keys: &[
        key("attempts", Shape::Integer(1, 1_000), "how often it is tried in all"),
        key("backoff", Shape::Backoff, "how long to wait: `first..most`"),
    ],
};

static REOFFER: Construct = Construct {
    noun: "a hand-over",
    shared: &[],
    keys: &[
        key("holder", Shape::Text, "whose tasks").required(),
        key("note", Shape::Text, "what the next one should know"),
    ],
};

const UNDO: Shape = Shape::Either(&Forms {
    noun: "`all`, or a list of the ids of invokes",
    scalar: Some(Shape::Word(&["all"])),
    list: Some(Shape::List(&Shape::Name(Name::Snake))),
    mapping: None,
});
