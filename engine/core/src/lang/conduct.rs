//! How an adapter's action behaves in simulations: `simulate` of a contract, `adapters` of a simulation.
//!
//! It is no part of a definition: a workflow is no other one because its carrier is tried out slower. So it is left out of the contract
//! that a definition pins. (Reference, section 1, rule 6.)

use std::collections::BTreeMap;
use std::sync::Arc;

use super::distribution::{WHOLE, distribution, share};
use super::loader::Loader;
use super::{Resolver, free};
use crate::chart::{ActionContract, Contract};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources, Span, nearest};
use crate::time::Distribution;
use crate::yaml::{Entry, Kind, Mapping, Node, Scalar, Style, is_extension, parse};

/// Stands among the errors of `fails` for a failure that passes, which is none that a contract names.
pub const TEMPORARY: &str = "temporary";

/// What is said of one action.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    /// How long until it answers.
    pub after: Option<Distribution>,
    /// Fields of its answer, as they are written.
    pub returns: Option<Node>,
    /// Errors with their shares in ten thousandths; without a name a refusal that has none. Together not more than [`WHOLE`].
    pub fails: Vec<(Option<Arc<str>>, u32)>,
}

/// Reads what is said of an action; `name` is what a sentence calls it. What has another shape was told by the grammar.
pub fn read(node: &Node, name: &str, contract: Option<&ActionContract>, out: &mut Diagnostics) -> Conduct {
    let get = |key: &str| node.get(key);
    if let (Some(returns), Some(contract)) = (get("returns"), contract) {
        check_answer(returns, name, contract, out);
    }
    Conduct {
        after: get("after").and_then(|node| distribution(node, out)),
        returns: get("returns").cloned(),
        fails: get("fails")
            .map(|node| failures(node, name, contract, out))
            .unwrap_or_default(),
    }
}

/// What the contract of an adapter says under `simulate`, by action; the contract is found as a workflow in the file `main` finds it.
/// Problems were told when the workflow was compiled.
pub fn read_all(sources: &mut Sources, main: &str, files: &dyn Resolver, adapter: &str) -> BTreeMap<Arc<str>, Conduct> {
    let name = Scalar {
        text: adapter.into(),
        raw: adapter.into(),
        style: Style::Plain,
        span: Span::default(),
    };
    let mut told = Diagnostics::new();
    let node = Loader::new(sources, main, files).contract(&name, &mut told);
    let simulate = node.as_ref().and_then(|node| node.get("simulate"));
    let of = |entry: &Entry| {
        (
            entry.key.text.clone(),
            read(&entry.value, entry.name(), None, &mut Diagnostics::new()),
        )
    };
    entries(simulate).map(of).collect()
}

/// What `simulate` says is about actions of the contract that it stands in.
pub(super) fn check(simulate: Option<&Node>, contract: &Contract, out: &mut Diagnostics) {
    for entry in entries(simulate) {
        match contract.actions.get(&entry.key.text) {
            Some(action) => drop(read(&entry.value, entry.name(), Some(action), out)),
            None => {
                let message = format!("this contract has no action `{}`", entry.name());
                let diagnostic = Diagnostic::error(Code::UnknownWord, entry.key.span, message);
                out.push(match nearest(entry.name(), contract.actions.keys().map(|name| &**name)) {
                    Some(meant) => diagnostic
                        .help(format!("write `{meant}`, if that is meant"))
                        .repair(entry.key.span, meant),
                    None => diagnostic.help("name it under `actions`, too"),
                });
            }
        }
    }
}

/// The text of a contract without what it says under `simulate`: what a definition pins of it.
pub(super) fn left_out(text: &Arc<str>, node: &Node) -> Arc<str> {
    let Some((mapping, entry)) = node
        .as_mapping()
        .and_then(|mapping| Some((mapping, mapping.entry("simulate")?)))
    else {
        return text.clone();
    };
    let (start, end) = (entry.key.span.start, entry.value.span.end);
    let shorter = match mapping.flow {
        true => text
            .get(..entry.key.span.end)
            .zip(text.get(end..))
            .map(|(before, after)| format!("{before}: {{}}{after}")),
        false => text
            .get(..start)
            .zip(text.get(end..))
            .map(|(before, after)| format!("{}{}", trimmed(before), after.split_once('\n').map_or("", |(_, rest)| rest))),
    };
    // What is taken out may hold an anchor that something else needs. Then it stays: another definition is better than none.
    let same = |shorter: &String| {
        let (again, problems) = parse(Default::default(), shorter);
        let others = |mapping: &Mapping| {
            let names = mapping.iter().map(|entry| entry.key.text.clone());
            names.filter(|name| &**name != "simulate").collect::<Vec<_>>()
        };
        !problems.has_errors() && again.as_mapping().is_some_and(|again| others(again) == others(mapping))
    };
    shorter.filter(same).map_or_else(|| text.clone(), Arc::from)
}

