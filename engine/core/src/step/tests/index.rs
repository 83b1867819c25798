//! By what an instance and a mark are found: all of it, or the input is refused.

use super::*;

const LIST: &str = "
workflow: w
data: {parts: {type: list, items: string, default: [], index: true}}
start: {by: [staff]}
access: [{for: [staff]}]
initial: a
states:
  a:
    on:
      PUT: {by: [staff], input: [parts]}
";

fn parts(count: usize) -> String {
    let parts: Vec<String> = (0..count).map(|part| format!("\"p{part}\"")).collect();
    format!(r#"{{"parts":[{}]}}"#, parts.join(","))
}

#[test]
fn a_list_that_could_be_found_in_part_only_is_refused() {
    let mut life = Life::begun(LIST, "{}");
    assert_eq!(life.send_with("PUT", &parts(INDEX_PAIRS_MAX)), "taken");
    assert_eq!(
        life.send_with("PUT", &parts(INDEX_PAIRS_MAX + 1)),
        "SW-1011: there are 65 values that it is found by (parts); at most 64"
    );
    let snapshot = life.snapshot.as_ref().expect("begun");
    assert_eq!(
        index_of(&life.chart, snapshot).map(|pairs| pairs.len()),
        Some(INDEX_PAIRS_MAX)
    );
}

#[test]
fn a_mark_that_could_be_found_in_part_only_is_refused() {
    let values: Vec<String> = (0..=INDEX_PAIRS_MAX).map(|value| format!("v{value}: 1")).collect();
    let mark = format!("        actions: [{{mark: {{seen: {{{}}}}}}}]\n", values.join(", "));
    let mut life = Life::begun(
        &LIST.replace(
            "input: [parts]}\n",
            &format!("input: [parts]}}\n      MARK:\n        by: [staff]\n{mark}"),
        ),
        "{}",
    );
    assert_eq!(
        life.send("MARK"),
        "SW-1011: the mark `seen` holds 65 values that it is found by; at most 64"
    );
}
