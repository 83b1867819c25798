//! Views, portals and simulations: what is shown, and what is tried. (Reference, section 12.)

use super::people::PEOPLE;
use super::{Construct, Empty, Name, Shape, key};

pub(super) static VIEW: Construct = Construct {
    noun: "a view",
    shared: &[],
    keys: &[
        key("view", Shape::Name(Name::File), "its name").required(),
        key("title", Shape::Literal, "for people"),
        key("for", PEOPLE, "who sees it"),
        key("kind", Shape::Word(&["board", "list", "page", "chart"]), "how it is shown"),
        key("of", Shape::Name(Name::File), "a workflow, or `tasks`"),
        key(
            "where",
            Shape::Names(Name::Path, &Shape::Value, Empty::Allowed),
            "only what equals these",
        ),
        key("in", Shape::List(&Shape::Name(Name::State)), "only in these states"),
        key("columns", Shape::Value, "what is shown of each"),
        key("lanes", Shape::Value, "how a board is divided"),
        key("sort", Shape::Value, "in which order"),
        key("group", Shape::Value, "what belongs together"),
        key("measure", Shape::Value, "what a chart counts"),
        key("actions", Shape::Value, "which events may be sent from here"),
        key("scan", Shape::Name(Name::Path), "the field that a scanner fills"),
    ],
};

pub(super) static PORTAL: Construct = Construct {
    noun: "a portal",
    shared: &[],
    keys: &[
        key("portal", Shape::Name(Name::File), "its name").required(),
        key("title", Shape::Literal, "for people"),
        key("for", PEOPLE, "who sees it"),
        key("home", Shape::Literal, "its first page"),
        key("pages", Shape::Value, "views and start forms"),
        key("brand", Shape::Value, "name, logo and colours"),
    ],
};

pub(super) static SIMULATION: Construct = Construct {
    noun: "a simulation",
    shared: &[],
    keys: &[
        key("simulation", Shape::Name(Name::File), "its name").required(),
        key("of", Shape::Value, "which workflows"),
        key("arrivals", Shape::Value, "how many come when"),
        key("durations", Shape::Value, "how long work takes"),
        key("choices", Shape::Value, "weights by transition"),
        key("staff", Shape::Value, "who works when"),
        key("until", Shape::Literal, "how long it runs"),
        key("seed", Shape::Integer(0, 1 << 53), "makes it repeatable"),
    ],
};
