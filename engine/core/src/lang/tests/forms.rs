//! Forms, people, reasons, access.

use super::*;
use crate::chart::{Grant, Reason};
use crate::time::Duration;

const DATA: &str = "workflow: w
data:
  order_no: {type: string, pattern: '^A'}
  tray: {type: optional string, minLength: 1, label: Tray}
  rx: {type: object, properties: {axis: integer}}
  patient: {type: string, phi: true}
";

fn with_event(event: &str) -> String {
    format!("{DATA}states:\n  a:\n    on:\n      E: {event}\n")
}

fn check(event: &str, expected: &str) {
    assert_eq!(told(&with_event(event)), expected, "{event}");
}

#[test]
fn a_list_writes_fields_of_the_record_and_a_map_writes_nothing() {
    let form = |event: &str| {
        let chart = chart(&with_event(event));
        let admission = chart
            .transitions
            .iter()
            .find_map(|transition| transition.admission.clone())
            .expect("the event has a form");
        let fields: Vec<String> = admission
            .form
            .fields
            .list
            .iter()
            .map(|field| format!("{}{}", field.name, if field.optional { "?" } else { "" }))
            .collect();
        format!("{} writes {}", fields.join(" "), admission.form.writes.join(" "))
    };
    assert_eq!(
        form("{by: [x], input: [tray, optional order_no, patient]}"),
        "tray order_no? patient writes tray order_no patient"
    );
    assert_eq!(
        form("{by: [x], input: {tray: string, why: optional string}}"),
        "tray why? writes "
    );
}

#[test]
fn a_form_narrows_a_field_and_keeps_what_it_does_not_name() {
    let chart = chart(&with_event(
        "{by: [x], input: [{tray: {maxLength: 5}}, {optional order_no: {pattern: '^A1'}}]}",
    ));
    let form = &chart
        .transitions
        .iter()
        .find_map(|transition| transition.admission.clone())
        .expect("the event has a form")
        .form;
    let expected = concat!(
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"#,
        r#""tray":{"title":"Tray","type":"string","minLength":1,"maxLength":5},"#,
        r#""order_no":{"anyOf":[{"type":"string","pattern":"^A1"},{"type":"null"}]}},"required":["tray"],"additionalProperties":false}"#
    );
    assert_eq!(form.fields.json_schema(None), expected);
    check(
        "{by: [x], input: [{tray: {type: integer}}]}",
        "SW-0414 ‹{type: integer}› `tray` has another type in `data`",
    );
}

#[test]
fn a_form_is_checked_against_the_record() {
    check("{by: [x], input: [tary]}", "SW-0302 ‹tary› there is no field `tary`");
    check(
        "{by: [x], input: [tray, tray]}",
        "SW-0304 ‹tray› `tray` stands in this form already",
    );
    check(
        "{by: [x], input: tray}",
        "SW-0202 ‹tray› `input` takes a list of fields of `data`, or a map of fields, and here stands text",
    );
}

const NAMED_LIKE_AN_EVENT: &str = "workflow: w
data: {at: optional instant, from: optional string}
start: {by: [x], input: [optional at], guard: GUARD}
states:
  a:
    on:
      E: {by: [x], input: FORM}
";

fn check_names(guard: &str, form: &str, expected: &str) {
    let source = NAMED_LIKE_AN_EVENT.replace("GUARD", guard).replace("FORM", form);
    assert_eq!(told(&source), expected, "{guard}, {form}");
}

#[test]
fn no_field_of_a_form_is_hidden_by_what_every_event_has() {
    check_names("at > now", "{planned_at: instant}", "");
    check_names(
        "at > now",
        "{at: instant, optional reason: string}",
        "SW-0304 ‹at› `event.at` is when the event came, in every event\nSW-0205 ‹optional reason› `optional reason` is not a name in `snake_case`",
    );
    check_names(
        "at > now",
        "[at, optional from]",
        "SW-0304 ‹at› `event.at` is when the event came, in every event\nSW-0304 ‹optional from› `event.from` is who sent the event, in every event",
    );
    check_names(
        "at > now",
        "[{at: {label: When}}]",
        "SW-0304 ‹at› `event.at` is when the event came, in every event",
    );
    // the record of a start is made of what was entered, and has the one meaning that is left
    check_names("event.at > now", "{}", "SW-0410 ‹at› `event` has no field `at`");
}

