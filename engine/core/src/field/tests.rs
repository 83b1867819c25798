//! What each type takes and refuses, and how it is told.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::identity::{Digest, FileId};
use crate::value::{Object, interface, json};

fn decimal(text: &str) -> Decimal {
    crate::value::number::parse_decimal(text).expect("a number")
}

fn one(schema: Schema) -> Fields {
    Fields {
        list: vec![Field::of("f", schema)],
    }
}

fn text(pattern: &str) -> Schema {
    Schema::of(Kind::Text {
        min_length: Some(2),
        max_length: Some(4),
        pattern: Some(Pattern::new(pattern).expect("a pattern")),
    })
}

/// A prescription: nested objects, steps, limits.
fn prescription() -> Fields {
    let power = |least: &str, most: &str| Schema {
        minimum: Some(decimal(least)),
        maximum: Some(decimal(most)),
        multiple_of: Some(decimal("0.25")),
        ..Schema::of(Kind::Decimal { scale: Some(2) })
    };
    let axis = Schema {
        minimum: Some(1.into()),
        maximum: Some(180.into()),
        ..Schema::of(Kind::Integer)
    };
    let eye = Fields {
        list: vec![
            Field::of("sphere", power("-25", "18")),
            Field {
                default: Some(DefaultValue::Literal(decimal("0.00").into())),
                ..Field::of("cylinder", power("-10", "10"))
            },
            Field {
                optional: true,
                ..Field::of("axis", axis)
            },
        ],
    };
    let object = |fields| Schema::of(Kind::Object { fields, open: false });
    let rx = Fields {
        list: vec![
            Field::of("right", object(eye.clone())),
            Field {
                optional: true,
                ..Field::of("left", object(eye))
            },
        ],
    };
    Fields {
        list: vec![Field::of("rx", object(rx))],
    }
}

fn lines() -> Fields {
    let items = Fields {
        list: vec![
            Field::of(
                "lot",
                Schema::of(Kind::Reference {
                    workflow: Some("lot".into()),
                }),
            ),
            Field::of("count", Schema::of(Kind::Integer)),
        ],
    };
    let kind = Kind::List {
        items: Box::new(Schema::of(Kind::Object {
            fields: items,
            open: false,
        })),
        keyed: Some("lot".into()),
        min_items: Some(1),
        max_items: Some(2),
        unique_items: false,
    };
    Fields {
        list: vec![Field::of("lines", Schema::of(kind))],
    }
}

