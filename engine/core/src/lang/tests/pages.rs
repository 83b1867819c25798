//! The first example of each page about the language yields the code that the page is about.

use super::*;
use crate::diagnostic::Code;

#[test]
fn every_page_about_the_language_shows_its_fault() {
    let ours = |code: &&Code| code.as_str() > "SW-0200" && code.as_str() < "SW-1000";
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().filter(ours) {
        let page = code.page().unwrap_or_else(|error| panic!("docs/errors/{code}.md: {error}"));
        assert_eq!(page.language, "yaml", "{code}");
        // beside the files of the examples stand one whose quotes do not close, and an adapter's contract
        let beside = [
            ("departments.csv", "code,title\ncoating,\"Coating\n"),
            ("adapters/carrier.yaml", "adapter: carrier\nactions: {ship: }\n"),
        ];
        let (sources, mut compiled) = compiled(page.source, &beside);
        // of units a file of roles tells, which the page shows as well
        if let (Code::UnknownUnit, Some(chart)) = (code, &compiled.chart) {
            let roles = page.example.split("```yaml").nth(2).and_then(|rest| rest.split("```").next());
            let roles = super::compiled(roles.unwrap_or_default(), &[]).1.roles;
            let roles = roles.expect("the page shows a file of roles").roles;
            crate::lang::check_together(&[chart], &[roles], &mut compiled.diagnostics);
        }
        let told = concise(&sources, &compiled.diagnostics);
        let others = compiled
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code != *code)
            .count();
        if others > 0 || compiled.diagnostics.is_empty() {
            wrong.push(format!("{code}:\n{told}"));
        }
    }
    assert_eq!(wrong.join("\n"), "");
}
