//! Reads of other instances and of marks. (Reference, section 6.)

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lowering;
use super::value::Sink;
use crate::chart::{Find, FindSource, Read, ReadOf, Take, ValueTemplate};
use crate::diagnostic::Code;
use crate::expression::{Template, Type};
use crate::lang::computed;
use crate::lang::scope::Scope;
use crate::yaml::{Entry, Mapping, Node, is_extension};

const FACT: Sink<'static> = Sink::Public("what a read looks for, which is kept in the trail");

/// What tasks are found by.
const TASK_FIELDS: [&str; 3] = ["holder", "role", "unit"];

/// How many a read finds where it does not say.
const LIMIT_DEFAULT: usize = 100;

type Conditions = Vec<(Arc<str>, ValueTemplate)>;

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
        self.refuse_together(mapping);
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
        let has = |key: &str| mapping.get(key).is_some();
        let source = source(mapping);
        if source == FindSource::Instances && !has("workflow") {
            let help = "name the `workflow` of the instances, or `marks`, or `tasks`";
            let message = format!("the read `{}` needs `workflow`", entry.name());
            self.error(Code::MissingKey, entry.key.span, message, help);
            return None;
        }
        // What is looked for is part of the facts that are kept with the input.
        let scope = self.scope.clone();
        if let Some(node) = mapping.get("keys") {
            return self.value(node, &scope, FACT).map(ReadOf::Keys);
        }
        if let FindSource::Marks(_) = source
            && let Some(name) = mapping.get("marks").and_then(Node::as_scalar)
        {
            self.check_sought_marks(name, mapping);
        }
        if has("where") || has("in") || source != FindSource::Instances {
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
    fn refuse_together(&mut self, mapping: &Mapping) {
        let has = |key: &str| mapping.get(key).is_some();
        let (marks, tasks) = (has("marks"), has("tasks"));
        let ways = ["key", "keys", "where", "marks", "tasks"].iter().filter(|key| has(key));
        let ways: Vec<&str> = ways.copied().filter(|way| *way != "where" || !(marks || tasks)).collect();
        let finds = has("where") || has("in") || marks || tasks;
        let surplus = ways.get(1).copied();
        let alone = ["order", "limit", "take", "one_per", "since"];
        let useless = alone.iter().copied().find(|key| has(key) && !finds);
        let misplaced = [
            ("since", !marks && finds),
            ("in", marks || tasks),
            ("exact", !has("where") || marks || tasks),
        ];
        let misplaced = misplaced.into_iter().filter(|(key, is_misplaced)| *is_misplaced && has(key));
        for key in surplus.into_iter().chain(useless).chain(misplaced.map(|(key, _)| key)) {
            let Some(entry) = mapping.entry(key) else { continue };
            let message = match key {
                "since" if tasks => "`since` is for marks: what is open is open, since whenever".to_owned(),
                "since" => "`since` is for marks: an instance has no one moment".to_owned(),
                "in" => "`in` is for instances: marks and tasks are in no state".to_owned(),
                "exact" if marks || tasks => {
                    "`exact` is for instances: marks and tasks are as they were when they were looked for".to_owned()
                }
                "exact" => "`exact` is for `where`: what is read by key is compared in the commit anyway".to_owned(),
                _ => format!("`{key}` does not go with the way in which this read finds"),
            };
            self.error(Code::KeysExclude, entry.key.span, message, "take one of the two away");
        }
    }

    fn find(&mut self, entry: &Entry, mapping: &Mapping, source: FindSource, scope: &Scope) -> Option<Find> {
        let text = |key: &str| mapping.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        let (blind, conditions) = self.conditions(mapping, &source, scope);
        if conditions.is_empty() && blind.is_empty() && !matches!(source, FindSource::Marks(_)) {
            let (by, help) = match source {
                FindSource::Tasks { .. } => ("nothing", "add `where`: the `holder`, `role` or `unit` of the tasks"),
                _ => ("states alone", "add `where`: a field that is indexed, and its value"),
            };
            let message = format!("the read `{}` finds by {by}", entry.name());
            self.error(Code::MissingKey, entry.key.span, message, help);
            return None;
        }
        if let FindSource::Tasks { .. } = source {
            self.check_task_fields(mapping);
        }
        let states = mapping.get("in").and_then(Node::as_sequence).unwrap_or_default();
        self.note_shown_of(entry, mapping, &source);
        let limit = text("limit").and_then(|text| text.parse().ok());
        Some(Find {
            source,
            conditions,
            blind,
            states: states
                .iter()
                .filter_map(|node| Some(node.as_scalar()?.text.clone()))
                .collect(),
            since: mapping.get("since").and_then(|node| self.since(node, scope)),
            order: text("order"),
            limit: limit.unwrap_or(LIMIT_DEFAULT),
            one_per: text("one_per"),
            take: take(mapping.get("take")),
            exact: text("exact").is_some_and(|text| &*text == "true"),
        })
    }

    /// What fields must be: of personal data, which is looked for by its keyed digest, and of all else.
    fn conditions(&mut self, mapping: &Mapping, source: &FindSource, scope: &Scope) -> (Conditions, Conditions) {
        let wanted = mapping.get("where");
        if *source != FindSource::Instances {
            return (Vec::new(), self.values(wanted, scope, FACT));
        }
        let values = self.values(wanted, scope, Sink::Private);
        values.into_iter().partition(|(_, value)| self.holds_personal(value, scope))
    }

    /// From when on: a moment or a day, where the type of what is computed is known.
    fn since(&mut self, node: &Node, scope: &Scope) -> Option<Template> {
        let scalar = node.as_scalar()?;
        let template = computed::template(scalar, &mut self.out)?;
        let kind = self.check_template(scalar, &template, scope);
        self.check_sink(&template, scalar.span, scope, FACT);
        match template.literal() {
            None => self.check_kind(scalar, &kind, &[Type::Instant, Type::Date], "a moment or a day"),
            Some(text) => {
                let message = format!("`{}` is text: `since` takes a moment", text.trim());
                let help = "compute it: `{{ now - days(90) }}`, or `{{ instant('2026-01-05T08:30:00Z') }}`";
                self.error(Code::WrongShape, scalar.span, &message, help);
            }
        }
        Some(template)
    }

    /// A task is found by whom it is for and by who holds it.
    fn check_task_fields(&mut self, mapping: &Mapping) {
        let Some(conditions) = mapping.get("where").and_then(Node::as_mapping) else {
            return;
        };
        for condition in conditions {
            if !TASK_FIELDS.contains(&condition.name()) {
                let message = format!("tasks are found by no field `{}`", condition.name());
                let help = "a task is found by its `holder`, and by each `role` and `unit` that it is for";
                self.error(Code::UnknownField, condition.key.span, message, help);
            }
        }
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

fn source(mapping: &Mapping) -> FindSource {
    let text = |key: &str| mapping.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
    match (text("marks"), text("tasks")) {
        (Some(name), _) => FindSource::Marks(name),
        (None, Some(which)) => FindSource::Tasks { held: &*which == "held" },
        (None, None) => FindSource::Instances,
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
