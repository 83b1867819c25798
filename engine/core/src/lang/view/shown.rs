//! One view: a list, a board, a page or a chart of a workflow's instances, or of tasks.

use super::sight::{Roles, counted_for, may_see, roles_of, shown_to};
use super::{Neighbours, scalar, scalars, unknown};
use crate::chart::{Chart, EventPattern, StateIndex, StateKind, Trigger};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::field::{Fields, Kind};
use crate::yaml::{Mapping, Node, Scalar, is_extension};

/// What may stand in a column of any workflow's instances, besides its own fields.
const OF_INSTANCES: [&str; 13] = [
    "key",
    "id",
    "number",
    "title",
    "label",
    "states",
    "tags",
    "since",
    "started_at",
    "done",
    "paused",
    "output",
    "sla",
];

/// What may stand in a column of tasks.
const OF_TASKS: [&str; 13] = [
    "title",
    "about",
    "workflow",
    "key",
    "name",
    "priority",
    "due",
    "follow_up",
    "holder",
    "acknowledged",
    "held",
    "opened_at",
    "help",
];

/// By what tasks are chosen.
const TASKS_BY: [&str; 4] = ["workflow", "role", "unit", "holder"];

/// Keys that are for instances alone.
const NOT_OF_TASKS: [&str; 4] = ["in", "lanes", "actions", "scan"];

/// Tells what is wrong with a view whose keys and shapes were checked.
pub(super) fn check(mapping: &Mapping, beside: Option<&dyn Neighbours>, out: &mut Diagnostics) {
    check_kind(mapping, out);
    let Some(of) = scalar(mapping, "of") else { return };
    if &*of.text == "tasks" {
        return check_tasks(mapping, out);
    }
    let Some(chart) = beside.and_then(|beside| beside.workflow(&of.text).take(of, "workflow", out)) else {
        return;
    };
    Shown {
        mapping,
        chart: &chart,
        roles: Roles::of(mapping),
        out,
    }
    .check();
}

/// What each kind needs, and what is for another.
fn check_kind(mapping: &Mapping, out: &mut Diagnostics) {
    let Some(kind) = scalar(mapping, "kind") else { return };
    let has = |key: &str| mapping.get(key).is_some();
    match &*kind.text {
        "board" if !has("lanes") && !has("group") => {
            let diagnostic = Diagnostic::error(Code::MissingKey, kind.span, "a board needs `lanes` or `group`");
            out.push(diagnostic.help("say how it is divided: by states, or by a column"));
        }
        "chart" if !has("measure") => {
            let diagnostic = Diagnostic::error(Code::MissingKey, kind.span, "a chart needs `measure`");
            out.push(diagnostic.help("write `measure: count`, or the sum of a column"));
        }
        _ => {}
    }
    for (key, owner) in [("lanes", "board"), ("measure", "chart")] {
        if let Some(entry) = mapping.entry(key).filter(|_| *owner != *kind.text) {
            let message = format!("`{key}` is for a {owner}, and this view is a {}", kind.text);
            out.push(
                Diagnostic::error(Code::KeysExclude, entry.key.span, message).help(format!("take it away, or make it a {owner}")),
            );
        }
    }
}

fn check_tasks(mapping: &Mapping, out: &mut Diagnostics) {
    for entry in NOT_OF_TASKS.iter().filter_map(|key| mapping.entry(key)) {
        let message = format!(
            "`{}` is for the instances of a workflow, and this view is of tasks",
            entry.name()
        );
        let diagnostic = Diagnostic::error(Code::KeysExclude, entry.key.span, message);
        out.push(diagnostic.help("take it away: a task has its buttons and its state with it"));
    }
    for entry in conditions(mapping).filter(|entry| !TASKS_BY.contains(&entry.name())) {
        out.push(unknown(
            &entry.key,
            "such choice of tasks",
            TASKS_BY.iter(),
            Code::UnknownField,
        ));
    }
    for column in columns(mapping).filter(|column| !OF_TASKS.contains(&first(column))) {
        out.push(unknown(column, "column of tasks", OF_TASKS.iter(), Code::UnknownField));
    }
}

/// What a field is named for.
#[derive(Clone, Copy)]
enum Use {
    Shown,
    Chosen,
}

