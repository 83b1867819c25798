//! Which variables an expression touches, and which of their fields: what is read, subscribed to, tainted or unknown.
//!
//! A variable's path is followed through fields, indexes, list filters and literals: `lots | all('available' in item.states)`
//! touches `lots.*.states`, and nothing else of `lots`. Where a value is passed on as a whole (into a function, a text, the
//! result) everything below its path is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::ast::{Node, Term};
use super::{Expression, Filter, Function, Span, Template};
use crate::value::Value;

/// A step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The field of that name.
    Field(Arc<str>),
    /// Any item of a list, or any field of an object whose name is computed.
    Each,
}

/// A path below a variable. Empty for the variable itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

impl Path {
    fn then(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// Whether `other` is this path or one below it.
    #[must_use]
    pub fn covers(&self, other: &Path) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(".")?;
            }
            match step {
                Step::Field(name) => formatter.write_str(name)?,
                Step::Each => formatter.write_str("*")?,
            }
        }
        Ok(())
    }
}

/// How much of a place is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Only whether it is there, or how many items it has.
    Presence,
    /// Its value, with all below it.
    Value,
}

/// One place that is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The most that is done with it.
    pub usage: Use,
    /// Where it is first touched.
    pub span: Span,
}

/// Everything that an expression touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Variable, path below it, use.
    pub variables: BTreeMap<Arc<str>, BTreeMap<Path, Reference>>,
    /// Functions called, with the first argument where it is written out: the tables that must be there.
    pub calls: BTreeSet<(Function, Option<Arc<str>>)>,
}

impl References {
    /// Whether that variable, or anything below it, is touched.
    #[must_use]
    pub fn touches(&self, variable: &str) -> bool {
        self.variables.contains_key(variable)
    }

    /// Takes over everything that `other` touches.
    pub fn merge(&mut self, other: References) {
        for (variable, paths) in other.variables {
            for (path, reference) in paths {
                self.touch(&variable, path, reference);
            }
        }
        self.calls.extend(other.calls);
    }

    fn touch(&mut self, variable: &Arc<str>, path: Path, reference: Reference) {
        let paths = self.variables.entry(Arc::clone(variable)).or_default();
        let known = paths.entry(path).or_insert(reference);
        known.usage = known.usage.max(reference.usage);
    }
}

impl Expression {
    /// Which variables and fields it touches.
    #[must_use]
    pub fn references(&self) -> References {
        let mut walk = Walk {
            found: References::default(),
            items: Vec::new(),
        };
        let whole = walk.follow(&self.root);
        walk.consume(&whole, Use::Value);
        walk.found
    }
}

impl Template {
    /// Which variables and fields its expressions touch; spans are within the template.
    #[must_use]
    pub fn references(&self) -> References {
        let mut all = References::default();
        for (offset, expression) in self.expressions() {
            let mut found = expression.references();
            for reference in found.variables.values_mut().flat_map(BTreeMap::values_mut) {
                reference.span = reference.span.shifted(offset);
            }
            all.merge(found);
        }
        all
    }
}

/// Where a value comes from.
#[derive(Clone, Debug)]
enum Origin {
    /// Computed: what it was made of has been noted already.
    Computed,
    /// A place below a variable.
    Place { variable: Arc<str>, path: Path, span: Span },
    /// A list whose items come from there.
    ListOf(Box<Origin>),
    /// An object whose fields come from there.
    ObjectOf(BTreeMap<Arc<str>, Origin>),
    /// One of these.
    OneOf(Vec<Origin>),
}

struct Walk {
    found: References,
    /// What `item` is, innermost list filter last.
    items: Vec<Origin>,
}

impl Walk {
    /// Where the node's value comes from; everything it needs on the way is noted.
    fn follow(&mut self, node: &Node) -> Origin {
        match &node.term {
            Term::Constant(_) => Origin::Computed,
            Term::Variable(name) => self.variable(name, node.span),
            Term::Field { base, name, .. } => {
                let base = self.follow(base);
                self.step(&base, &Step::Field(Arc::clone(name)), node.span)
            }
            Term::Index { base, index } => {
                let base = self.follow(base);
                self.consume_node(index);
                self.step(&base, &Step::Each, node.span)
            }
            Term::IsNone { operand, .. } => self.presence(operand),
            Term::Compare { comparison, left, right } if comparison.is_equality() && is_null(right) => self.presence(left),
            Term::Compare { comparison, left, right } if comparison.is_equality() && is_null(left) => self.presence(right),
            Term::Choice {
                condition,
                then,
                otherwise,
            } => {
                self.consume_node(condition);
                Origin::OneOf(vec![self.follow(then), self.follow(otherwise)])
            }
            Term::List(items) => Origin::ListOf(Box::new(Origin::OneOf(items.iter().map(|item| self.follow(item)).collect()))),
            Term::Object(fields) => Origin::ObjectOf(
                fields
                    .iter()
                    .map(|(name, field)| (Arc::clone(name), self.follow(field)))
                    .collect(),
            ),
            Term::Filter {
                filter,
                operand,
                arguments,
                ..
            } => self.filter(*filter, operand, arguments),
            Term::Call {
                function,
                arguments,
                named,
                ..
            } => self.call(*function, arguments, named),
            Term::Negate(operand) | Term::Not(operand) => self.consume_all([&**operand]),
            Term::Arithmetic { left, right, .. } | Term::Join(left, right) | Term::Compare { left, right, .. } => {
                self.consume_all([&**left, &**right])
            }
            Term::Membership { item, container, .. } => self.consume_all([&**item, &**container]),
            Term::And(clauses) | Term::Or(clauses) => self.consume_all(clauses),
        }
    }