#[test]
fn an_event_carries_what_its_form_declares() {
    check(
        "{by: [x], input: {eye: {enum: [right, left]}}, guard: event.eye == 'right'}",
        "",
    );
    check(
        "{by: [x], input: {eye: {enum: [right, left]}}, guard: event.eey == 'right'}",
        "SW-0410 ‹eey› `event` has no field `eey`",
    );
    check(
        "{by: [x], input: [rx], guard: event.rx.axis > 'a'}",
        "SW-0411 ‹event.rx.axis > 'a'› `event.rx.axis` is an integer and `'a'` is text, which `>` does not compare",
    );
}

const WEEKLY: &str = "start: {by: [{schedule: weekly}]}\nschedules: {weekly: {cron: 0 7 * * MON, start: {}}}\n";

#[test]
fn people_are_named_by_roles_attributes_and_exclusions() {
    let by = |parties: &str| {
        let source = with_event(&format!("{{by: {parties}}}"));
        let chart = chart(&format!("{source}{WEEKLY}"));
        super::sketch::people(
            &chart
                .transitions
                .iter()
                .find_map(|transition| transition.admission.clone())
                .expect("it says who")
                .by,
        )
    };
    assert_eq!(
        by("[lab, {role: ecp, organisation: \"{{ order_no }}\"}]"),
        "role=lab, role=ecp+organisation={{ order_no }}"
    );
    assert_eq!(
        by("[{user: [ann, ben]}, {not: \"{{ tray }}\"}]"),
        "user=ann|ben, not {{ tray }}"
    );
    assert_eq!(
        by("[{workflow: lens}, {adapter: machines}, {schedule: weekly}]"),
        "workflow lens, adapter machines, schedule weekly"
    );
    assert_eq!(by("[]"), "nobody");
    check("{by: lab}", "SW-0202 ‹lab› `by` takes a list, and here stands text");
    check(
        "{by: [{not: ann, role: lab}]}",
        "SW-0211 ‹role› `not` stands alone in its entry",
    );
    check("{by: [{}]}", "SW-0208 ‹{}› nobody is named here");
    check("{by: [Lab]}", "SW-0205 ‹Lab› `Lab` is not a name in `snake_case`");
    check(
        "{by: [{user: \"{{ patient }}\"}]}",
        "SW-0604 ‹\"{{ patient }}\"› personal data would stand in the choice of who may",
    );
}

#[test]
fn a_reason_is_asked_for() {
    let reason = |reason: &str| {
        let chart = chart(&with_event(&format!("{{by: [x], reason: {reason}}}")));
        chart
            .transitions
            .iter()
            .find_map(|transition| transition.admission.clone())
            .and_then(|admission| admission.reason)
    };
    assert_eq!(reason("required"), Some(Reason::Required));
    assert_eq!(
        reason("[late, wrong]"),
        Some(Reason::Choices(vec!["late".into(), "wrong".into()]))
    );
    check(
        "{by: [x], reason: requird}",
        "SW-0209 ‹requird› `requird` is none of the words known here",
    );
}

#[test]
fn access_names_who_sees_which_fields() {
    let source = format!(
        "{DATA}let: {{short: order_no}}\naccess:\n  - {{for: [lab]}}\n  - {{for: [ecp], if: order_no == actor.organisation, show: [tray, rx.axis, short]}}\n"
    );
    let chart = chart(&source);
    assert_eq!(chart.access.len(), 2);
    assert_eq!(chart.access[1].show.as_deref().map(<[_]>::len), Some(3));
    assert_eq!(
        told(&source.replace("show: [tray,", "show: [key,")),
        "SW-0302 ‹key› there is no field `key`"
    );
}

