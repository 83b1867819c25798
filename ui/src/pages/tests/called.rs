//! Beside the key of an instance that a page refers to stands who it is, to those who see that; and to have shown it is a reading.

use statewright_core::value::Value;

use super::as_;
use crate::http::tests::api::{Api, get, post, quoted};
use crate::json::{member, member_items, member_texts};

const PERSON: &str = "workflow: person
called: [family, given, born]
data: {family: {type: optional string, phi: true}, given: {type: optional string, phi: true}, born: {type: optional date, phi: true}, note: {type: optional string, phi: true}}
start: {by: [clerk], input: [optional family, optional given, optional born, optional note]}
access: [{for: [clerk]}, {for: [porter], show: [family]}, {for: [guard], break_glass: 1h}]
initial: here
states: {here: {}}
";

const VISIT: &str = "workflow: visit
data: {person: {type: ref, workflow: person}}
start: {by: [clerk], input: [person]}
access: [{for: [clerk, porter, cleaner, guard, auditor]}]
initial: here
states: {here: {task: {title: 'See to {{ key }}', for: [clerk, cleaner], show: [person]}, on: {LEAVE: {target: gone, by: [clerk]}}}, gone: {type: final}}
";

const BOARD: &str = "view: house\nfor: [clerk, porter, cleaner, guard, auditor]\nkind: board\nof: visit\nlanes: [here]\ncolumns: [person, label]\n";

const PAGES: [&str; 2] = ["/views/house", "/instances/visit/V-1"];

async fn api() -> Api {
    let api = Api::new().await;
    for (kind, name, text) in [
        ("workflows", "person.yaml", PERSON),
        ("workflows", "visit.yaml", VISIT),
        ("views", "house.yaml", BOARD),
    ] {
        let files = format!("{{\"main\": \"{name}\", \"files\": {{\"{name}\": {}}}}}", quoted(text));
        api.check(post(&format!("/v1/{kind}"), &files).by(&api.operator), "201").await;
    }
    for (workflow, body) in [
        (
            "person",
            r#"{"key": "P-1", "with": {"family": "Rothenberg", "given": "Idalia", "born": "1954-03-12", "note": "Deaf on one side"}}"#,
        ),
        ("person", r#"{"key": "P-2", "with": {"note": "Says nothing"}}"#),
        ("visit", r#"{"key": "V-1", "with": {"person": "P-1"}}"#),
        ("visit", r#"{"key": "V-2", "with": {"person": "P-2"}}"#),
    ] {
        api.check(post(&format!("/v1/instances/{workflow}"), body).by(&api.clerk), "201")
            .await;
    }
    api
}

/// What the log has of names: who read which fields of whom.
async fn told(api: &Api) -> Vec<String> {
    let auditor = api.token("otto", &["auditor"]).await;
    let log = api.check(get("/v1/access").by(&auditor), "200").await.value();
    let of = |reading: &Value| {
        let (keys, fields) = (
            member_texts(reading, "keys").join(" "),
            member_texts(reading, "fields").join(" "),
        );
        format!("{} {}: {keys}: {fields}", member(reading, "who"), member(reading, "by"))
    };
    member_items(&log, "readings").iter().map(of).collect()
}

#[tokio::test]
async fn boards_cases_and_tasks_say_whom_they_are_about_and_each_is_a_reading() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carla", &["clerk"]).await);
    let name = "P-1</a> <span class=\"called\">Rothenberg, Idalia, 1954</span>";
    for (count, page) in PAGES.into_iter().chain(["/tasks/visit/V-1/here%401"]).enumerate() {
        let seen = clerk.see(page).await;
        seen.shows(&[name]);
        // what somebody is called is not all that is known of them
        seen.hides(&["1954-03-12", "12 Mar", "Deaf"]);
        let expected = vec!["carla name: P-1: family given born"; count + 1];
        assert_eq!(told(&api).await, expected, "{page}");
    }
    // of whom no name is known stands the key alone, and nothing was read
    let nameless = clerk.see("/instances/visit/V-2").await;
    nameless.shows(&["P-2</a>"]);
    nameless.hides(&["class=\"called\""]);
    // where it is not needed, nobody is named
    for page in [
        "/tasks",
        "/instances",
        "/instances/visit/V-1/trail",
        "/instances/visit/V-1?entry=1",
    ] {
        clerk.see(page).await.hides(&["Rothenberg", "Idalia"]);
    }
    assert_eq!(told(&api).await.len(), 3);
}

#[tokio::test]
async fn a_name_is_told_as_far_as_its_reader_sees_it() {
    let api = api().await;
    let porter = as_(&api, &api.session("paul", &["porter"]).await);
    for page in PAGES {
        let seen = porter.see(page).await;
        seen.shows(&["<span class=\"called\">Rothenberg</span>"]);
        seen.hides(&["Idalia", "1954"]);
    }
    assert_eq!(told(&api).await, ["paul name: P-1: family"; 2]);
    // who does not see them at all, could only open them with a reason, or sees nothing personal of them
    for (user, role) in [("clea", "cleaner"), ("gus", "guard"), ("aude", "auditor")] {
        let other = as_(&api, &api.session(user, &[role]).await);
        for page in PAGES {
            let seen = other.see(page).await;
            seen.shows(&["P-1"]);
            seen.hides(&["Rothenberg", "Idalia", "class=\"called\""]);
        }
    }
    assert_eq!(told(&api).await.len(), 2);
}

#[tokio::test]
async fn who_opened_somebody_with_a_reason_reads_the_name_as_such() {
    let api = api().await;
    let secret = api.session("gus", &["guard"]).await;
    let guard = as_(&api, &secret);
    let form = guard.see("/instances/person/P-1/open").await;
    guard
        .fill(&form, "/instances/person/P-1/open", &[("reason", "They ask who it is")])
        .await;
    guard.see("/views/house").await.shows(&["Rothenberg, Idalia, 1954"]);
    assert!(told(&api).await.contains(&"gus name: P-1: family given born".to_owned()));
}
