//! The kinds of file. The first key names the kind. (Reference, section 12.)

use super::adapter::ADAPTER;
use super::data::{FIELD, FIELDS};
use super::simulation::SIMULATION;
use super::state::LETS;
use super::test_file::TEST;
use super::view::{PORTAL, VIEW};
use super::workflow::WORKFLOW;
use super::{Construct, Empty, Forms, Key, Name, Shape, key};

/// One kind of file.
pub(in crate::lang) struct Kind {
    /// The key that names it.
    pub key: &'static str,
    pub construct: &'static Construct,
}

pub(in crate::lang) static KINDS: &[Kind] = &[
    Kind {
        key: "workflow",
        construct: &WORKFLOW,
    },
    Kind {
        key: "schema",
        construct: &SCHEMA,
    },
    Kind {
        key: "table",
        construct: &TABLE,
    },
    Kind {
        key: "calendar",
        construct: &CALENDAR,
    },
    Kind {
        key: "roles",
        construct: &ROLES,
    },
    Kind {
        key: "marks",
        construct: &MARKS,
    },
    Kind {
        key: "adapter",
        construct: &ADAPTER,
    },
    Kind {
        key: "view",
        construct: &VIEW,
    },
    Kind {
        key: "portal",
        construct: &PORTAL,
    },
    Kind {
        key: "simulation",
        construct: &SIMULATION,
    },
    Kind {
        key: "test",
        construct: &TEST,
    },
];

static SCHEMA: Construct = Construct {
    noun: "a schema",
    keys: SCHEMA_KEYS,
    shared: &[FIELD.keys],
};

static SCHEMA_KEYS: &[Key] = &[key("schema", Shape::Name(Name::File), "its name").required()];

static TABLE: Construct = Construct {
    noun: "a table",
    shared: &[],
    keys: &[
        key("table", Shape::Name(Name::File), "its name").required(),
        key("title", Shape::Literal, "for people"),
        key(
            "live",
            Shape::Boolean,
            "it is deployed by itself, and may change without a deployment of who asks it",
        ),
        key("key", Shape::Name(Name::Snake), "the column that a look-up names"),
        key("columns", FIELDS, "of a look-up: the columns and their types"),
        key("inputs", FIELDS, "of a decision: what it is given"),
        key("output", Shape::Value, "of a decision: how rows become one answer"),
        key("rows", Shape::List(&ROW), "the rows"),
        key("rows_from", Shape::Literal, "a CSV file with the rows"),
        key("mode", Shape::Word(&["first", "unique", "collect"]), "which rows answer"),
        key("let", LETS, "values for the rows"),
        key("tests", Shape::List(&Shape::Map(&TABLE_TEST)), "what it must answer"),
    ],
};

/// Of a look-up, columns and values; of a decision what [`DECISION_ROWS`] say.
const ROW: Shape = Shape::Names(Name::Any, &Shape::Value, Empty::Allowed);

/// The rows of a decision. They may stand in another file, too, and their cells are read by its inputs: the reader of tables tells what
/// is wrong with them.
pub(in crate::lang) const DECISION_ROWS: Shape = Shape::List(&Shape::Map(&DECISION_ROW));

pub(in crate::lang) static DECISION_ROW: Construct = Construct {
    noun: "a row of a decision",
    shared: &[],
    keys: &[
        key(
            "when",
            Shape::Names(Name::Snake, &Shape::Value, Empty::Refused),
            "input to a value, `>= 65`, `2.00..3.50` or a list of values: all must fit",
        ),
        key("if", Shape::Expression, "what must hold besides"),
        key(
            "then",
            Shape::Names(Name::Snake, &Shape::Value, Empty::Allowed),
            "what it gives",
        ),
        key(
            "group",
            Shape::Literal,
            "where rows are collected: of each group the first that fits",
        ),
    ],
};

/// What a decision answers with the first or the only row: fields with their types.
pub(in crate::lang) const DECIDED_FIELDS: Shape = FIELDS;

/// What a decision that collects answers.
pub(in crate::lang) const COMBINED_FIELDS: Shape = Shape::Names(Name::Snake, &Shape::Map(&COMBINED), Empty::Refused);

static COMBINED: Construct = Construct {
    noun: "a part of an answer",
    shared: &[],
    keys: &[
        key(
            "from",
            Shape::Word(&["list", "all", "any", "sum", "max", "min"]),
            "how the rows' values are put together",
        )
        .required(),
        key("of", Shape::Expression, "the value, of what a row gives").required(),
        key("if", Shape::Expression, "only of rows for which this holds"),
    ],
};

