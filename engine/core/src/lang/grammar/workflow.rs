//! The workflow itself. The root is a state: every key of a state may stand here, too. (Reference, sections 2 and 6.)

use super::clock::{CLOCK, MIGRATION, SCHEDULE};
use super::data::{FIELDS, FORM};
use super::people::{PARTIES, PEOPLE, SIGNATURE};
use super::state::{GUARDS, LETS, REASON, STATE_KEYS};
use super::{Construct, Empty, Forms, Key, Name, Shape, key};

pub(super) static WORKFLOW: Construct = Construct {
    noun: "a workflow",
    keys: OWN,
    shared: &[STATE_KEYS],
};

static OWN: &[Key] = &[
    key("workflow", Shape::Name(Name::File), "its name").required(),
    key(
        "key",
        Shape::Text,
        "the business key; unique among this workflow's instances for ever",
    ),
    key(
        "zone",
        Shape::Text,
        "the IANA zone for dates and calendar units; computed once, at start",
    ),
    key("calendar", Shape::Name(Name::File), "business hours"),
    key(
        "called",
        Shape::List(&Shape::Name(Name::Snake)),
        "fields that say beside its key who or what it is, to those who see them; of a date the year; at most 5",
    ),
    key("data", FIELDS, "the instance's own record"),
    key("let", LETS, "named values, computed where used"),
    key(
        "reads",
        Shape::Names(Name::Snake, &Shape::Map(&READ), Empty::Refused),
        "what is looked up elsewhere",
    ),
    key("start", Shape::Map(&START), "who may start one, with which form, if what"),
    key("access", Shape::List(&Shape::Map(&ACCESS)), "who sees an instance"),
    key(
        "sla",
        Shape::Names(Name::Snake, &Shape::Map(&CLOCK), Empty::Refused),
        "clocks",
    ),
    key(
        "schedules",
        Shape::Names(Name::Snake, &Shape::Map(&SCHEDULE), Empty::Refused),
        "what happens at set times",
    ),
    key(
        "migrate",
        Shape::List(&Shape::Map(&MIGRATION)),
        "how instances are to come from an older definition; checked and kept, and nothing moves them by it yet",
    ),
];

static START: Construct = Construct {
    noun: "a start",
    shared: &[],
    keys: &[
        key("by", PARTIES, "who may start an instance"),
        key("input", FORM, "the form"),
        key("guard", GUARDS, "what must hold"),
        key("sign", SIGNATURE, "an electronic signature"),
        key("reason", REASON, "a reason, kept in the trail"),
    ],
};

static ACCESS: Construct = Construct {
    noun: "an access rule",
    shared: &[],
    keys: &[
        key("for", PEOPLE, "who").required(),
        key("if", Shape::Expression, "only if this holds"),
        key(
            "show",
            Shape::List(&Shape::Name(Name::Path)),
            "only these fields; of what is counted, by which and over which",
        ),
        key(
            "break_glass",
            Shape::Duration,
            "seen for so long after it was opened with a reason, which somebody else reviews; at most `168h`",
        ),
        key(
            "counts_only",
            Shape::Integer(1, 1_000_000),
            "nothing but counts and sums, of at least so many together",
        ),
    ],
};

static READ: Construct = Construct {
    noun: "a read",
    shared: &[],
    keys: &[
        key("workflow", Shape::Name(Name::File), "the workflow of the instances"),
        key("key", Shape::Text, "one instance by its key"),
        key("keys", Shape::Value, "several by their keys"),
        key(
            "where",
            Shape::Names(Name::Path, &Shape::Value, Empty::Refused),
            "all whose fields equal these",
        ),
        key(
            "in",
            Shape::List(&Shape::Name(Name::State)),
            "and which are in one of these states",
        ),
        key("marks", Shape::Name(Name::Snake), "lines written by `mark`"),
        key(
            "tasks",
            Shape::Word(&["open", "held"]),
            "open tasks, or those of them that somebody holds; by `holder`, `role`, `unit`",
        ),
        key("since", Shape::Text, "only from that moment on"),
        key("order", Shape::Name(Name::Path), "by which field"),
        key("limit", Shape::Integer(1, 1_000), "at most so many"),
        key("take", TAKE, "the list, its length, or a sum, minimum or maximum"),
        key("one_per", Shape::Name(Name::Path), "only the latest of each"),
        key(
            "exact",
            Shape::Boolean,
            "for `where`: stepped again if one came, went or moved on meanwhile",
        ),
    ],
};

const TAKE: Shape = Shape::Either(&Forms {
    noun: "`list`, `count`, or one of sum, min or max of a field",
    scalar: Some(Shape::Word(&["list", "count"])),
    list: None,
    mapping: Some(Shape::Map(&SUM)),
});

pub(super) static SUM: Construct = Construct {
    noun: "a sum",
    shared: &[],
    keys: &[
        key("sum", Shape::Name(Name::Path), "the sum of this field"),
        key("min", Shape::Name(Name::Path), "the least of this field"),
        key("max", Shape::Name(Name::Path), "the greatest of this field"),
    ],
};
