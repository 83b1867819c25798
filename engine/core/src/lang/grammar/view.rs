//! Views and portals: what is shown. (Reference, section 12.)

use super::people::PEOPLE;
use super::workflow::SUM;
use super::{Construct, Empty, Forms, Name, Shape, key};

pub(super) static VIEW: Construct = Construct {
    noun: "a view",
    shared: &[],
    keys: &[
        key("view", Shape::Name(Name::File), "its name").required(),
        key("title", Shape::Literal, "for people"),
        key("description", Shape::Literal, "for the reader"),
        key("for", PEOPLE, "who sees it").required(),
        key("kind", Shape::Word(&["board", "list", "page", "chart"]), "how it is shown").required(),
        key("of", Shape::Name(Name::File), "a workflow, or `tasks`").required(),
        key(
            "where",
            Shape::Names(Name::Path, &Shape::Value, Empty::Refused),
            "only what equals these: fields that are indexed; of tasks the workflow, the role, the unit or the holder",
        ),
        key("in", Shape::List(&Shape::Name(Name::State)), "only in these states"),
        key(
            "columns",
            COLUMNS,
            "what is shown of each: fields of `data` and `let`, and what every instance or task has",
        ),
        key(
            "lanes",
            LANES,
            "of a board: its lanes, each a state or several under one title",
        ),
        key("sort", Shape::List(&Shape::Map(&SORT)), "in which order"),
        key(
            "group",
            Shape::Name(Name::Path),
            "what belongs together: those with the same in this column",
        ),
        key("measure", MEASURE, "of a chart: what it shows"),
        key(
            "actions",
            Shape::List(&Shape::Name(Name::Event)),
            "which events may be sent from here",
        ),
        key(
            "scan",
            Shape::Name(Name::Path),
            "the field that a scanner fills: of `data`, or of the form of one of the actions",
        ),
    ],
};

const COLUMNS: Shape = Shape::List(&Shape::Either(&Forms {
    noun: "a field, or a field with its title",
    scalar: Some(Shape::Name(Name::Path)),
    list: None,
    mapping: Some(Shape::Map(&COLUMN)),
}));

static COLUMN: Construct = Construct {
    noun: "a column",
    shared: &[],
    keys: &[
        key("field", Shape::Name(Name::Path), "what is shown").required(),
        key("title", Shape::Literal, "its heading").required(),
    ],
};

const LANES: Shape = Shape::List(&Shape::Either(&Forms {
    noun: "a state, or several under one title",
    scalar: Some(Shape::Name(Name::State)),
    list: None,
    mapping: Some(Shape::Map(&LANE)),
}));

static LANE: Construct = Construct {
    noun: "a lane",
    shared: &[],
    keys: &[
        key("title", Shape::Literal, "its heading").required(),
        key("in", Shape::List(&Shape::Name(Name::State)), "the states in it").required(),
    ],
};

static SORT: Construct = Construct {
    noun: "an order",
    shared: &[],
    keys: &[
        key("by", Shape::Name(Name::Path), "the column").required(),
        key("descending", Shape::Boolean, "the greatest first"),
    ],
};

const MEASURE: Shape = Shape::Either(&Forms {
    noun: "`count`, or one of sum, min or max of a column",
    scalar: Some(Shape::Word(&["count"])),
    list: None,
    mapping: Some(Shape::Map(&SUM)),
});

pub(super) static PORTAL: Construct = Construct {
    noun: "a portal",
    shared: &[],
    keys: &[
        key("portal", Shape::Name(Name::File), "its name").required(),
        key("title", Shape::Literal, "for people"),
        key("description", Shape::Literal, "for the reader"),
        key("for", PEOPLE, "who enters it").required(),
        key(
            "home",
            Shape::Name(Name::File),
            "the view with which it opens; the first page if none",
        ),
        key("pages", PAGES, "its views and start forms, in order").required(),
        key("brand", Shape::Map(&BRAND), "how it presents itself"),
    ],
};

const PAGES: Shape = Shape::List(&Shape::Either(&Forms {
    noun: "a view, or a start form",
    scalar: Some(Shape::Name(Name::File)),
    list: None,
    mapping: Some(Shape::Map(&PAGE)),
}));

static PAGE: Construct = Construct {
    noun: "a page",
    shared: &[],
    keys: &[
        key("view", Shape::Name(Name::File), "a view"),
        key(
            "start",
            Shape::Name(Name::File),
            "the form with which an instance of this workflow is started",
        ),
        key("title", Shape::Literal, "what it is called here"),
    ],
};

static BRAND: Construct = Construct {
    noun: "a brand",
    shared: &[],
    keys: &[
        key("name", Shape::Literal, "what stands at the top"),
        key("logo", Shape::Literal, "an image"),
        key("colour", Shape::Literal, "such as `#1f6f5c`"),
    ],
};
