//! Who gets a task without asking, and what a person holds is given back. (Reference, sections 3.3 and 3.4.)

use super::Lowering;
use super::value::Sink;
use crate::chart::{Assignment, Preference, Reoffer};
use crate::lang::scope::Scope;
use crate::yaml::{Mapping, Node};

/// It stands with the tasks themselves, which are in other instances than the one that says it.
const NOTE: Sink<'static> = Sink::Public("a hand-over note, which stands with the tasks of others");
const FIRST: Sink<'static> = Sink::Public("whom a task is given first");
const HOLDER: Sink<'static> = Sink::Public("whose tasks are given back");

/// Where nothing is said.
const ORDER: [Preference; 2] = [Preference::LeastLoad, Preference::LongestIdle];

impl Lowering<'_> {
    pub(super) fn assignment(&mut self, node: Option<&Node>, scope: &Scope) -> Option<Assignment> {
        let mapping = node?.as_mapping()?;
        let word = |name: &str| mapping.get(name).and_then(Node::as_scalar).map(|scalar| scalar.text.trim());
        let written = mapping.get("order").and_then(Node::as_sequence).unwrap_or_default();
        let mut order: Vec<Preference> = written
            .iter()
            .filter_map(|item| Preference::of(&item.as_scalar()?.text))
            .collect();
        if order.is_empty() {
            order.extend(ORDER);
        }
        Some(Assignment {
            first: mapping.get("first").and_then(|node| self.identity(node, scope, FIRST)),
            order,
            on_shift: word("on_shift") == Some("true"),
            max: word("max").and_then(|max| max.parse().ok()),
            sticky: word("sticky") == Some("true"),
        })
    }

    pub(super) fn reoffer(&mut self, mapping: &Mapping, scope: &Scope) -> Option<Reoffer> {
        let note = mapping.get("note").and_then(|node| self.text(node, scope, NOTE));
        Some(Reoffer {
            holder: mapping.get("holder").and_then(|node| self.identity(node, scope, HOLDER))?,
            note,
        })
    }
}
