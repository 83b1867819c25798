//! The language's reference, `docs/language.md`: its tables are those of the grammar, and its examples have no problem.

mod links;
mod page;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::expression::{Expression, Filter, Function, Type, TypeScope, TypedCall};
use crate::lang::grammar::KINDS;

/// Set to `1`, the page is written instead of compared.
const RENEW: &str = "STATEWRIGHT_RENEW";

fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md")
}

fn written() -> String {
    std::fs::read_to_string(place()).expect("the page is part of the repository")
}

#[test]
fn the_page_is_made_of_the_grammar() {
    let page = written();
    let renewed = page::renewed(&page).unwrap_or_else(|problems| panic!("docs/language.md: {}", problems.join("\n")));
    if std::env::var_os(RENEW).is_some_and(|value| value == "1") {
        std::fs::write(place(), renewed).expect("the page can be written");
        return;
    }
    let mut lines = page.lines().zip(renewed.lines()).enumerate();
    let first = lines.find(|(_, (stands, made))| stands != made);
    if let Some((line, (stands, made))) = first {
        panic!(
            "docs/language.md:{}: here stands\n  {stands}\nand the grammar says\n  {made}\nRenew it: {RENEW}=1 cargo nextest run -p statewright-core -- lang::tests::reference",
            line + 1
        );
    }
    assert_eq!(page, renewed, "docs/language.md ends early, or late");
}

#[test]
fn every_link_within_the_page_leads_to_a_heading() {
    let page = written();
    let headings = page.lines().filter_map(|line| line.strip_prefix('#'));
    let anchors: Vec<String> = headings
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect();
    let links = page.split("](#").skip(1).filter_map(|rest| rest.split_once(')'));
    let dead: Vec<&str> = links
        .map(|(anchor, _)| anchor)
        .filter(|anchor| !anchors.iter().any(|known| known == anchor))
        .collect();
    assert_eq!(dead, Vec::<&str>::new());
}

/// The examples stand beside one another, each where workflows look for a file of its kind.
struct Examples<'p>(Vec<&'p str>);

impl Resolver for Examples<'_> {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        let is_there = |example: &&&str| file_of(example) == path;
        self.0.iter().find(is_there).map(|example| Arc::from(*example))
    }
}

fn file_of(example: &str) -> String {
    let (kind, rest) = example.split_once(": ").unwrap_or((example, ""));
    let name = rest.lines().next().unwrap_or("");
    match kind {
        "table" | "calendar" | "schema" | "adapter" | "view" | "portal" => format!("{kind}s/{name}.yaml"),
        _ if example.starts_with("marks:") => "marks.yaml".to_owned(),
        "test" => format!("{name}.test.yaml"),
        _ => format!("{name}.yaml"),
    }
}

#[test]
fn every_example_has_no_problem() {
    let page = written();
    let all = Examples(page::examples(&page).collect());
    for example in &all.0 {
        let name = file_of(example);
        let mut sources = Sources::new();
        let main = sources.add(name.as_str(), *example);
        let compiled = compile(&mut sources, main, &all);
        assert_eq!(concise(&sources, &compiled.diagnostics), "", "{example}");
        let has_chart = compiled.chart.is_some();
        assert_eq!(has_chart, example.starts_with("workflow: "), "{name} is a workflow, or none");
    }
    for kind in KINDS {
        let begins = |example: &&str| example.starts_with(&format!("{}:", kind.key));
        assert!(all.0.iter().any(begins), "there is an example of {}", kind.construct.noun);
    }
}

#[test]
fn every_section_with_a_table_of_what_is_built_shows_an_example() {
    let page = written();
    let without: Vec<&str> = page::sections(&page)
        .into_iter()
        .filter(|(_, text)| {
            let tables = text.matches("\n### ").count();
            tables > text.matches("\nNot built yet.\n").count() && page::examples(text).next().is_none()
        })
        .map(|(heading, _)| heading)
        .collect();
    assert_eq!(without, Vec::<&str>::new());
}

/// Every name there is, of a type that is not known.
struct Anything;

impl TypeScope for Anything {
    fn variable(&self, _name: &str) -> Option<Type> {
        Some(Type::Any)
    }

    fn names(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn call(&self, _call: &TypedCall<'_>) -> Result<Type, String> {
        Ok(Type::Any)
    }
}

#[test]
fn what_functions_and_filters_give_is_what_the_checker_says() {
    let arguments = |count: usize| vec!["x"; count].join(", ");
    let mut checked = 0;
    let mut check = |source: &str, gives: &str| {
        let Ok(expression) = Expression::parse(source) else { return };
        let (found, problems) = expression.check(&Anything);
        assert!(problems.is_empty(), "{source}: {problems:?}");
        let found = found.to_string();
        if found != "anything" {
            assert!(gives.contains(&found), "{source} is said to give {gives} and gives {found}");
            checked += 1;
        }
    };
    for function in Function::ALL {
        let arity = function.arity();
        for count in [arity.least, arity.most.unwrap_or(arity.least)] {
            check(&format!("{}({})", function.name(), arguments(count)), function.gives());
        }
    }
    for filter in Filter::ALL {
        let arity = filter.arity();
        for count in [arity.least, arity.most.unwrap_or(arity.least)] {
            check(&format!("x | {}({})", filter.name(), arguments(count)), filter.gives());
        }
    }
    assert!(checked > 60, "{checked} calls have a known type");
}