/// A view of a workflow's instances.
struct Shown<'a> {
    mapping: &'a Mapping,
    chart: &'a Chart,
    roles: Roles,
    out: &'a mut Diagnostics,
}

impl Shown<'_> {
    fn check(mut self) {
        self.check_roles();
        let mapping = self.mapping;
        columns(mapping).for_each(|column| self.check_column(column));
        conditions(mapping).for_each(|entry| self.check_condition(&entry.key));
        scalars(mapping, "in").for_each(|state| self.check_state(state));
        for lane in mapping.get("lanes").and_then(Node::as_sequence).unwrap_or_default() {
            match lane.as_mapping() {
                Some(lane) => scalars(lane, "in").for_each(|state| self.check_state(state)),
                None => lane.as_scalar().into_iter().for_each(|state| self.check_state(state)),
            }
        }
        scalars(mapping, "actions").for_each(|event| self.check_action(event));
        if let Some(field) = scalar(mapping, "scan") {
            self.check_scan(field);
        }
        self.check_order();
        self.check_measure();
    }

    /// Where a page ended is told by what it is sorted by, and groups and points by what stands in their column.
    fn check_order(&mut self) {
        let mapping = self.mapping;
        let sorts = mapping.get("sort").and_then(Node::as_sequence).unwrap_or_default();
        let sorted = sorts.iter().filter_map(|order| scalar(order.as_mapping()?, "by"));
        for column in sorted.chain(scalar(mapping, "group")) {
            if self.chart.data.get(first(column)).is_some_and(|field| field.is_personal()) {
                let message = format!("`{}` is personal data, and stands in no order and over no group", column.text);
                let diagnostic = Diagnostic::error(Code::PersonalData, column.span, message);
                self.out
                    .push(diagnostic.help("sort or group by something else: it may stand in a column all the same"));
            }
        }
        let of_all = sorts.iter().find_map(|order| scalar(order.as_mapping()?, "by"));
        let ordered = of_all.or_else(|| scalar(mapping, "group")).filter(|_| self.is_list());
        if let Some(by) = ordered.filter(|_| !self.is_narrowed()) {
            let message = format!(
                "every instance of `{}` that there ever was is looked at for a page of this view",
                self.chart.workflow
            );
            let help = "say with `in` in which states they are, none of them an end, or choose by an indexed field with `where`; without an order the youngest come first, however many there are";
            self.out
                .push(Diagnostic::warning(Code::NotIndexed, by.span, message).help(help));
        }
    }

    fn is_list(&self) -> bool {
        scalar(self.mapping, "kind").is_some_and(|kind| matches!(&*kind.text, "list" | "page" | "board"))
    }

    /// Whether it is of those alone that an index finds, or that are not done.
    fn is_narrowed(&self) -> bool {
        let mapping = self.mapping;
        let lanes = mapping.get("lanes").and_then(Node::as_sequence).unwrap_or_default();
        let of_lanes = lanes.iter().flat_map(|lane| match lane.as_mapping() {
            Some(lane) => scalars(lane, "in").collect::<Vec<_>>(),
            None => lane.as_scalar().into_iter().collect(),
        });
        let states: Vec<&Scalar> = match scalars(mapping, "in").next() {
            Some(_) => scalars(mapping, "in").collect(),
            None => of_lanes.collect(),
        };
        let ends = |name: &&Scalar| {
            let states = self.chart.states.iter();
            let named = |state: &&crate::chart::State| state.name == name.text || state.path == name.text;
            states
                .filter(named)
                .any(|state| matches!(state.kind, StateKind::Final) && state.parent == Some(StateIndex::ROOT))
        };
        conditions(mapping).next().is_some() || (!states.is_empty() && !states.iter().any(ends))
    }

    fn check_measure(&mut self) {
        let measure = self.mapping.get("measure").and_then(Node::as_mapping);
        let Some(column) = measure.and_then(|measure| scalar(measure, "sum")) else {
            return;
        };
        let path: Vec<&str> = column.text.split('.').collect();
        let field = self.chart.data.at(&path);
        if field.is_some_and(|field| !matches!(field.schema.kind, Kind::Integer | Kind::Decimal { .. } | Kind::Any)) {
            let message = format!("`{}` is no number, and has no sum", column.text);
            self.out.push(
                Diagnostic::error(Code::WrongType, column.span, message).help("name a field with numbers, or write `count`"),
            );
        }
    }

    /// Whoever the workflow shows nothing would look at an empty view.
    fn check_roles(&mut self) {
        let Some(mut shown) = shown_to(self.chart) else { return };
        if !self.is_list() {
            // a chart is all that there is for whoever is told only how many there are
            match counted_for(self.chart) {
                Some(counted) => shown.extend(counted),
                None => return,
            }
        }
        for role in self.roles.named.iter().filter(|role| !shown.contains(&role.text)) {
            let message = format!(
                "`{}` shows `{}` nothing: no rule of its `access` names the role",
                self.chart.workflow, role.text
            );
            let diagnostic = Diagnostic::error(Code::UnknownWord, role.span, message);
            self.out.push(match nearest(&role.text, shown.iter().map(|role| &**role)) {
                Some(meant) => diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(role.span, meant),
                None => diagnostic.help("take the role away here, or add it to `access` there"),
            });
        }
    }

    fn check_column(&mut self, column: &Scalar) {
        let first = first(column);
        let chart = self.chart;
        let own = chart.data.get(first).is_some() || chart.lets.iter().any(|(name, _)| **name == *first);
        if !own {
            if !OF_INSTANCES.contains(&first) {
                return self.unknown_field(column);
            }
            return self.check_clock(column);
        }
        let path: Vec<&str> = column.text.split('.').collect();
        if chart.data.get(first).is_some() && chart.data.at(&path).is_none() && !leads_on(&chart.data, &path) {
            return self.unknown_field(column);
        }
        if chart.lets.iter().any(|(name, _)| **name == *first) && !chart.is_public_let(first) {
            let message = format!("`{first}` is made of personal data, and stands in no view");
            let diagnostic = Diagnostic::error(Code::PersonalData, column.span, message);
            self.out.push(diagnostic.help("show the field itself to whoever may see it"));
            return;
        }
        self.check_sight(column, Use::Shown);
    }

    /// Nobody whom the view is for is left out of what it shows by their `access`.
    fn check_sight(&mut self, column: &Scalar, used: Use) {
        let chart = self.chart;
        let shown = shown_to(chart);
        let is_shown_something = |role: &&Scalar| shown.as_ref().is_none_or(|shown| shown.contains(&role.text));
        for role in self.roles.named.iter().filter(is_shown_something) {
            if !may_see(chart, &role.text, &column.text) {
                let sentence = match used {
                    Use::Shown => "is not shown to",
                    Use::Chosen => "is what they are chosen by, and is not shown to",
                };
                let message = format!(
                    "`{}` {sentence} `{}`: the `access` of `{}` leaves it out",
                    column.text, role.text, chart.workflow
                );
                let diagnostic = Diagnostic::error(Code::UnknownField, column.span, message);
                self.out.push(diagnostic.help("take it away, or add it to `show` there"));
            }
        }
    }

    fn check_clock(&mut self, column: &Scalar) {
        let mut parts = column.text.split('.');
        if parts.next() == Some("sla") {
            let clock = parts.next().unwrap_or_default();
            let known = || self.chart.clocks.iter().map(|clock| &*clock.name);
            if known().all(|name| name != clock) {
                let diagnostic = Diagnostic::error(Code::UnknownField, column.span, format!("there is no clock `{clock}`"));
                self.out.push(match nearest(clock, known()) {
                    Some(meant) => diagnostic.help(format!("write `sla.{meant}`, if that is meant")),
                    None => diagnostic.help("name a clock of the workflow's `sla`"),
                });
            }
        }
    }

    fn unknown_field(&mut self, written: &Scalar) {
        let chart = self.chart;
        let lets = chart.lets.iter().map(|(name, _)| &**name);
        let fields = chart.data.list.iter().map(|field| &*field.name);
        let known = fields.chain(lets).chain(OF_INSTANCES);
        let message = format!("`{}` has no field `{}`", chart.workflow, written.text);
        let diagnostic = Diagnostic::error(Code::UnknownField, written.span, message);
        self.out.push(match nearest(&written.text, known) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(written.span, meant),
            None => diagnostic.help("declare it there under `data` or `let`"),
        });
    }

    fn check_condition(&mut self, field: &Scalar) {
        let chart = self.chart;
        if chart.indexed.contains(&field.text) {
            return self.check_sight(field, Use::Chosen);
        }
        match chart.data.get(&field.text) {
            None => self.unknown_field(field),
            Some(found) => {
                let message = format!("`{}` is found by no field `{}`", chart.workflow, field.text);
                let help = match found.is_personal() {
                    true => "personal data is not indexed: choose by something else".to_owned(),
                    false => format!("mark it `index: true` in `{}`", chart.workflow),
                };
                self.out
                    .push(Diagnostic::error(Code::NotIndexed, field.span, message).help(help));
            }
        }
    }

    fn check_state(&mut self, state: &Scalar) {
        let states = &self.chart.states;
        if !states
            .iter()
            .any(|known| known.name == state.text || known.path == state.text)
        {
            let known = states.iter().map(|known| &known.name);
            self.out.push(unknown(state, "state", known, Code::UnknownState));
        }
    }

    /// An event that somebody for whom the view is may send.
    fn check_action(&mut self, event: &Scalar) {
        let chart = self.chart;
        let answering = chart.transitions.iter().filter(|transition| match &transition.trigger {
            Trigger::Event(pattern) => pattern.matches(&event.text),
            _ => false,
        });
        let admitted: Vec<_> = answering.filter_map(|transition| transition.admission.as_deref()).collect();
        if admitted.is_empty() {
            let known = chart.transitions.iter().filter_map(|transition| match &transition.trigger {
                Trigger::Event(EventPattern::Exact(name)) if transition.admission.is_some() => Some(name),
                _ => None,
            });
            self.out
                .push(unknown(event, "event that people send", known, Code::UnknownWord));
            return;
        }
        let mine = self.roles.names();
        let may = admitted
            .iter()
            .any(|admission| roles_of(&admission.by).is_none_or(|roles| !roles.is_disjoint(&mine)));
        if !may && !self.roles.others {
            let message = format!("nobody whom this view is for may send `{}`", event.text);
            let diagnostic = Diagnostic::error(Code::UnknownWord, event.span, message);
            self.out
                .push(diagnostic.help("take the action away, or add whoever may to `for`"));
        }
    }

    fn check_scan(&mut self, field: &Scalar) {
        let path: Vec<&str> = field.text.split('.').collect();
        let sent: Vec<&str> = scalars(self.mapping, "actions").map(|event| &*event.text).collect();
        let chart = self.chart;
        let forms = chart.transitions.iter().filter_map(|transition| match &transition.trigger {
            Trigger::Event(pattern) if sent.iter().any(|event| pattern.matches(event)) => transition.admission.as_deref(),
            _ => None,
        });
        let mut forms = forms.map(|admission| &admission.form.fields);
        if chart.data.at(&path).is_none() && !forms.any(|fields| fields.at(&path).is_some()) {
            self.unknown_field(field);
        }
    }
}

