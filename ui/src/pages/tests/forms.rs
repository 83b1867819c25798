//! Forms: what they open with, and what is said of them before they are sent.

use super::{Browser, Seen, as_};
use crate::http::tests::api::{Api, post, quoted};

const SHEET: &str = include_str!("sheet.yaml");

/// With one sheet, `S-1`.
async fn api() -> Api {
    let api = Api::new().await;
    let files = format!(
        "{{\"main\": \"sheet.yaml\", \"files\": {{\"sheet.yaml\": {}}}}}",
        quoted(SHEET)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    let body = r#"{"key": "S-1", "with": {"patient": "Ida Roth"}}"#;
    api.check(post("/v1/instances/sheet", body).by(&api.clerk), "201").await;
    api
}

fn address(event: &str) -> String {
    format!("/instances/sheet/S-1/events/{event}")
}

async fn form(clerk: &Browser<'_>, event: &str) -> Seen {
    clerk.see(&address(event)).await
}

impl Seen {
    /// What is chosen or entered in the controls of this name, without anybody having done anything.
    fn entered(&self, name: &str) -> Vec<String> {
        let inputs = self.html.split("<input ").skip(1).filter_map(|input| input.split('>').next());
        let named = inputs.filter(|input| input.contains(&format!("name=\"{name}\"")));
        let is_entered = |input: &&str| !input.contains("type=\"radio\"") || input.contains("checked");
        let value = |input: &str| {
            input
                .split("value=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .map(str::to_owned)
        };
        named.filter(is_entered).filter_map(value).collect()
    }
}

#[tokio::test]
async fn nothing_is_answered_for_anybody() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = form(&clerk, "LOOK").await;
    for required in ["with.breathing", "with.mood"] {
        assert_eq!(page.entered(required), [""; 0], "{required}");
    }
    for open in ["with.lifesaving", "with.contact", "with.colour", "with.score", "with.seen"] {
        assert_eq!(page.entered(open), [""], "{open}");
    }
    page.shows(&[
        "Not said",
        "If left open: No",
        "If left open: deep red",
        "If left open: 3",
        "If left open, it is worked out",
    ]);
    page.hides(&[" selected"]);
    assert_eq!(page.html.matches("type=\"radio\" name=\"with.breathing\"").count(), 2);
    assert_eq!(page.html.matches("type=\"radio\" name=\"with.lifesaving\"").count(), 3);

    // what is required is asked for, and what was chosen stays chosen
    let said = [("with.lifesaving", ""), ("with.contact", "false"), ("with.mood", "calm")];
    let refused = clerk.fill(&page, &address("LOOK"), &said).await;
    refused.shows(&["href=\"#with-breathing\""]);
    assert_eq!(refused.entered("with.contact"), ["false"]);
    assert_eq!(refused.entered("with.lifesaving"), [""]);
    let said = [said.as_slice(), &[("with.breathing", "true")]].concat();
    clerk
        .fill(&refused, &address("LOOK"), &said)
        .await
        .leads_to("/instances/sheet/S-1?done=sheet%2FS-1");
    // and what was left open is what the form said it would be
    clerk.see("/instances/sheet/S-1").await.shows(&["deep_red"]);
}
