//! Reads of other instances and of marks. (Reference, section 6.)

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lowering;
use super::value::Sink;
use crate::chart::{Find, FindSource, Read, ReadOf, Take};
use crate::diagnostic::Code;
use crate::lang::scope::Scope;
use crate::yaml::{Entry, Mapping, Node, is_extension};

const FACT: Sink<'static> = Sink::Public("what a read looks for, which is kept in the trail");

/// How many a read finds where it does not say.
const LIMIT_DEFAULT: usize = 100;

impl Lowering<'_> {
    /// The reads; `paths` are filled when every expression has been seen.
    pub(super) fn reads(&mut self, workflow: &Mapping) -> BTreeMap<Arc<str>, Read> {
        let entries = workflow.get("reads").and_then(Node::as_mapping).into_iter().flatten();
        let entries: Vec<Entry> = entries.filter(|entry| !is_extension(entry.name())).cloned().collect();
        let reads = entries.iter().filter_map(|entry| self.read(entry));
        reads.map(|read| (read.name.clone(), read)).collect()
    }

    fn read(&mut self, entry: &Entry) -> Option<Read> {
        let mapping = entry.value.as_mapping()?;
        if mapping.get("tasks").is_some() {
            return None;
        }
        let of = self.read_of(entry, mapping)?;
        let workflow = mapping.get("workflow").and_then(Node::as_scalar);
        Some(Read {
            name: entry.key.text.clone(),
            workflow: workflow.map_or_else(|| "".into(), |scalar| scalar.text.clone()),
            of,
            paths: Vec::new(),
            span: entry.key.span,
        })
    }

    fn read_of(&mut self, entry: &Entry, mapping: &Mapping) -> Option<ReadOf> {
        let (marks, has) = (mapping.get("marks").and_then(Node::as_scalar), |key: &str| {
            mapping.get(key).is_some()
        });
        self.refuse_together(mapping, has);
        if marks.is_none() && !has("workflow") {
            let help = "name the `workflow` of the instances, or the `marks`";
            let message = format!("the read `{}` needs `workflow`", entry.name());
            self.error(Code::MissingKey, entry.key.span, message, help);
            return None;
        }
        // What is looked for is part of the facts that are kept with the input.
        let scope = self.scope.clone();
        if let Some(node) = mapping.get("keys") {
            return self.value(node, &scope, FACT).map(ReadOf::Keys);
        }
        if let Some(name) = marks {
            self.check_sought_marks(name, mapping);
        }
        if has("where") || has("in") || marks.is_some() {
            let source = match marks {
                Some(name) => FindSource::Marks(name.text.clone()),
                None => FindSource::Instances,
            };
            return self
                .find(entry, mapping, source, &scope)
                .map(|find| ReadOf::Found(Box::new(find)));
        }
        let Some(key) = mapping.get("key") else {
            let help = "a read names the `key` of one instance, `keys`, or `where`";
            self.error(
                Code::MissingKey,
                entry.key.span,
                format!("the read `{}` needs `key`", entry.name()),
                help,
            );
            return None;
        };
        self.identity(key, &scope, FACT).map(ReadOf::Key)
    }

    /// One way of finding, and what belongs to it.
    fn refuse_together(&mut self, mapping: &Mapping, has: impl Fn(&str) -> bool) {
        let ways = ["key", "keys", "where", "marks"].iter().filter(|key| has(key));
        let ways: Vec<&str> = ways.copied().filter(|way| *way != "where" || !has("marks")).collect();
        let finds = has("where") || has("in") || has("marks");
        let surplus = ways.get(1).copied();
        let alone = ["order", "limit", "take", "one_per", "since"];
        let useless = alone.iter().copied().find(|key| has(key) && !finds);
        let misplaced = (has("since") && !has("marks")).then_some("since").filter(|_| finds);
        for key in [surplus, useless, misplaced].into_iter().flatten() {
            if let Some(entry) = mapping.entry(key) {
                let message = match key {
                    "since" => "`since` is for marks: an instance has no one moment".to_owned(),
                    _ => format!("`{key}` does not go with the way in which this read finds"),
                };
                self.error(Code::KeysExclude, entry.key.span, message, "take one of the two away");
            }
        }
    }

    fn find(&mut self, entry: &Entry, mapping: &Mapping, source: FindSource, scope: &Scope) -> Option<Find> {
        let text = |key: &str| mapping.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        let conditions = self.values(mapping.get("where"), scope, FACT);
        if conditions.is_empty() && source == FindSource::Instances {
            let message = format!("the read `{}` finds by states alone", entry.name());
            let help = "add `where`: a field that is indexed, and its value";
            self.error(Code::MissingKey, entry.key.span, message, help);
            return None;
        }
        let states = mapping.get("in").and_then(Node::as_sequence).unwrap_or_default();
        self.note_shown_of(entry, mapping, &source);
        let limit = text("limit").and_then(|text| text.parse().ok());
        Some(Find {
            source,
            conditions,
            states: states
                .iter()
                .filter_map(|node| Some(node.as_scalar()?.text.clone()))
                .collect(),
            since: mapping.get("since").and_then(|node| self.template(node, scope, FACT)),
            order: text("order"),
            limit: limit.unwrap_or(LIMIT_DEFAULT),
            one_per: text("one_per"),
            take: take(mapping.get("take")),
        })
    }

    /// By what is ordered and added up is asked of each view, too: of an instance's data, or of the view itself.
    fn note_shown_of(&mut self, entry: &Entry, mapping: &Mapping, source: &FindSource) {
        if *source != FindSource::Instances {
            return;
        }
        let text = |node: Option<&Node>| node.and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        let taken = mapping.get("take");
        let of_take = ["sum", "min", "max"].map(|key| text(taken.and_then(|take| take.get(key))));
        let arranged = ["order", "one_per"].map(|key| text(mapping.get(key)));
        for path in of_take.into_iter().chain(arranged).flatten() {
            let parts: Vec<Arc<str>> = path.split('.').map(Arc::from).collect();
            let of_data = std::iter::once("data".into()).chain(parts.clone()).collect();
            self.read_uses.add(&entry.key.text, [of_data, parts]);
        }
    }

    /// The children of every invoke are a read of its name, unless that is the name of something else.
    pub(super) fn add_child_reads(&mut self, reads: &mut BTreeMap<Arc<str>, Read>) {
        for (name, read) in std::mem::take(&mut self.child_reads) {
            reads.entry(name).or_insert(read);
        }
    }

    /// What expressions ask of each read's view.
    pub(super) fn fill_paths(&self, reads: &mut BTreeMap<Arc<str>, Read>) {
        for (name, read) in reads {
            read.paths = self.read_uses.paths_of(name);
        }
    }
}

/// What is made of what is found.
pub(super) fn take(node: Option<&Node>) -> Take {
    let Some(node) = node else { return Take::List };
    if let Some(word) = node.as_scalar() {
        return if &*word.text == "count" { Take::Count } else { Take::List };
    }
    let of = |key: &str| node.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
    let sum = of("sum").map(Take::Sum);
    sum.or_else(|| of("min").map(Take::Min))
        .or_else(|| of("max").map(Take::Max))
        .unwrap_or(Take::List)
}
