//! Field maps and forms. (Reference, section 4.)

use super::{Construct, Empty, Forms, Name, Shape, key};

/// Lengths and counts: beyond any record of a lifecycle.
const LENGTH: Shape = Shape::Integer(0, 1 << 32);
const NUMBER: Shape = Shape::Number;

/// A field's type: a name, or a mapping with limits and annotations.
pub(in crate::lang) const TYPE: Shape = Shape::Either(&Forms {
    noun: "the name of a type, or a mapping with `type` and its limits",
    scalar: Some(Shape::Literal),
    list: None,
    mapping: Some(Shape::Map(&FIELD)),
});

/// A map from fields to types, or a file that holds one.
pub(super) const FIELDS: Shape = Shape::Fields;

/// A form: fields of `data` to be written, or fields that are only `event`.
pub(super) const FORM: Shape = Shape::Either(&Forms {
    noun: "a list of fields of `data`, or a map of fields",
    scalar: None,
    list: Some(Shape::List(&FORM_FIELD)),
    mapping: Some(FIELDS),
});

const FORM_FIELD: Shape = Shape::Either(&Forms {
    noun: "the name of a field, or one field with what is narrower about it",
    scalar: Some(Shape::Name(Name::FormField)),
    list: None,
    mapping: Some(Shape::Names(Name::FormField, &Shape::Type, Empty::Refused)),
});

pub(in crate::lang) static FIELD: Construct = Construct {
    noun: "a field",
    shared: &[],
    keys: &[
        key(
            "type",
            Shape::Literal,
            "the type; `optional` before it lets the field be empty",
        ),
        key("$ref", Shape::Literal, "the file that holds the type"),
        key("properties", FIELDS, "of an object: its fields"),
        key(
            "required",
            Shape::List(&Shape::Name(Name::Snake)),
            "of an object: the fields that may not be empty; without this key `optional` says so",
        ),
        key(
            "additionalProperties",
            Shape::Boolean,
            "of an object: whether fields that are not declared are kept",
        ),
        key("items", Shape::Items, "of a list: the type of its items, or their fields"),
        key("enum", Shape::List(&Shape::Value), "the values allowed"),
        key("const", Shape::Value, "the only value allowed"),
        key("minimum", NUMBER, "the least number"),
        key("maximum", NUMBER, "the greatest number"),
        key("exclusiveMinimum", NUMBER, "the number it must be above"),
        key("exclusiveMaximum", NUMBER, "the number it must be below"),
        key("multipleOf", NUMBER, "the step of a number, exactly"),
        key("minLength", LENGTH, "the fewest characters"),
        key("maxLength", LENGTH, "the most characters"),
        key(
            "pattern",
            Shape::Literal,
            "a regular expression that must be found in the text",
        ),
        key("minItems", LENGTH, "the fewest items"),
        key("maxItems", LENGTH, "the most items"),
        key("uniqueItems", Shape::Boolean, "whether equal items are refused"),
        key(
            "keyed",
            Shape::Name(Name::Snake),
            "of a list of objects: the field that identifies an item",
        ),
        key("scale", Shape::Integer(0, 28), "digits after the point; more are refused"),
        key(
            "workflow",
            Shape::Name(Name::File),
            "of a ref: the workflow whose instances are meant",
        ),
        key("table", Shape::Name(Name::File), "the table whose keys are allowed"),
        key("default", Shape::Value, "what stands there when nothing is given"),
        key("phi", Shape::Boolean, "personal data: outside the hash, erasable"),
        key(
            "index",
            Shape::Boolean,
            "whether instances are looked up by it; by personal data in whole words alone",
        ),
        key("unit", Shape::Literal, "shown beside the value"),
        key("label", Shape::Literal, "what a form calls the field"),
        key("help", Shape::Literal, "a line of guidance"),
        key("title", Shape::Literal, "as `label`"),
        key("description", Shape::Literal, "as `help`"),
        key(
            "examples",
            Shape::List(&Shape::Value),
            "what a value looks like; a form shows the first where a value does not fit",
        ),
    ],
};