    fn variable(&self, name: &Arc<str>, span: Span) -> Origin {
        match (&**name, self.items.last()) {
            ("item", Some(item)) => item.clone(),
            ("index", Some(_)) => Origin::Computed,
            _ => Origin::Place {
                variable: Arc::clone(name),
                path: Path::default(),
                span,
            },
        }
    }

    fn step(&mut self, base: &Origin, step: &Step, span: Span) -> Origin {
        match (base, step) {
            (Origin::Computed, _) => Origin::Computed,
            (Origin::Place { variable, path, .. }, _) => Origin::Place {
                variable: Arc::clone(variable),
                path: path.then(step.clone()),
                span,
            },
            (Origin::ListOf(item), Step::Each) => (**item).clone(),
            (Origin::ObjectOf(fields), Step::Field(name)) => fields.get(name).cloned().unwrap_or(Origin::Computed),
            (Origin::ObjectOf(fields), Step::Each) => Origin::OneOf(fields.values().cloned().collect()),
            (Origin::ListOf(_), Step::Field(_)) => Origin::Computed,
            (Origin::OneOf(origins), _) => Origin::OneOf(origins.iter().map(|origin| self.step(origin, step, span)).collect()),
        }
    }

    fn presence(&mut self, operand: &Node) -> Origin {
        let origin = self.follow(operand);
        self.consume(&origin, Use::Presence);
        Origin::Computed
    }

    fn consume_node(&mut self, node: &Node) {
        let origin = self.follow(node);
        self.consume(&origin, Use::Value);
    }

    fn consume_all<'a>(&mut self, nodes: impl IntoIterator<Item = &'a Node>) -> Origin {
        for node in nodes {
            self.consume_node(node);
        }
        Origin::Computed
    }

    fn consume(&mut self, origin: &Origin, usage: Use) {
        match origin {
            Origin::Computed => {}
            Origin::Place { variable, path, span } => {
                self.found.touch(variable, path.clone(), Reference { usage, span: *span });
            }
            // How many items a made list has depends on nothing inside them, but it costs little to be careful.
            Origin::ListOf(item) => self.consume(item, usage),
            Origin::ObjectOf(fields) => fields.values().for_each(|field| self.consume(field, usage)),
            Origin::OneOf(origins) => origins.iter().for_each(|origin| self.consume(origin, usage)),
        }
    }

    /// The list is known to exist and how long it is, whatever its items are used for.
    fn filter(&mut self, filter: Filter, operand: &Node, arguments: &[Node]) -> Origin {
        let list = self.follow(operand);
        if filter.is_over_items() {
            return self.over_items(filter, &list, arguments.first(), operand.span);
        }
        let result = match filter {
            Filter::Length => {
                self.consume(&list, Use::Presence);
                Origin::Computed
            }
            Filter::Last => self.step(&list, &Step::Each, operand.span),
            Filter::Values => Origin::ListOf(Box::new(self.step(&list, &Step::Each, operand.span))),
            Filter::Reverse | Filter::Slice => list,
            Filter::Default => {
                let fallback = arguments.first().map_or(Origin::Computed, |argument| self.follow(argument));
                return Origin::OneOf(vec![list, fallback]);
            }
            _ => {
                self.consume(&list, Use::Value);
                Origin::Computed
            }
        };
        self.consume_all(arguments);
        result
    }

    fn over_items(&mut self, filter: Filter, list: &Origin, argument: Option<&Node>, span: Span) -> Origin {
        let item = self.step(list, &Step::Each, span);
        let Some(argument) = argument else {
            return self.without_argument(filter, list, item);
        };
        self.items.push(item.clone());
        let result = self.follow(argument);
        self.items.pop();
        if filter == Filter::Map {
            return Origin::ListOf(Box::new(result));
        }
        self.consume(&result, Use::Value);
        match filter {
            Filter::Where | Filter::Sort | Filter::Unique => list.clone(),
            Filter::First => item,
            Filter::Group => {
                let items = Origin::ListOf(Box::new(item));
                let group = BTreeMap::from([(Arc::from("key"), Origin::Computed), (Arc::from("items"), items)]);
                Origin::ListOf(Box::new(Origin::ObjectOf(group)))
            }
            _ => Origin::Computed,
        }
    }

    fn without_argument(&mut self, filter: Filter, list: &Origin, item: Origin) -> Origin {
        match filter {
            Filter::First => item,
            Filter::Count => {
                self.consume(list, Use::Presence);
                Origin::Computed
            }
            Filter::Sort | Filter::Unique => {
                self.consume(&item, Use::Value);
                list.clone()
            }
            _ => {
                self.consume(&item, Use::Value);
                Origin::Computed
            }
        }
    }

    fn call(&mut self, function: Function, arguments: &[Node], named: &[(Arc<str>, Node)]) -> Origin {
        let literal = match arguments.first().map(|argument| &argument.term) {
            Some(Term::Constant(Value::Text(text))) => Some(Arc::clone(text)),
            _ => None,
        };
        self.found.calls.insert((function, literal));
        self.consume_all(arguments);
        self.consume_all(named.iter().map(|(_, value)| value))
    }
}

