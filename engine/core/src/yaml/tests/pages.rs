//! The first example of each page about YAML yields the code the page is about.

use super::super::parse;
use crate::diagnostic::{Code, FileId};

#[test]
fn every_page_about_yaml_shows_its_fault() {
    for code in Code::ALL.iter().filter(|code| code.as_str().starts_with("SW-01")) {
        let page = code.page().unwrap_or_else(|error| panic!("docs/errors/{code}.md: {error}"));
        assert_eq!(page.language, "yaml", "{code}");
        let (_, diagnostics) = parse(FileId(0), page.source);
        let found: Vec<_> = diagnostics.iter().map(|d| (d.code, &d.message)).collect();
        assert!(
            found.iter().any(|(found, _)| found == code),
            "the example of {code} yields {found:?}"
        );
    }
}
