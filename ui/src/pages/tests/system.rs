//! How it goes, on a page.

use super::*;

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
