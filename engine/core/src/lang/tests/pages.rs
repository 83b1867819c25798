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
        let (sources, compiled) = compiled(page.source, &beside);
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