/// Every column that is named: shown, sorted by, grouped by, measured.
fn columns(mapping: &Mapping) -> impl Iterator<Item = &Scalar> {
    let items = |key: &str| mapping.get(key).and_then(Node::as_sequence).unwrap_or_default().iter();
    let shown = items("columns").filter_map(|item| match item.as_mapping() {
        Some(column) => scalar(column, "field"),
        None => item.as_scalar(),
    });
    let sorted = items("sort").filter_map(|item| scalar(item.as_mapping()?, "by"));
    let measured = mapping.get("measure").and_then(Node::as_mapping);
    let measured = measured
        .into_iter()
        .flat_map(|measure| ["sum", "min", "max"].into_iter().filter_map(|key| scalar(measure, key)));
    shown.chain(sorted).chain(scalar(mapping, "group")).chain(measured)
}

/// Whether a path leads into something of which no fields are declared.
fn leads_on(fields: &Fields, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    match fields.get(first).map(|field| &field.schema.kind) {
        Some(Kind::Any | Kind::Object { open: true, .. }) => !rest.is_empty(),
        Some(Kind::Object { fields, .. }) => leads_on(fields, rest),
        _ => false,
    }
}

pub(super) fn conditions(mapping: &Mapping) -> impl Iterator<Item = &crate::yaml::Entry> {
    let entries = mapping.get("where").and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| !is_extension(entry.name()))
}

fn first(column: &Scalar) -> &str {
    column.text.split('.').next().unwrap_or_default()
}
