//! A bad file yields all its problems in one reading.

use super::*;

#[test]
fn a_bad_file_yields_all_its_problems() {
    let source = r#"workflow: Lens Order
titel: Orders
key: "{{ order_nr }}"
data:
  order_no: {type: sting}
  tray: {type: optional string, pattern: '['}
start: {by: lab}
initial: opened
states:
  open:
    label: Open
    on:
      ACCEPT: {target: closd, by: [clerk], input: [trey], guard: tray}
      accept: closed
    after: {3 days: closed}
  closed: {type: final, on: {REOPEN: open}}
"#;
    let expected = "\
1:11: error[SW-0205]: `Lens Order` is not a file's name in `kebab-case`
2:1: error[SW-0201]: unknown key `titel`
3:10: error[SW-0409]: there is no variable `order_nr`
5:20: error[SW-0601]: there is no type `sting`
6:42: error[SW-0602]: not a regular expression that can be used: unclosed character class
7:13: error[SW-0202]: `by` takes a list, and here stands text
8:10: error[SW-0301]: there is no state `opened` inside this one
13:24: error[SW-0301]: there is no state `closd` here or further out
13:52: error[SW-0302]: there is no field `trey`
13:66: error[SW-0412]: `tray` is text, and true or false is needed
14:7: error[SW-0205]: `accept` is not an event's name in `UPPER_SNAKE`
15:13: error[SW-0210]: `3 days` is not a duration: `days` is written `d`
16:25: error[SW-0501]: a final state goes nowhere: it has no `on`";
    let (sources, compiled) = compiled(source, &[]);
    assert_eq!(
        concise(&sources, &compiled.diagnostics).replace("w.yaml:", "").trim_end(),
        expected
    );
}

#[test]
fn problems_of_yaml_and_of_the_language_stand_together() {
    let source = "workflow: w\nstates:\n  a: {label: Open {{ x }}, on: {GO: {target: nowhere, by: [x]}}}\n  a: {}\n";
    let told = told(source);
    assert!(
        told.contains("SW-0102") && told.contains("SW-0111") && told.contains("SW-0301"),
        "{told}"
    );
}
