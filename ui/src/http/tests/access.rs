//! The access log over the API.

use super::api::{post, quoted};
use super::specification::conforms;
use super::*;
use statewright_core::value::Value;

use crate::json::{member, member_items, member_texts};

const JOB: &str = "workflow: job
data: {patient: {type: string, phi: true}}
start: {by: [clerk], input: [patient]}
access: [{for: [clerk]}]
initial: open
states: {open: {}}
";

/// Jobs of these keys, each of a patient called Ida Roth, at which nobody has looked.
pub async fn with_jobs(keys: &[&str]) -> Api {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"job.yaml\", \"files\": {{\"job.yaml\": {}}}}}", quoted(JOB));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for key in keys {
        let body = format!(r#"{{"key": "{key}", "with": {{"patient": "Ida Roth"}}}}"#);
        api.check(post("/v1/instances/job", &body).by(&api.clerk), "201").await;
    }
    api
}

#[tokio::test]
async fn auditors_see_who_has_read_what_and_by_which_request() {
    let api = with_jobs(&["J-1"]).await;
    let auditor = api.token("otto", &["auditor"]).await;
    let seen = api.check(get("/v1/instances/job/J-1").by(&api.clerk), "200").await;
    let nothing = "404 SW-2103 There is no job/J-1, or it is not yours to see";
    api.check(get("/v1/instances/job/J-1").by(&api.guest), nothing).await;
    let log = api.check(get("/v1/access").by(&auditor), "200").await;
    conforms("Readings", &log.body);
    assert!(!log.body.contains("Ida"), "{}", log.body);
    let log = log.value();
    let [refused, reading] = member_items(&log, "readings") else {
        panic!("two readings: {log:?}")
    };
    let request = format!("test/{}", seen.header("x-request-id"));
    assert_eq!(
        (member(reading, "who"), member(reading, "request"), member(reading, "why")),
        ("carl", request.as_str(), "rule")
    );
    assert_eq!(
        (member_texts(reading, "keys"), member_texts(reading, "fields")),
        (vec!["J-1"], vec!["patient"])
    );
    assert_eq!(refused.field("refused"), Some(&Value::Boolean(true)));
    for (query, expected) in [
        ("?who=carl", 1),
        ("?workflow=job&key=J-1", 2),
        ("?workflow=job&key=J-2", 0),
        ("?refused=false&field=patient", 1),
        ("?from=2020-01-01&to=2020-12-31", 0),
    ] {
        let page = api
            .check(get(&format!("/v1/access{query}")).by(&auditor), "200")
            .await
            .value();
        assert_eq!(member_items(&page, "readings").len(), expected, "{query}");
    }
    let only = "403 SW-2102 This takes the role `auditor`";
    api.check(get("/v1/access").by(&api.clerk), only).await;
    // of which workflow need not be said if only one has such an instance
    for (key, expected) in [("J-1", 2), ("J-9", 0)] {
        let page = api
            .check(get(&format!("/v1/access?key={key}")).by(&auditor), "200")
            .await
            .value();
        assert_eq!(member_items(&page, "readings").len(), expected, "{key}");
    }
}
