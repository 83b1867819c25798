//! Arrows between the modules of a crate: which may name which, read from the source.
//!
//! Only what is compiled into the product counts: a module's tests may use whatever they need.

use std::path::Path;

use regex::Regex;
use statewright_tests::repository;

use crate::assert_none;

/// A crate's modules, each with those it may name. A module that is not listed has no place yet and is reported.
struct Order {
    source: &'static str,
    modules: &'static [(&'static str, &'static str)],
}

/// Values, times, identifiers and diagnostics know nothing of workflows. The statechart knows nothing of YAML: `lang` makes
/// charts from trees, and `step` runs charts, whoever made them.
const CORE: Order = Order {
    source: "engine/core/src",
    modules: &[
        ("diagnostic", "identity time value"),
        ("identity", "diagnostic time value"),
        ("time", "diagnostic identity value"),
        ("value", "diagnostic identity time"),
        ("yaml", "diagnostic value"),
        ("expression", "diagnostic identity time value"),
        ("field", "diagnostic expression identity time value"),
        ("chart", "diagnostic expression field identity time value"),
        // A step writes entries of the trail, and the trail's replay takes steps: these two name each other.
        ("step", "chart diagnostic expression field identity time trail value"),
        ("trail", "chart diagnostic expression field identity step time value"),
        ("lang", "chart check diagnostic expression field identity time value yaml"),
        ("check", "chart diagnostic expression field identity time value"),
    ],
};

#[test]
fn modules_of_the_core_name_only_what_is_below_them() {
    assert_none(&check(&CORE));
}

#[test]
fn an_upward_import_is_found_with_its_line() {
    let found = |path: &str, text: &str| upward(&CORE, Path::new(path), text);
    assert_eq!(
        found(
            "step/mod.rs",
            "//! crate::lang in a comment\nuse crate::chart::Chart;\nuse crate::{\n    value::Value,\n    lang::{self, parse},\n};\n"
        ),
        [
            "engine/core/src/step/mod.rs:5: `step` may not name `lang`; it may name chart, diagnostic, expression, field, identity, time, trail, value"
        ]
    );
    assert_eq!(
        found(
            "value/number.rs",
            "fn f() -> crate::step::Outcome {}\nuse super::super::chart;\nuse super::Value;\n"
        ),
        [
            "engine/core/src/value/number.rs:1: `value` may not name `step`; it may name diagnostic, identity, time",
            "engine/core/src/value/number.rs:2: `value` may not name `chart`; it may name diagnostic, identity, time",
        ]
    );
    assert_eq!(
        found("fresh.rs", "use crate::value::Value;\n"),
        ["engine/core/src/fresh.rs: `fresh` has no place yet: name what it may use in tests/tests/all/dependencies/imports.rs"]
    );
    let with_tests = "use crate::chart::Chart;\n#[cfg(test)]\nmod tests {\n    use crate::lang;\n}\n";
    assert_eq!(found("step/mod.rs", with_tests), Vec::<String>::new());
    assert_eq!(found("step/tests.rs", "use crate::lang;\n"), Vec::<String>::new());
    assert_eq!(found("lib.rs", "use crate::lang;\n"), Vec::<String>::new());
}

fn check(order: &Order) -> Vec<String> {
    let mut problems = Vec::new();
    for file in repository::files() {
        if let Ok(path) = file.strip_prefix(order.source)
            && path.extension().is_some_and(|extension| extension == "rs")
        {
            let text = std::fs::read_to_string(repository::root().join(&file)).expect("a source file is UTF-8");
            problems.extend(upward(order, path, &text));
        }
    }
    problems
}

/// The names in one file, given by its path under the crate's source, that point the wrong way.
fn upward(order: &Order, path: &Path, text: &str) -> Vec<String> {
    let module = module_of(path);
    let at = format!("{}/{}", order.source, path.display());
    let Some(own) = module.first().filter(|_| !is_test(&module)) else {
        return Vec::new();
    };
    let Some((_, may)) = order.modules.iter().find(|(name, _)| name == own) else {
        return vec![format!(
            "{at}: `{own}` has no place yet: name what it may use in tests/tests/all/dependencies/imports.rs"
        )];
    };
    let is_module = |name: &str| order.modules.iter().any(|(module, _)| *module == name);
    let may: Vec<&str> = may.split_whitespace().collect();
    let wrong = named(&module, &product(text))
        .into_iter()
        .filter(|(_, name)| is_module(name) && name != own && !may.contains(&name.as_str()));
    wrong
        .map(|(line, name)| format!("{at}:{line}: `{own}` may not name `{name}`; it may name {}", may.join(", ")))
        .collect()
}

/// `step/input.rs` is the module `step::input`; a crate's root has no name.
fn module_of(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = path
        .with_extension("")
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    if names
        .last()
        .is_some_and(|name| matches!(name.as_str(), "mod" | "lib" | "main"))
    {
        names.pop();
    }
    names
}

fn is_test(module: &[String]) -> bool {
    module.iter().any(|name| name == "tests" || name.ends_with("_tests"))
}

/// The text without comments and without the tests at its end, line for line.
fn product(text: &str) -> String {
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    lines
        .map(|line| if line.trim_start().starts_with("//") { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

/// The crate's modules that a text names, with the line of each: `crate::a`, `crate::{a, b::c}`, and `super::` where that is the crate.
fn named(module: &[String], text: &str) -> Vec<(usize, String)> {
    // Within an indented `mod`, `super` is that file's own module: only at a line's start does it climb out of the file.
    let climb = format!(r"^(?:pub(?:\([^)]*\))? )?use (?:super::){{{}}}", module.len());
    let start = Regex::new(&format!(r"(?m)\bcrate::|{climb}")).expect("the pattern is valid");
    let mut found = Vec::new();
    for path in start.find_iter(text) {
        for (offset, name) in first_names(&text[path.end()..]) {
            let line = text[..path.end() + offset].matches('\n').count() + 1;
            found.push((line, name));
        }
    }
    found
}

/// The first name of a path, or of each path in `{…}`, with its offset.
fn first_names(text: &str) -> Vec<(usize, String)> {
    let name = |at: usize| -> Option<(usize, String)> {
        let name: String = text[at..]
            .chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .collect();
        (!name.is_empty()).then_some((at, name))
    };
    if !text.starts_with('{') {
        return name(0).into_iter().collect();
    }
    let (mut depth, mut found, mut expected) = (0_usize, Vec::new(), true);
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => expected = true,
            _ if expected && depth == 1 && !character.is_whitespace() => {
                found.extend(name(at));
                expected = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}
