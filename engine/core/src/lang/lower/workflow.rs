//! The workflow as a whole: its record, who starts it, who sees it. (Reference, section 2.)

use std::sync::Arc;

use super::Lowering;
use super::admission::reason;
use super::state::text;
use super::value::Sink;
use crate::chart::{Access, Chart, Grant, Notable, Signers, Start, Tables};
use crate::diagnostic::{Code, Span, nearest};
use crate::expression::Template;
use crate::field::Kind;
use crate::identity::Digest;
use crate::lang::scope::{Event, Known, Scope};
use crate::time::{Duration, parse_duration};
use crate::yaml::{Mapping, Node, Scalar, is_extension};

const HOUR_US: i64 = 3_600_000_000;

/// How long an instance may stay open to who opened it: a week. Whoever needs it for longer is to be given it for good.
const GLASS_MAX_US: i64 = 7 * 24 * HOUR_US;

/// Fields of a name: it is read at a glance, beside others.
const CALLED_FIELDS_MAX: usize = 5;

/// Rules of one workflow: more than anybody reads.
const ACCESS_RULES_MAX: usize = 1_000;

impl Lowering<'_> {
    /// The chart, without its digest; None where not even its name could be read.
    pub(super) fn workflow(&mut self, workflow: &Mapping) -> Option<Chart> {
        let name = workflow.get("workflow").and_then(Node::as_scalar)?;
        self.data(workflow.get("data"));
        self.lay_out(workflow, &name.text, name.span);
        self.gather_words();
        self.declare_clocks(workflow);
        self.declare_schedules(workflow);
        let lets = self.declare_names(workflow);
        self.declare_contracts();
        let admissions = self.admissions();
        let start = self.start(workflow.get("start"));
        let scope = self.scope.clone();
        let (data, defaults) = (self.data.clone(), std::mem::take(&mut self.data_defaults));
        self.check_defaults(&data, defaults, &scope);
        let mut reads = self.reads(workflow);
        let access = self.access(workflow.get("access"), &scope);
        let title = workflow
            .get("title")
            .and_then(|node| self.text(node, &scope, Sink::Public("the title")));
        let key = workflow
            .get("key")
            .and_then(|node| self.identity(node, &scope, Sink::Public("the key")));
        let zone = workflow.get("zone").and_then(|node| self.zone(node, &scope));
        self.fill_states(admissions);
        let clocks = self.clocks(workflow, &scope);
        let written_zone = zone.as_ref().and_then(Template::literal);
        let schedules = self.schedules(workflow, &start, written_zone);
        let migrations = self.migrations(workflow);
        if let Some(root) = self.states.first_mut() {
            root.title = title.clone();
        }
        self.check_raised();
        self.check_undone();
        self.add_child_reads(&mut reads);
        self.fill_paths(&mut reads);
        let tables = self.pinned_tables();
        let indexed = self.data.list.iter().filter(|field| field.is_indexed());
        let indexed = indexed.map(|field| field.name.clone()).collect();
        let blind = self.data.list.iter().filter(|field| field.is_found_blindly());
        let blind = blind.map(|field| field.name.clone()).collect();
        let holds_personal_data = self.holds_personal_data(&start, &tables);
        Some(Chart {
            definition: Digest::ZERO,
            workflow: name.text.clone(),
            title,
            description: text(workflow, "description"),
            key,
            zone,
            calendar: text(workflow, "calendar").map(Arc::from),
            called: self.called(workflow.get("called")),
            data: (*self.data).clone(),
            lets,
            reads,
            tables,
            contracts: self.pinned_contracts(),
            marks: self.pinned_marks(),
            start,
            access,
            clocks,
            schedules,
            migrations,
            notable: Notable::of(&self.states),
            indexed,
            blind,
            holds_personal_data,
            states: std::mem::take(&mut self.states),
            transitions: std::mem::take(&mut self.transitions),
        })
    }

    fn holds_personal_data(&self, start: &Start, tables: &Tables) -> bool {
        let admissions = self.transitions.iter();
        let forms = admissions.filter_map(|transition| Some(&transition.admission.as_deref()?.form));
        let mut decisions = tables.by_name.values().filter_map(|table| table.as_decision());
        self.data.any_is_personal()
            || decisions.any(|table| table.inputs.any_is_personal())
            || std::iter::once(&start.form)
                .chain(forms)
                .any(|form| form.fields.any_is_personal())
    }

    /// A zone that is written out must be one; one that is computed is looked up when an instance starts.
    fn zone(&mut self, node: &Node, scope: &Scope) -> Option<Template> {
        let template = self.text(node, scope, Sink::Public("the zone"))?;
        if let Some(name) = template.literal() {
            self.check_zone(name, node.span);
        }
        Some(template)
    }

    fn data(&mut self, node: Option<&Node>) {
        let Some(node) = node else { return };
        let mut reader = self.fields();
        let fields = reader.fields(node);
        self.data_defaults = std::mem::take(&mut reader.computed_defaults);
        let entries = node
            .as_mapping()
            .into_iter()
            .flatten()
            .filter(|entry| !is_extension(entry.name()));
        self.data_nodes = entries.map(|entry| (entry.key.text.clone(), entry.value.clone())).collect();
        self.data = Arc::new(fields);
        let personal = self.data.list.iter().filter(|field| field.is_personal());
        self.personal_fields = personal.map(|field| field.name.clone()).collect();
    }

    fn start(&mut self, node: Option<&Node>) -> Start {
        let Some(mapping) = node.and_then(Node::as_mapping) else {
            return Start::default();
        };
        let scope = self.scope.clone();
        let form = self.form(mapping.get("input"), &scope);
        let scope = scope.with_event(Event::Form(Arc::new(form.fields.clone())));
        let sign = self.signature(mapping.get("sign"), &scope);
        if let (Some(sign), Some(entry)) = (&sign, mapping.entry("sign"))
            && !matches!(&sign.people, Signers::Count(count) if count.literal() == Some("1"))
        {
            let message = "one person starts an instance: there is nothing yet that others could sign";
            let help = "take `people` away, and let the others sign an event of the first state";
            self.error(Code::WrongType, entry.key.span, message, help);
        }
        Start {
            sign,
            by: self.people(mapping.get("by"), &scope),
            // the record of a start is filled in before its guards are tried
            guards: self.guards(mapping.get("guard"), &scope, None),
            reason: reason(mapping.get("reason")),
            form,
        }
    }

    fn access(&mut self, node: Option<&Node>, scope: &Scope) -> Vec<Access> {
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        if let Some(surplus) = items.get(ACCESS_RULES_MAX) {
            let message = format!("the workflow has more than {ACCESS_RULES_MAX} access rules");
            let help = "name several roles in one rule";
            self.error(Code::TooManyParts, surplus.span, message, help);
        }
        let mut access = Vec::new();
        for mapping in items.iter().take(ACCESS_RULES_MAX).filter_map(Node::as_mapping) {
            // without its terms such a rule would grant too much
            let Some(grant) = self.grant(mapping) else { continue };
            access.push(Access {
                people: self.people(mapping.get("for"), scope),
                condition: mapping.get("if").and_then(|node| self.condition(node, scope)),
                show: mapping.get("show").map(|node| self.shown(node)),
                grant,
            });
        }
        access
    }

    /// On which terms; None where they cannot be used.
    fn grant(&mut self, mapping: &Mapping) -> Option<Grant> {
        match (mapping.entry("break_glass"), mapping.entry("counts_only")) {
            (None, None) => Some(Grant::Sight),
            (Some(_), Some(entry)) => {
                let message = "whoever may open an instance is given more than counts";
                let help = "make two rules of it: one with `break_glass`, one with `counts_only`";
                self.error(Code::KeysExclude, entry.key.span, message, help);
                None
            }
            (Some(entry), None) => self.glass(&entry.value).map(Grant::BreakGlass),
            (None, Some(entry)) => {
                let least = entry.value.as_scalar()?.text.parse().ok()?;
                Some(Grant::CountsOnly(least))
            }
        }
    }

    /// For how long an instance is open to who opened it.
    fn glass(&mut self, node: &Node) -> Option<Duration> {
        let scalar = node.as_scalar()?;
        let duration = parse_duration(scalar.text.trim()).ok();
        let usable = duration.filter(|duration| duration.is_exact() && (1..=GLASS_MAX_US).contains(&duration.microseconds));
        if usable.is_none() {
            let message = format!("`{}` is not how long an instance can stay open", scalar.text);
            let help = format!("write hours or minutes such as `4h`, at most {}h", GLASS_MAX_US / HOUR_US);
            self.error(Code::UnusableLimit, scalar.span, message, help);
        }
        usable
    }

    /// The fields that say who or what an instance is. They may be personal: each reader is told those that they see, and they are kept nowhere.
    fn called(&mut self, node: Option<&Node>) -> Vec<Arc<str>> {
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        if let Some(surplus) = items.get(CALLED_FIELDS_MAX) {
            let message = format!("a name has more than {CALLED_FIELDS_MAX} fields");
            let help = "keep those that people tell one from another by";
            self.error(Code::TooManyParts, surplus.span, message, help);
        }
        let data = self.data.clone();
        let mut called = Vec::new();
        for scalar in items.iter().take(CALLED_FIELDS_MAX).filter_map(Node::as_scalar) {
            match data.get(&scalar.text) {
                None => self.unknown_field(scalar, &scalar.text, data.list.iter().map(|field| &*field.name)),
                Some(field)
                    if matches!(
                        field.schema.kind,
                        Kind::List { .. } | Kind::Object { .. } | Kind::File | Kind::Any
                    ) =>
                {
                    let message = format!("`{}` is no part of a name: it is not a single value", scalar.text);
                    let help = "name fields with a text, a number or a date";
                    self.error(Code::WrongType, scalar.span, message, help);
                }
                Some(field) => called.push(field.name.clone()),
            }
        }
        called
    }

    /// The fields and `let` values that an access rule shows.
    fn shown(&mut self, node: &Node) -> Vec<Arc<str>> {
        let mut shown = Vec::new();
        for scalar in node.as_sequence().unwrap_or_default().iter().filter_map(Node::as_scalar) {
            let first = scalar.text.split('.').next().unwrap_or_default();
            if !matches!(self.scope.get(first), Some(Known::Field(_) | Known::Let { .. })) {
                self.unknown_shown(scalar, first);
            }
            shown.push(scalar.text.clone());
        }
        shown
    }

    fn unknown_shown(&mut self, scalar: &Scalar, name: &str) {
        let known: Vec<String> = self.scope.names().map(str::to_owned).collect();
        let span: Span = scalar.span;
        let help = match nearest(name, known.iter().map(String::as_str)) {
            Some(meant) => format!("write `{meant}`, if that is meant"),
            None => "declare it under `data` or `let`".to_owned(),
        };
        self.error(Code::UnknownField, span, format!("there is no field `{name}`"), help);
    }
}