/// Gives the JSON text to the fields: the accepted object as canonical JSON, or each problem on a line.
fn accepted(fields: &Fields, given: &str) -> String {
    match fields.accept(&json::read(given).expect("JSON")) {
        Ok(object) => crate::value::canonical::to_canonical(&Value::from_fields(object)),
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

fn check(fields: &Fields, given: &str, expected: &str) {
    assert_eq!(accepted(fields, given), expected, "{given}");
}

fn check_kind(kind: Kind, given: &str, expected: &str) {
    check(&one(Schema::of(kind)), &format!("{{\"f\":{given}}}"), expected);
}

#[test]
fn each_type_takes_its_interface_form() {
    check_kind(Kind::Boolean, "true", r#"{"f":true}"#);
    check_kind(Kind::Integer, "3.0", r#"{"f":3}"#);
    check_kind(Kind::Decimal { scale: None }, "\"1.10\"", r#"{"f":{"$decimal":"1.10"}}"#);
    check_kind(Kind::Decimal { scale: None }, "2", r#"{"f":{"$decimal":"2"}}"#);
    check_kind(Kind::Decimal { scale: Some(2) }, "1.500", r#"{"f":{"$decimal":"1.50"}}"#);
    check_kind(Kind::Date, "\"2026-01-05\"", r#"{"f":{"$date":"2026-01-05"}}"#);
    check_kind(Kind::Time, "\"08:30\"", r#"{"f":{"$time":"08:30:00"}}"#);
    check_kind(Kind::Time, "\"08:30:00.0000019\"", r#"{"f":{"$time":"08:30:00.000001"}}"#);
    check_kind(
        Kind::Instant,
        "\"2026-03-28T23:30:00+01:00\"",
        r#"{"f":{"$instant":"2026-03-28T22:30:00Z"}}"#,
    );
    check_kind(Kind::Duration, "\"3d\"", r#"{"f":{"$duration":"3d"}}"#);
    check_kind(Kind::Reference { workflow: None }, "\"A-1\"", r#"{"f":"A-1"}"#);
    check_kind(Kind::Any, "{\"x\":[1]}", r#"{"f":{"x":[1]}}"#);
}

#[test]
fn each_type_refuses_what_only_looks_like_it() {
    check_kind(Kind::Boolean, "\"yes\"", "f must be `true` or `false`");
    check_kind(
        Kind::Text {
            min_length: None,
            max_length: None,
            pattern: None,
        },
        "12",
        "f must be text",
    );
    check_kind(Kind::Integer, "\"3\"", "f must be a whole number within ±2^53");
    check_kind(Kind::Integer, "1.5", "f must be a whole number within ±2^53");
    check_kind(Kind::Integer, "9007199254740993", "f must be a whole number within ±2^53");
    check_kind(
        Kind::Decimal { scale: None },
        "\"1e3\"",
        "f must be a number in plain decimal notation of at most 28 digits",
    );
    check_kind(
        Kind::Decimal { scale: Some(1) },
        "\"1.25\"",
        "f must have at most 1 digit after the point",
    );
    check_kind(Kind::Date, "\"2026-02-30\"", "f must be a date such as 2026-01-05");
    check_kind(Kind::Date, "\"2026-01-05T10:00\"", "f must be a date such as 2026-01-05");
    check_kind(Kind::Time, "\"2026-01-05T10:00\"", "f must be a time of day such as 08:30");
    check_kind(
        Kind::Instant,
        "\"2026-01-05T10:00\"",
        "f must be a moment with its offset, such as 2026-01-05T08:30:00Z",
    );
    check_kind(
        Kind::Instant,
        "\"2026-01-05T10:00Z[Europe/Berlin]\"",
        "f must be a moment with its offset, such as 2026-01-05T08:30:00Z",
    );
    check_kind(
        Kind::Duration,
        "\"3 fortnights\"",
        "f must be a duration such as 90s, 4h or 3d",
    );
    check_kind(
        Kind::Reference {
            workflow: Some("lot".into()),
        },
        "\"\"",
        "f must be the key of a lot",
    );
    check_kind(Kind::User, "7", "f must be the id of a user");
}

#[test]
fn every_problem_is_told_at_once_with_its_path() {
    let given = r#"{"rx":{"right":{"sphere":"-25.25","axis":0,"axs":3},"left":{"cylinder":"0.30"}},"colour":1}"#;
    let expected = "rx.right.sphere must be at least -25\n\
                    rx.right.axis must be at least 1\n\
                    rx.right.axs is not a field here; is `axis` meant?\n\
                    rx.left.sphere is required\n\
                    rx.left.cylinder must be a multiple of 0.25\n\
                    colour is not a field here";
    check(&prescription(), given, expected);
}

#[test]
fn declared_fields_always_exist() {
    let expected = r#"{"rx":{"left":null,"right":{"axis":null,"cylinder":{"$decimal":"0.00"},"sphere":{"$decimal":"-25.00"}}}}"#;
    check(&prescription(), r#"{"rx":{"right":{"sphere":"-25.00"}}}"#, expected);
}

#[test]
fn a_list_knows_its_items_and_their_keys() {
    check(&lines(), r#"{"lines":[]}"#, "lines must have at least 1 item");
    let given = r#"{"lines":[{"lot":"a","count":1},{"lot":"b"},{"lot":"a","count":2}]}"#;
    let expected = "lines must have at most 2 items\nlines[1].count is required\nlines[2].lot stands in the list already";
    check(&lines(), given, expected);
    let kind = Kind::List {
        items: Box::new(Schema::of(Kind::Any)),
        keyed: None,
        min_items: None,
        max_items: None,
        unique_items: true,
    };
    check_kind(kind, "[1,2,1]", "f[2] stands in the list already");
}

#[test]
fn limits_on_text_and_numbers_include_their_bounds() {
    let patterned = one(text("^[a-z]+$"));
    check(&patterned, r#"{"f":"äöü"}"#, "f must match the pattern `^[a-z]+$`");
    check(&patterned, r#"{"f":"abcd"}"#, r#"{"f":"abcd"}"#);
    check(&patterned, r#"{"f":"a"}"#, "f must have at least 2 characters");
    check(&patterned, r#"{"f":"abcde"}"#, "f must have at most 4 characters");
    let exclusive = Schema {
        exclusive_minimum: Some(0.into()),
        exclusive_maximum: Some(10.into()),
        ..Schema::of(Kind::Decimal { scale: None })
    };
    check(&one(exclusive.clone()), r#"{"f":0}"#, "f must be more than 0");
    check(&one(exclusive.clone()), r#"{"f":"10.00"}"#, "f must be less than 10");
    check(&one(exclusive), r#"{"f":"9.99"}"#, r#"{"f":{"$decimal":"9.99"}}"#);
    let chosen = Schema {
        allowed: Some(vec!["a".into(), "b".into(), "c".into()]),
        ..Schema::of(Kind::Text {
            min_length: None,
            max_length: None,
            pattern: None,
        })
    };
    check(&one(chosen), r#"{"f":"d"}"#, "f must be one of a, b or c");
}

#[test]
fn a_file_is_known_by_its_checksum() {
    let given = r#"{"name":"a.pdf","sha256":"ABC","size":-1,"media_type":"application/pdf"}"#;
    check_kind(
        Kind::File,
        given,
        "f.sha256 must match the pattern `^[0-9a-f]{64}$`\nf.size must be at least 0",
    );
}

#[test]
fn what_is_said_about_a_file_is_not_believed() {
    let record = FileRecord {
        file: FileId([0xab; 16]),
        name: "a.pdf".into(),
        sha256: Digest::of(b"a"),
        size: 1,
        media_type: "application/pdf".into(),
        scan: Some(Scan::Clean),
    };
    let records = BTreeMap::from([(record.file, record.to_value())]);
    let check = |given: &str, expected: &str| {
        let given = json::read(given).expect("it is JSON");
        let given = given.as_object().expect("it is an object");
        let shown = match complete_files(given, &records) {
            Ok(None) => "as given".to_owned(),
            Ok(Some(completed)) => interface::to_interface(&Value::from_fields(completed)),
            Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        };
        assert_eq!(shown, expected);
    };
    let whole = interface::to_interface(&record.to_value());
    let id = record.file;
    check(&format!(r#"{{"f":{{"file":"{id}"}}}}"#), &format!(r#"{{"f":{whole}}}"#));
    check(
        &format!(
            r#"{{"f":{{"file":"{id}","size":9,"scan":"clean","sha256":"{}"}}}}"#,
            "0".repeat(64)
        ),
        &format!(r#"{{"f":{whole}}}"#),
    );
    check(
        &format!(r#"{{"a":1,"l":[{{"deep":{{"file":"{id}"}}}},2]}}"#),
        &format!(r#"{{"a":1,"l":[{{"deep":{whole}}},2]}}"#),
    );
    check(
        &format!(r#"{{"l":[0,{{"file":"{}"}}]}}"#, "0".repeat(32)),
        "l[1] names no upload of yours: upload the file first, and name it before the upload expires",
    );
    check(
        r#"{"f":{"name":"a","sha256":"","size":1,"media_type":"x"}}"#,
        "f must name an upload, as {\"file\": ID}: what is said about a file is not believed",
    );
    check(r#"{"f":{"file":"a.oma"},"g":[1,"file"]}"#, "as given");
    let both = json::read(&format!(
        r#"{{"f":{{"file":"{id}"}},"g":[{{"file":"{id}"}},{{"file":"x"}}]}}"#
    ));
    assert_eq!(files_in(&both.expect("it is JSON")), [id, id]);
    let taken = Fields {
        list: vec![Field::of("f", Schema::of(Kind::File))],
    };
    let given = Value::from_fields(Object::from([("f".into(), record.to_value())]));
    assert_eq!(
        taken.accept(&given).map(Value::from_fields),
        Ok(given),
        "a record is what a field takes"
    );
}

#[test]
fn null_empties_an_optional_field_and_no_other() {
    let optional = Fields {
        list: vec![Field {
            optional: true,
            default: Some(DefaultValue::Literal(Value::Integer(7))),
            ..Field::of("f", Schema::of(Kind::Integer))
        }],
    };
    check(&optional, "{}", r#"{"f":7}"#);
    check(&optional, r#"{"f":null}"#, r#"{"f":null}"#);
    check_kind(Kind::Integer, "null", "f is required");
    let field = Field::of("f", Schema::of(Kind::Integer));
    let problems = field.accept(&Value::Null).expect_err("it is not optional");
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["f is required"]
    );
}

#[test]
fn a_record_begins_with_what_was_taken_then_defaults_then_null() {
    let fields = Fields {
        list: vec![
            Field::of("order_no", Schema::of(Kind::User)),
            Field {
                default: Some(DefaultValue::Literal(false.into())),
                ..Field::of("rush", Schema::of(Kind::Boolean))
            },
            Field::of("tray", Schema::of(Kind::User)),
        ],
    };
    let record = fields.record(Object::from([("order_no".into(), "A-1".into())]));
    assert_eq!(
        interface::to_interface(&Value::from_fields(record)),
        r#"{"order_no":"A-1","rush":false,"tray":null}"#
    );
}

#[test]
fn a_path_leads_through_objects() {
    let fields = prescription();
    let name = |path: &[&str]| fields.at(path).map(|field| field.name.to_string());
    assert_eq!(name(&["rx", "left", "axis"]), Some("axis".into()));
    assert_eq!(
        (name(&["rx", "axis"]), name(&["rx", "left", "axis", "x"]), name(&[])),
        (None, None, None)
    );
}

#[test]
fn no_given_value_stands_in_a_problem() {
    let secret = "Erika Mustermann";
    for schema in [
        Schema::of(Kind::Date),
        text("^x$"),
        Schema::of(Kind::Object {
            fields: prescription(),
            open: false,
        }),
    ] {
        let given = format!("{{\"f\":\"{secret}\"}}");
        assert!(!accepted(&one(schema), &given).contains("Erika"));
    }
}

#[test]
fn the_published_schema_names_every_limit() {
    let sphere = Schema {
        minimum: Some(decimal("-25")),
        multiple_of: Some(decimal("0.25")),
        ..Schema::of(Kind::Decimal { scale: Some(2) })
    };
    let mut fields = Fields {
        list: vec![Field {
            unit: Some("D".into()),
            ..Field::of("sphere", sphere)
        }],
    };
    fields.list.push(Field {
        phi: true,
        label: Some("Patient".into()),
        optional: true,
        ..Field::of("patient", text("^P"))
    });
    fields.list.push(lines().list.remove(0));
    let expected = [
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Order","type":"object","properties":{"#,
        r#""sphere":{"type":["string","number"],"x-type":"decimal","pattern":"^-?[0-9]+(\\.[0-9]{1,2}0*)?$","x-scale":2,"#,
        r#""minimum":-25,"multipleOf":0.25,"x-unit":"D"},"#,
        r#""patient":{"title":"Patient","anyOf":[{"type":"string","minLength":2,"maxLength":4,"pattern":"^P"},{"type":"null"}],"x-phi":true},"#,
        r#""lines":{"type":"array","items":{"type":"object","properties":{"#,
        r#""lot":{"type":"string","x-type":"ref","minLength":1,"x-workflow":"lot"},"count":{"type":"integer"}},"#,
        r#""required":["lot","count"],"additionalProperties":false},"minItems":1,"maxItems":2,"x-keyed":"lot"}},"#,
        r#""required":["sphere","lines"],"additionalProperties":false}"#,
    ];
    assert_eq!(fields.json_schema(Some("Order")), expected.concat());
}

/// A value of every kind that has a declared type, beside its schema.
fn typed() -> impl Strategy<Value = (Schema, Value)> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(|b| (Schema::of(Kind::Boolean), Value::Boolean(b))),
        (-crate::value::number::INTEGER_MAX..=crate::value::number::INTEGER_MAX)
            .prop_map(|i| (Schema::of(Kind::Integer), Value::Integer(i))),
        (any::<i64>(), 0u32..9)
            .prop_map(|(m, s)| (Schema::of(Kind::Decimal { scale: None }), Value::Decimal(Decimal::new(m, s)))),
        "[a-z]{1,9}".prop_map(|t| (Schema::of(Kind::User), Value::from_text(&t))),
        (1i16..9999, 1i8..12, 1i8..28).prop_map(|(y, m, d)| (Schema::of(Kind::Date), Value::Date(jiff::civil::date(y, m, d)))),
        (0i8..24, 0i8..60).prop_map(|(h, m)| (Schema::of(Kind::Time), Value::Time(jiff::civil::time(h, m, 0, 0)))),
        (-9_999_999_999i64..9_999_999_999).prop_map(|s| {
            let instant = jiff::Timestamp::from_second(s).expect("a moment within four digits of year");
            (Schema::of(Kind::Instant), Value::from_instant(instant))
        }),
        (0i32..99, 0i64..1_000_000_000).prop_map(|(days, microseconds)| {
            let duration = crate::time::Duration {
                days,
                microseconds,
                ..Default::default()
            };
            (Schema::of(Kind::Duration), Value::Duration(duration))
        }),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|(schema, value)| {
                let kind = Kind::List {
                    items: Box::new(schema),
                    keyed: None,
                    min_items: None,
                    max_items: None,
                    unique_items: false,
                };
                (Schema::of(kind), Value::from_items(vec![value.clone(), value]))
            }),
            prop::collection::vec(inner, 0..4).prop_map(|pairs| {
                let mut fields = Fields::default();
                let mut object = Object::new();
                for (index, (schema, value)) in pairs.into_iter().enumerate() {
                    let name: Arc<str> = format!("f{index}").into();
                    fields.list.push(Field::of(name.clone(), schema));
                    object.insert(name, value);
                }
                (Schema::of(Kind::Object { fields, open: false }), Value::from_fields(object))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_accepted_is_accepted_again_from_every_form((schema, value) in typed()) {
        prop_assert_eq!(schema.accept(&value), Ok(value.clone()));
        let interface = json::read(&interface::to_interface(&value)).expect("interface JSON");
        prop_assert_eq!(schema.accept(&interface), Ok(value));
    }

    #[test]
    fn nothing_panics_and_every_published_schema_is_json((schema, _) in typed(), (_, other) in typed()) {
        let fields = one(schema.clone());
        let _ = (schema.accept(&other), fields.accept(&other));
        prop_assert!(json::read(&fields.json_schema(None)).is_ok());
    }
}