#[test]
fn access_says_on_which_terms() {
    let rule = |rule: &str| format!("{DATA}access: [{{for: [lab], {rule}}}]\n");
    let grants = |written: &str| {
        chart(&rule(written))
            .access
            .iter()
            .map(|access| access.grant)
            .collect::<Vec<_>>()
    };
    let hour = 3_600_000_000;
    assert_eq!(grants("show: [tray]"), [Grant::Sight]);
    assert_eq!(grants("break_glass: 4h"), [Grant::BreakGlass(Duration::exact(4 * hour))]);
    assert_eq!(grants("break_glass: 168h"), [Grant::BreakGlass(Duration::exact(168 * hour))]);
    assert_eq!(grants("counts_only: 5"), [Grant::CountsOnly(5)]);
    for unusable in ["1d", "0h", "169h", "2 business hours"] {
        let message = format!("SW-0602 ‹{unusable}› `{unusable}` is not how long an instance can stay open");
        assert_eq!(told(&rule(&format!("break_glass: {unusable}"))), message);
    }
    assert_eq!(
        told(&rule("break_glass: 4h, counts_only: 5")),
        "SW-0211 ‹counts_only› whoever may open an instance is given more than counts"
    );
    assert_eq!(
        told(&rule("counts_only: 0")),
        "SW-0203 ‹0› `0` is not a whole number from 1 to 1000000"
    );
}

#[test]
fn a_guard_says_which_value_it_means_of_a_field_that_its_event_writes() {
    let guarded = |input: &str, guard: &str| format!("{{target: b, by: [x], input: {input}, guard: {guard}}}");
    let told_of = |event: &str| {
        told(&format!(
            "{}  b: {{type: final}}\n",
            with_event(event).replace("states:", "initial: a\nstates:")
        ))
    };
    let warned = |input: &str, guard: &str| {
        assert_eq!(
            told_of(&guarded(input, guard)),
            "SW-0510 ‹tray› `tray` is what it was before this event",
            "{guard}"
        )
    };
    let silent = |input: &str, guard: &str| assert_eq!(told_of(&guarded(input, guard)), "", "{guard}");
    warned("[tray]", "tray > 'B'");
    warned("[order_no, tray]", "[{if: tray > 'B', otherwise: No}, order_no is none]");
    warned("[tray, order_no]", "event.order_no == tray");
    // of a field that may be left out it may be asked whether it is there
    warned("[optional tray]", "tray is not none");
    silent("[tray]", "tray is none");
    silent("[tray]", "event.tray > 'B'");
    silent("[tray]", "event.tray > tray | default('')");
    silent("[tray]", "order_no > 'B'");
    // a form of its own writes nothing
    silent("{tray: string}", "tray > 'B'");
    let branches = "{by: [x], input: [tray], choose: [{guard: tray > 'B', target: b}, {}]}";
    assert_eq!(told_of(branches), "SW-0510 ‹tray› `tray` is what it was before this event");
    // a start writes its form before its guards are tried
    let start = format!(
        "{}start: {{by: [x], input: [tray], guard: tray > 'B'}}\nstates: {{a: {{type: final}}}}\n",
        DATA
    );
    assert_eq!(told(&start), "");
}

#[test]
fn the_repair_of_such_a_guard_names_the_event_wherever_the_field_stands() {
    let repaired = |guard: &str| {
        let source = with_event(&format!("{{by: [x], input: [rx], guard: {guard}}}"));
        let (_, compiled) = compiled(&source, &[]);
        let [warning] = compiled.diagnostics.iter().collect::<Vec<_>>()[..] else {
            panic!("one warning of {guard}")
        };
        let repair = warning.repair.clone()?;
        let mut mended = source.clone();
        mended.replace_range(repair.span.range(), &repair.text);
        assert_eq!(told(&mended), "", "{mended}");
        Some(
            mended[mended.find("guard: ").expect("it has one") + 7..]
                .trim_end_matches("}\n")
                .to_owned(),
        )
    };
    assert_eq!(repaired("rx.axis > 10"), Some("event.rx.axis > 10".into()));
    assert_eq!(
        repaired("\"rx.axis > 10 and rx.axis < 90\""),
        Some("\"event.rx.axis > 10 and event.rx.axis < 90\"".into())
    );
    // between the two the text is not written as it is meant
    assert_eq!(repaired("'rx.axis ~ ''°'' == rx.axis ~ ''°'''"), None);
}
