//! Simulations: what comes, who works, how long things take. (Reference, section 12.)
//!
//! What the states, roles and adapters are called is held against the workflows where the file is read to be run.

use super::{Construct, Empty, Forms, Name, Shape, key};

pub(super) static SIMULATION: Construct = Construct {
    noun: "a simulation",
    shared: &[],
    keys: &[
        key("simulation", Shape::Name(Name::File), "its name").required(),
        key("title", Shape::Literal, "for people"),
        key("description", Shape::Literal, "for the reader"),
        key(
            "of",
            WORKFLOWS,
            "the workflows that are looked at; those that they ask are found beside them",
        )
        .required(),
        key("given", Shape::Map(&GIVEN), "what there is before anything comes"),
        key(
            "arrivals",
            Shape::Names(Name::Snake, &Shape::Map(&ARRIVAL), Empty::Refused),
            "name to what comes, and how often",
        )
        .required(),
        key(
            "durations",
            Shape::Names(Name::Any, &DISTRIBUTION, Empty::Refused),
            "how long it takes: of a task the work, of another state until somebody acts, of `adapter.action` the answer",
        ),
        key(
            "choices",
            Shape::Names(Name::Any, &Shape::Names(Name::Event, &CHOICE, Empty::Refused), Empty::Refused),
            "state to events with their weights; without it each event of a task's state is as likely as another",
        ),
        key(
            "staff",
            Shape::Names(Name::Snake, &GROUPS, Empty::Refused),
            "role to how many have it; of a role that is not named there are as many as are needed",
        ),
        key(
            "adapters",
            Shape::Names(Name::Any, &Shape::Map(&CONDUCT), Empty::Refused),
            "`adapter.action` to how it behaves, in place of what its contract says under `simulate`",
        ),
        key(
            "until",
            Shape::Literal,
            "how long it runs, such as `10d`, or the moment at which it ends",
        )
        .required(),
        key(
            "seed",
            Shape::Integer(0, 1 << 53),
            "what is drawn is drawn from it: the same seed gives the same report; 1 if none",
        ),
    ],
};

const WORKFLOWS: Shape = Shape::Either(&Forms {
    noun: "the name of a workflow, or a list of these",
    scalar: Some(Shape::Name(Name::File)),
    list: Some(Shape::List(&Shape::Name(Name::File))),
    mapping: None,
});

const STAND_INS: Shape = Shape::Names(Name::File, &Shape::Literal, Empty::Refused);

static GIVEN: Construct = Construct {
    noun: "what is given to a simulation",
    shared: &[],
    keys: &[
        key("clock", Shape::Literal, "the moment at which it begins"),
        key(
            "people",
            Shape::Anything,
            "name to roles, or to a mapping: people beside the staff, who are never busy",
        ),
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
        key("common", Shape::Anything, "values that are shared by aliases"),
    ],
};

static ARRIVAL: Construct = Construct {
    noun: "an arrival",
    shared: &[],
    keys: &[
        key(
            "start",
            Shape::Name(Name::File),
            "which workflow is started; the one of `of` if that names one",
        ),
        key("every", DISTRIBUTION, "how long from one to the next").required(),
        key(
            "hours",
            Shape::Name(Name::File),
            "the calendar in whose hours they come; time between them is counted in these hours",
        ),
        key("times", Shape::Integer(1, 1_000_000), "how many come; any number if none"),
        key("as", Shape::Anything, "who starts them; somebody who may, if none"),
        key(
            "with",
            Shape::Anything,
            "fields of the start form; others that are needed are drawn",
        ),
    ],
};

/// A length of time that is drawn.
const DISTRIBUTION: Shape = Shape::Either(&Forms {
    noun: "a duration, a range such as `2h..6h`, or a mapping with `mean`, or with `least`, `likely` and `most`",
    scalar: Some(Shape::Literal),
    list: None,
    mapping: Some(Shape::Map(&SHAPED)),
});

static SHAPED: Construct = Construct {
    noun: "a distribution",
    shared: &[],
    keys: &[
        key(
            "mean",
            Shape::Literal,
            "as calls and customers come, without memory: exponential with this mean; alone",
        ),
        key(
            "least",
            Shape::Literal,
            "of a triangle, with `likely` and `most`: the shortest",
        ),
        key("likely", Shape::Literal, "the likeliest"),
        key("most", Shape::Literal, "the longest"),
    ],
};

const WEIGHT: Shape = Shape::Integer(0, 1_000_000);

const CHOICE: Shape = Shape::Either(&Forms {
    noun: "a weight, or a weight with what is filled in",
    scalar: Some(WEIGHT),
    list: None,
    mapping: Some(Shape::Map(&CHOSEN)),
});

static CHOSEN: Construct = Construct {
    noun: "a choice of a simulation",
    shared: &[],
    keys: &[
        key("weight", WEIGHT, "how often, against the others").required(),
        key(
            "with",
            Shape::Anything,
            "fields of the form; others that are needed are drawn",
        ),
        key("reason", Shape::Literal, "the reason given, where one is asked for"),
    ],
};

const PEOPLE: Shape = Shape::Integer(0, 1_000);

const GROUPS: Shape = Shape::Either(&Forms {
    noun: "how many there are, a group, or a list of groups",
    scalar: Some(PEOPLE),
    list: Some(Shape::List(&Shape::Map(&GROUP))),
    mapping: Some(Shape::Map(&GROUP)),
});

static GROUP: Construct = Construct {
    noun: "a group of staff",
    shared: &[],
    keys: &[
        key("people", PEOPLE, "how many").required(),
        key(
            "hours",
            Shape::Name(Name::File),
            "the calendar in whose hours they work; around the clock if none",
        ),
        key("unit", Shape::Literal, "their unit"),
        key("organisation", Shape::Literal, "their organisation"),
        key("skills", Shape::List(&Shape::Literal), "what they can"),
    ],
};

pub(super) static CONDUCT: Construct = Construct {
    noun: "how an action behaves in simulations",
    shared: &[],
    keys: &[
        key("after", DISTRIBUTION, "how long until it answers; at once if none"),
        key(
            "returns",
            Shape::Anything,
            "fields of its answer; others that the contract names are drawn",
        ),
        key(
            "fails",
            FAILS,
            "how often it fails: a share such as `5%`, or the contract's errors and `temporary`, each with its share",
        ),
    ],
};

const FAILS: Shape = Shape::Either(&Forms {
    noun: "a share, or a map of errors to shares",
    scalar: Some(Shape::Literal),
    list: None,
    mapping: Some(Shape::Names(Name::Snake, &Shape::Literal, Empty::Refused)),
});
