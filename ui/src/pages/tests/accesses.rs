//! Who has looked at personal data, on a page.

use super::*;
use crate::http::tests::access::with_jobs;

const NOTHING: &str = "404 SW-2103 There is no job/J-1, or it is not yours to see";

#[tokio::test]
async fn auditors_see_who_has_looked_at_what_and_who_was_refused() {
    let keys = ["J-1", "J-2"];
    let api = with_jobs(&keys).await;
    for key in keys {
        api.check(get(&format!("/v1/instances/job/{key}")).by(&api.clerk), "200")
            .await;
    }
    api.check(get("/v1/instances/job/J-1").by(&api.guest), NOTHING).await;
    let aude = as_(&api, &api.session("aude", &["auditor"]).await);
    let all = aude.see("/accesses").await;
    all.shows(&[
        "carl",
        "href=\"/instances/job/J-1\"",
        "href=\"/instances/job/J-2\"",
        "Patient",
        "Refused",
        "gina",
    ]);
    all.hides(&["Ida Roth"]);
    let one = aude.see("/accesses?case=job/J-1&who=carl").await;
    one.shows(&["/instances/job/J-1\""]);
    one.hides(&["/instances/job/J-2\"", "gina"]);
    let by_key = aude.see("/accesses?case=J-1").await;
    by_key.shows(&["/instances/job/J-1\""]);
    by_key.hides(&["/instances/job/J-2\""]);
    aude.see("/accesses?case=job")
        .await
        .shows(&["/instances/job/J-1\"", "/instances/job/J-2\""]);
    let refused = aude.see("/accesses?refused=1").await;
    refused.shows(&["gina"]);
    refused.hides(&["carl"]);
    aude.see("/accesses?to=2020-12-31")
        .await
        .shows(&["There is nothing of the kind"]);
    let wrong = aude.see("/accesses?from=yesterday").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    for (user, role) in [("carla", "clerk"), ("otto", "operator")] {
        let other = as_(&api, &api.session(user, &[role]).await).see("/accesses").await;
        assert_eq!(other.status, StatusCode::FORBIDDEN);
        other.hides(&["J-1"]);
    }
}