fn is_null(node: &Node) -> bool {
    matches!(node.term, Term::Constant(Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each place as `variable.path`, with `?` where only its presence matters; then the calls.
    fn check(source: &str, expected: &str) {
        let expression = Expression::parse(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
        assert_eq!(shown(&expression.references()), expected, "{source}");
    }

    fn shown(references: &References) -> String {
        let mut words = Vec::new();
        for (variable, paths) in &references.variables {
            for (path, reference) in paths {
                let point = if path.0.is_empty() { "" } else { "." };
                let mark = if reference.usage == Use::Presence { "?" } else { "" };
                words.push(format!("{variable}{point}{path}{mark}"));
            }
        }
        for (function, literal) in &references.calls {
            words.push(format!("{}({})", function.name(), literal.as_deref().unwrap_or("")));
        }
        words.join(" ")
    }

    #[test]
    fn fields_are_followed_from_their_variable() {
        check("station.data.usable", "station.data.usable");
        check(
            "event.result.status == 0 and design['lens'] != x",
            "design.lens event.result.status x",
        );
        check("room_now is none or 'empty' in room_now.states", "room_now? room_now.states");
        check("limit != none", "limit?");
        check("design.inspection[eye]", "design.inspection.* eye");
        check("(a if b else c).d", "a.d b c.d");
        check("{'k': a.x, 'l': a.y}['k']", "a.x");
        check("first.data.price * rule.max_credit", "first.data.price rule.max_credit");
    }

    #[test]
    fn items_are_attributed_to_their_list() {
        check("lots | all('available' in item.states)", "lots.*.states");
        check("open_delays | length > 0", "open_delays?");
        check(
            "lots | where('x' not in item.states) | map(item.key) | join(', ')",
            "lots.*.key lots.*.states",
        );
        check(
            "lenses | first(item.data.eye == event.eye)",
            "event.eye lenses.* lenses.*.data.eye",
        );
        check(
            "(lenses | first(item.data.eye == eye)).label",
            "eye lenses.*.data.eye lenses.*.label",
        );
        check("orders | all(item.lines | any(item.open))", "orders.*.lines.*.open");
        check("rows | count(not item.done) + index", "index rows.*.done");
        check(
            "rows | sort(item.at) | map({'k': item.key, 'n': index})",
            "rows.*.at rows.*.key",
        );
        check(
            "(rows | group(item.unit) | first).items | map(item.name)",
            "rows.*.name rows.*.unit",
        );
        check("holders", "holders");
        check("item.lens", "item.lens");
        check("rows | sum", "rows.*");
        check("rows | count", "rows?");
    }

    #[test]
    fn calls_name_the_tables_they_need() {
        check(
            "decide('z80-1', measured=event.measured, target=design.x).accept",
            "design.x event.measured decide(z80-1)",
        );
        check("table(which, key).a + table('p', k).b", "k key which table() table(p)");
        check("today + days(n)", "n today days()");
    }

    #[test]
    fn templates_add_up_with_places_in_the_whole_text() {
        let source = "ü {{ a.b }} and {{ c }} {{ a.b }}";
        let template = Template::parse(source).unwrap_or_else(|problems| panic!("{problems:?}"));
        let references = template.references();
        assert_eq!(shown(&references), "a.b c");
        let places: Vec<&str> = references
            .variables
            .values()
            .flat_map(BTreeMap::values)
            .map(|found| found.span.text(source))
            .collect();
        assert_eq!(places, ["a.b", "c"]);
    }
}