/// The lines before an entry, without the comments that stand right above it and blank lines.
fn trimmed(before: &str) -> String {
    let mut lines: Vec<&str> = before.split_inclusive('\n').collect();
    while lines
        .last()
        .is_some_and(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        lines.pop();
    }
    lines.concat()
}

/// Fields that the contract declares have the type that it says.
fn check_answer(returns: &Node, name: &str, contract: &ActionContract, out: &mut Diagnostics) {
    if returns.as_mapping().is_none() {
        let message = format!("what `{name}` returns is a mapping of fields");
        out.push(Diagnostic::error(Code::WrongShape, returns.span, message).help("write `returns: {tracking: T-1}`"));
    }
    for field in contract.output.iter().flat_map(|output| &output.list) {
        let Some(node) = returns.get(&field.name).filter(|node| !is_computed(node)) else {
            continue;
        };
        let value = free::value(node, &mut Diagnostics::new());
        if let Some(Err(problems)) = value.map(|value| field.accept(&value)) {
            let why = problems.first().map_or_else(String::new, |problem| problem.sentence.clone());
            let message = format!("`{}` of what `{name}` returns {why}", field.name);
            out.push(
                Diagnostic::error(Code::WrongType, node.span, message)
                    .help("an answer is as the contract says, also one that is made up"),
            );
        }
    }
}

fn is_computed(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.contains("{{"),
        Kind::Sequence(items) => items.iter().any(is_computed),
        Kind::Mapping(mapping) => mapping.iter().any(|entry| is_computed(&entry.value)),
        Kind::Empty | Kind::Broken => false,
    }
}

fn failures(node: &Node, name: &str, contract: Option<&ActionContract>, out: &mut Diagnostics) -> Vec<(Option<Arc<str>>, u32)> {
    let fails: Vec<(Option<Arc<str>>, u32)> = match &node.kind {
        Kind::Scalar(scalar) => share(scalar, out).map(|share| (None, share)).into_iter().collect(),
        _ => {
            let mut fails = Vec::new();
            for entry in entries(Some(node)) {
                if let Some(contract) = contract {
                    check_error(&entry.key, name, contract, out);
                }
                let share = entry.value.as_scalar().and_then(|scalar| share(scalar, out));
                fails.extend(share.map(|share| (Some(entry.key.text.clone()), share)));
            }
            fails
        }
    };
    if fails.iter().map(|(_, share)| share).sum::<u32>() > WHOLE {
        let message = format!("`{name}` fails more often than it is asked: the shares are more than 100 %");
        out.push(Diagnostic::error(Code::WrongShape, node.span, message).help("let them sum up to 100 % at most"));
    }
    fails
}

fn check_error(error: &Scalar, name: &str, contract: &ActionContract, out: &mut Diagnostics) {
    if &*error.text == TEMPORARY || contract.errors.contains_key(&error.text) {
        return;
    }
    let diagnostic = Diagnostic::error(
        Code::UnknownWord,
        error.span,
        format!("`{name}` has no error `{}`", error.text),
    );
    let known = contract.errors.keys().map(|name| &**name).chain([TEMPORARY]);
    out.push(match nearest(&error.text, known) {
        Some(meant) => diagnostic
            .help(format!("write `{meant}`, if that is meant"))
            .repair(error.span, meant),
        None => diagnostic.help(format!("name it under `errors` of the action, or write `{TEMPORARY}`")),
    });
}

/// The entries of a mapping that mean something.
fn entries(node: Option<&Node>) -> impl Iterator<Item = &Entry> {
    let entries = node.and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| !is_extension(entry.name()))
}