static TABLE_TEST: Construct = Construct {
    noun: "a test of a table",
    shared: &[],
    keys: &[
        key("with", Shape::Value, "what it is given").required(),
        key("gives", Shape::Value, "what it must answer").required(),
    ],
};

static CALENDAR: Construct = Construct {
    noun: "a calendar",
    shared: &[],
    keys: &[
        key("calendar", Shape::Name(Name::File), "its name").required(),
        key("zone", Shape::Literal, "its IANA zone"),
        key("hours", OPENING_HOURS, "weekday to hours such as `08:00-17:00`"),
        key("holidays", HOLIDAYS, "dates, perhaps with names"),
        key("exceptions", OPENING_HOURS, "date to hours"),
        key("extends", Shape::Name(Name::File), "the calendar it is added to"),
    ],
};

const OPENING_HOURS: Shape = Shape::Names(Name::Any, &Shape::List(&Shape::Literal), Empty::Allowed);

const HOLIDAYS: Shape = Shape::Either(&Forms {
    noun: "a list of dates, or a map of dates to names",
    scalar: None,
    list: Some(Shape::List(&Shape::Literal)),
    mapping: Some(Shape::Names(Name::Any, &Shape::Literal, Empty::Allowed)),
});

static ROLES: Construct = Construct {
    noun: "a file of roles",
    shared: &[],
    keys: &[
        key(
            "roles",
            Shape::Names(Name::Snake, &Shape::Map(&ROLE), Empty::Allowed),
            "the roles",
        )
        .required(),
        key(
            "apart",
            Shape::List(&Shape::List(&Shape::Name(Name::Snake))),
            "roles no one may hold together",
        ),
        key("units", UNITS, "the units; without them any name is one"),
        key("roster", Shape::Map(&ROSTER), "which instances are shifts"),
        key(
            "substitutes",
            Shape::Names(Name::Snake, &Shape::List(&Shape::Name(Name::Snake)), Empty::Refused),
            "role to the roles of which a substitute has one",
        ),
        key(
            "quiet_hours",
            Shape::Names(Name::Snake, &Shape::Map(&QUIET_HOURS), Empty::Refused),
            "role to the hours at which it is not disturbed",
        ),
        key(
            "access_reviewer",
            Shape::Name(Name::Snake),
            "the role that reviews who opened an instance with a reason; without it `privacy_officer`",
        ),
    ],
};

const UNITS: Shape = Shape::Either(&Forms {
    noun: "a list of units, or a map of units to what is to be said of them",
    scalar: None,
    list: Some(Shape::List(&Shape::Name(Name::Any))),
    mapping: Some(Shape::Names(Name::Any, &Shape::Map(&UNIT), Empty::Allowed)),
});

static UNIT: Construct = Construct {
    noun: "a unit",
    shared: &[],
    keys: &[
        key("title", Shape::Literal, "for people"),
        key("organisation", Shape::Literal, "whose it is"),
    ],
};

static ROLE: Construct = Construct {
    noun: "a role",
    shared: &[],
    keys: &[
        key("title", Shape::Literal, "for people"),
        key("includes", Shape::List(&Shape::Name(Name::Snake)), "roles that belong to it"),
        key("second_factor", Shape::Boolean, "whether signing in takes two factors"),
        key("session", Shape::Duration, "how long who does nothing stays signed in"),
    ],
};

static QUIET_HOURS: Construct = Construct {
    noun: "quiet hours",
    shared: &[],
    keys: &[
        key("hours", OPENING_HOURS, "weekday to hours such as `22:00-07:00`").required(),
        key("zone", Shape::Literal, "the zone whose clock shows these hours").required(),
        key(
            "channel",
            Shape::Word(&["mail", "page"]),
            "the one that may disturb all the same; the inbox never disturbs",
        ),
    ],
};

static ROSTER: Construct = Construct {
    noun: "a roster",
    shared: &[],
    keys: &[
        key("workflow", Shape::Name(Name::File), "the workflow whose instances are shifts").required(),
        key(
            "in",
            Shape::List(&Shape::Name(Name::State)),
            "the states in which a shift is on",
        ),
        key("person", Shape::Name(Name::Path), "the field with the people").required(),
        key("from", Shape::Name(Name::Path), "the field with the beginning"),
        key("to", Shape::Name(Name::Path), "the field with the end"),
        key("unit", Shape::Name(Name::Path), "the field with the unit"),
    ],
};

static MARKS: Construct = Construct {
    noun: "a file of marks",
    shared: &[],
    keys: &[key(
        "marks",
        Shape::Names(Name::Snake, &FIELDS, Empty::Allowed),
        "the names of trail lines and their fields; marks are found by references, dates, fields with `enum` or `table`, and those with `index`",
    )
    .required()],
};
