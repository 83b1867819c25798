//! What is planned, for whoever may see it.

use super::api::{post, quoted};
use super::specification::conforms;
use super::*;
use crate::json::{member, member_items, member_number};

const REPORT: &str = "workflow: report
zone: Europe/Berlin
start: {by: [{schedule: daily}]}
schedules:
  daily: {cron: 0 9 * * *, start: {}}
  yearly: {cron: 0 0 1 1 *, zone: Asia/Tokyo, send: {event: CLOSE}}
initial: open
states:
  open: {on: {CLOSE: {target: closed, by: [{schedule: yearly}]}}}
  closed: {type: final}
";

#[tokio::test]
async fn an_operator_sees_what_is_planned() {
    let api = Api::new().await;
    let files = format!(
        "{{\"main\": \"report.yaml\", \"files\": {{\"report.yaml\": {}}}}}",
        quoted(REPORT)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    let heard = api.check(get("/v1/schedules").by(&api.operator), "200").await;
    conforms("Schedules", &heard.body);
    let answer = heard.value();
    let lines: Vec<[&str; 4]> = member_items(&answer, "schedules")
        .iter()
        .map(|schedule| ["workflow", "name", "cron", "zone"].map(|name| member(schedule, name)))
        .collect();
    assert_eq!(
        lines,
        [
            ["report", "daily", "0 9 * * *", "Europe/Berlin"],
            ["report", "yearly", "0 0 1 1 *", "Asia/Tokyo"]
        ]
    );
    let yearly = &member_items(&answer, "schedules")[1];
    assert!(member(yearly, "next").ends_with("-12-31T15:00:00Z"), "{}", heard.body);
    assert_eq!((member(yearly, "last"), member_number(yearly, "skipped")), ("", 0));
    let of_ticket = api.check(get("/v1/schedules?workflow=ticket").by(&api.operator), "200").await;
    assert_eq!(of_ticket.body, r#"{"schedules":[]}"#);
    api.check(
        get("/v1/schedules?workflow=nothing").by(&api.operator),
        "404 SW-2103 There is no workflow nothing, or it is not yours to see",
    )
    .await;
    api.check(
        get("/v1/schedules").by(&api.clerk),
        "403 SW-2102 This takes the role `operator`",
    )
    .await;
}
