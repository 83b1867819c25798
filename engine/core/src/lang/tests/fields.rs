//! Field maps, types, limits, files.

use super::*;

fn check(fields: &str, expected: &str) {
    assert_eq!(told(&format!("workflow: w\ndata: {{{fields}}}\n")), expected, "{fields}");
}

fn schema(fields: &str, others: &[(&str, &str)]) -> String {
    let (sources, compiled) = compiled(&format!("workflow: w\ndata: {{{fields}}}\n"), others);
    assert_eq!(concise(&sources, &compiled.diagnostics), "", "{fields}");
    let schema = compiled.chart.expect("there is a chart").data.json_schema(None);
    let start = schema.find("\"properties\":").expect("it has properties");
    schema[start + "\"properties\":".len()..].to_owned()
}

#[test]
fn types_are_named_or_described() {
    assert_eq!(
        schema(
            "a: optional string, b: {type: list, items: {c: decimal, d: optional date}}, e: {enum: [x, 'no']}, f: {enum: [1, 2]}",
            &[]
        ),
        concat!(
            r#"{"a":{"anyOf":[{"type":"string"},{"type":"null"}]},"#,
            r#""b":{"type":"array","items":{"type":"object","properties":{"c":{"type":["string","number"],"x-type":"decimal","pattern":"^-?[0-9]+(\\.[0-9]+)?$"},"#,
            r#""d":{"anyOf":[{"type":"string","x-type":"date","format":"date"},{"type":"null"}]}},"required":["c"],"additionalProperties":false}},"#,
            r#""e":{"type":"string","enum":["x","no"]},"f":{"type":"integer","enum":[1,2]}},"required":["b","e","f"],"additionalProperties":false}"#
        )
    );
}

#[test]
fn a_schema_file_holds_a_type_that_several_fields_share() {
    let eye = "schema: eye\nproperties:\n  axis: {type: optional integer, minimum: 1, maximum: 180}\n";
    let rx = "schema: rx\nproperties:\n  right: {$ref: eye.yaml}\n  left: {type: optional object, $ref: ./eye.yaml}\n";
    let others = [("schemas/rx.yaml", rx), ("schemas/eye.yaml", eye)];
    let schema = schema("rx: {$ref: schemas/rx.yaml, label: Prescription}", &others);
    assert_eq!(schema.matches("\"maximum\":180").count(), 2, "{schema}");
    assert!(
        schema.contains("\"title\":\"Prescription\"")
            && schema.ends_with(
                "\"required\":[\"right\"],\"additionalProperties\":false}},\"required\":[\"rx\"],\"additionalProperties\":false}"
            ),
        "{schema}"
    );
}

#[test]
fn problems_in_a_schema_file_are_told_in_that_file() {
    let source = "workflow: w\ndata: {rx: {$ref: rx.yaml}, ry: {$ref: rx.yaml}}\nlet: {a: rx.anything}\n";
    assert_eq!(
        told_beside(source, &[("rx.yaml", "schema: rx\nproperties:\n  axis: {type: integr}\n")]),
        "SW-0410 ‹anything› `rx` has no field `anything`\nrx.yaml SW-0601 ‹integr› there is no type `integr`"
    );
    assert_eq!(
        told_beside(source, &[("rx.yaml", "schema: rx\n$ref: rx.yaml\n")]),
        "rx.yaml SW-0306 ‹rx.yaml› `rx.yaml` names itself, by way of rx.yaml"
    );
    assert_eq!(told_beside(source, &[]), "SW-0305 ‹rx.yaml› there is no file `rx.yaml`");
    assert_eq!(
        told_beside("workflow: w\ndata: {a: {$ref: /etc/passwd}}\n", &[]),
        "SW-0305 ‹/etc/passwd› `/etc/passwd` is not the path of a file beside this one"
    );
}

#[test]
fn limits_fit_the_type_and_leave_something() {
    check(
        "a: {type: integer, pattern: x}",
        "SW-0602 ‹pattern› `pattern` says nothing about a whole number",
    );
    check(
        "a: {type: string, pattern: '['}",
        "SW-0602 ‹'['› not a regular expression that can be used: unclosed character class",
    );
    check(
        "a: {type: integer, minimum: 3, maximum: 2}",
        "SW-0602 ‹3› `minimum` is above `maximum`",
    );
    check("a: {type: decimal, multipleOf: 0}", "SW-0602 ‹0› a step is more than 0");
    check(
        "a: {type: list, items: {b: string}, keyed: c}",
        "SW-0302 ‹c› the items have no field `c` to be identified by",
    );
    check(
        "a: {type: integer, enum: [1, x]}",
        "SW-0602 ‹x› a value listed here must be a whole number within ±2^53",
    );
    check("a: {$ref: x.yaml, minimum: 1}", "SW-0305 ‹x.yaml› there is no file `x.yaml`");
}

