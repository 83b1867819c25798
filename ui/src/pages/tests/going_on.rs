//! Where somebody is led when a task is done.

use super::*;

/// Two steps of one and the same person, and a third that is somebody else's.
const STEPS: &str = r#"workflow: step
key: "{{ code }}"
title: Step of {{ code }}
data: {code: string}
start: {by: [clerk], input: [code]}
access: [{for: [clerk, chief]}]
initial: first
states:
  first:
    task: {title: "First of {{ code }}", for: [clerk], priority: high}
    on: {ON: {target: second, by: [clerk]}}
  second:
    task: {title: "Second of {{ code }}", for: [clerk]}
    on: {ON: {target: third, by: [clerk]}}
  third:
    task: {title: "Third of {{ code }}", for: [chief]}
    on: {ON: {target: over, by: [chief]}}
  over: {type: final}
"#;

#[tokio::test]
async fn what_is_left_to_be_done_of_the_same_instance_comes_before_what_is_urgent() {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"step.yaml\", \"files\": {{\"step.yaml\": {}}}}}", quoted(STEPS));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for code in ["A-1", "A-2"] {
        let body = format!("{{\"with\": {{\"code\": \"{code}\"}}}}");
        api.check(post("/v1/instances/step", &body).by(&api.clerk), "201").await;
    }
    let dora = as_(&api, &api.session("dora", &["clerk"]).await);
    let first = dora.see("/tasks/step/A-2/first%401").await;
    let done = dora.fill(&first, "/instances/step/A-2/events/ON", &[]).await;
    // the first step of the other one is more urgent
    done.leads_to("/tasks/step/A-2/second%402?done=step%2FA-2");
    dora.see(&done.to).await.hides(&["another case"]);
    let second = dora.see("/tasks/step/A-2/second%402").await;
    let done = dora.fill(&second, "/instances/step/A-2/events/ON", &[]).await;
    // the third is not hers
    done.leads_to("/tasks/step/A-1/first%401?done=step%2FA-2");
    // the form looks like the one that was just sent: whose it is is said
    dora.see(&done.to)
        .await
        .shows(&["Next, another case: <strong>Step of A-1</strong>"]);

    for (task, next) in [
        ("/tasks/step/A-1/first%401", "/tasks/step/A-1/second%402?done=step%2FA-1"),
        ("/tasks/step/A-1/second%402", "/tasks?done=step%2FA-1"),
    ] {
        let page = dora.see(task).await;
        dora.fill(&page, "/instances/step/A-1/events/ON", &[]).await.leads_to(next);
    }
    // nothing is left, and what was done is said all the same
    let left = dora.see("/tasks?done=step%2FA-1").await;
    left.shows(&["Done.", "Step of A-1", "You hold nothing"]);
}
