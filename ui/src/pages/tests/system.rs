//! How it goes, on a page.

use super::*;
use crate::http::tests::operations::with_chores;

#[tokio::test]
async fn an_operator_sees_how_it_goes_and_nobody_else_does() {
    let api = Api::new().await;
    let olga = Browser {
        api: &api,
        secret: api.session("olga", &["operator"]).await,
    };
    let page = olga.see("/system").await;
    page.shows(&[
        "All goes well",
        "What could be done now and waits",
        "People and programs",
        ">System</a>",
    ]);
    let carl = Browser {
        api: &api,
        secret: api.session("carl", &["clerk"]).await,
    };
    let refused = carl.see("/system").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!refused.html.contains(">System</a>"));
}

#[tokio::test]
async fn that_people_are_late_is_said_instead_of_that_all_goes_well() {
    let api = with_chores(&[("C-1", "2020-02-03T10:00:00Z"), ("C-2", "2120-02-03T10:00:00Z")]).await;
    let olga = as_(&api, &api.session("olga", &["operator"]).await);
    let page = olga.see("/system").await;
    page.shows(&[
        "<div class=\"note warn\" role=\"status\">",
        "work is late: 1 task is overdue, for ",
        "it stands in the lists of chore (1).",
        "Nothing that goes by itself is late",
        "Tasks that are overdue</th><td class=\"number\">1</td>",
    ]);
    page.hides(&["All goes well", "note bad"]);
}