#[test]
fn types_have_their_own_names() {
    check("a: float", "SW-0601 ‹float› there is no type `float`");
    check("a: optional strng", "SW-0601 ‹strng› there is no type `strng`");
    check("a: list", "SW-0208 ‹list› a list needs `items`");
    check("a: object", "SW-0208 ‹object› an object needs `properties`");
    check("a: optional object", "SW-0208 ‹optional object› an object needs `properties`");
    check("a: {type: object}", "SW-0208 ‹object› an object needs `properties`");
    check("a: {type: object, additionalProperties: true}", "");
    check(
        "a: {type: list, items: object}",
        "SW-0208 ‹object› an object needs `properties`",
    );
    check("a: ref", "SW-0208 ‹ref› a ref needs `workflow`");
    check("a: {type: optional ref}", "SW-0208 ‹optional ref› a ref needs `workflow`");
    check("a: {minimum: 1}", "SW-0208 ‹minimum› the type is missing");
    check("a: {type: integer, minimun: 1}", "SW-0201 ‹minimun› unknown key `minimun`");
    check(
        "a: {type: boolean, default: yes}",
        "SW-0204 ‹yes› `yes` is neither `true` nor `false`",
    );
    check("A: string", "SW-0205 ‹A› `A` is not a name in `snake_case`");
}

#[test]
fn a_default_is_of_the_declared_type_or_computed() {
    check("a: {type: date, default: \"{{ today }}\"}", "");
    check(
        "a: {type: date, default: \"{{ now }}\"}",
        "SW-0414 ‹\"{{ now }}\"› this is an instant, and the field `a` takes a date",
    );
    check(
        "a: {type: object, properties: {b: {type: date, default: \"{{ today }}\"}}}",
        "SW-0603 ‹\"{{ today }}\"› only the fields of a form or a record itself may have a computed default",
    );
}

/// The text that each repair puts in the place of what stands there.
fn repairs(fields: &str) -> Vec<String> {
    let (_, compiled) = compiled(&format!("workflow: w\ndata: {{{fields}}}\n"), &[]);
    let repairs = compiled.diagnostics.iter().filter_map(|each| each.repair.as_ref());
    repairs.map(|repair| repair.text.clone()).collect()
}

#[test]
fn what_is_offered_for_a_default_fits_its_type() {
    for (fields, offered) in [
        ("a: {type: integer, default: 1_000}", "1000"),
        ("a: {type: decimal, default: .5}", "0.5"),
        ("a: {type: decimal, default: 1e3}", "1000"),
        ("a: {type: integer, default: 012}", "12"),
        ("a: {type: boolean, default: yes}", "true"),
        ("a: {type: boolean, default: Off}", "false"),
        ("a: {type: string, default: no}", "\"no\""),
        ("a: {type: integer, enum: [1_000, 1]}", "1000"),
    ] {
        assert_eq!(repairs(fields), [offered], "{fields}");
        let repaired = fields.rsplit_once(": ").map(|(before, given)| {
            let given = given.trim_end_matches('}');
            let mended = given.replacen(
                given.trim_start_matches('[').split([',', ']']).next().unwrap_or_default(),
                offered,
                1,
            );
            format!("{before}: {mended}}}")
        });
        check(&repaired.expect("there is a value"), "");
    }
}

#[test]
fn among_words_a_number_is_a_word_and_other_readers_are_warned_of() {
    check(
        "a: {enum: [yes, no, 012, 1.10, on, x]}",
        "SW-0207 ‹yes› `yes` is text here; readers of YAML 1.1 read true
SW-0207 ‹no› `no` is text here; readers of YAML 1.1 read false
SW-0207 ‹012› `012` is text here; readers of YAML 1.1 (as octal) read 10
SW-0207 ‹1.10› `1.10` is text here, among words; other readers take it for a decimal
SW-0207 ‹on› `on` is text here; readers of YAML 1.1 read true",
    );
    check("a: {enum: ['yes', \"1.10\", x]}, b: {type: string, enum: [yes, 1.10]}", "");
}

#[test]
fn json_schema_keywords_are_understood() {
    let schema = schema(
        "a: {type: object, properties: {b: string, c: string}, required: [b], additionalProperties: true}",
        &[],
    );
    assert!(
        schema.contains("\"required\":[\"b\"],\"additionalProperties\":true"),
        "{schema}"
    );
    check(
        "a: {type: object, properties: {b: string}, required: [c]}",
        "SW-0302 ‹c› there is no field `c` here",
    );
}
