//! From the file of a simulation to what can be run. Everything that is wrong is told at once, each at its place.
//!
//! The core's grammar has been over the tree already: unknown keys and wrong shapes are told, and are passed over here.

mod adapters;
mod files;
mod names;
mod parts;
mod people;

pub(super) use names::own_events;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Roles;
use statewright_core::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Sources};
use statewright_core::lang::{self, Resolver};
use statewright_core::time::{BusinessCalendar, add_to_instant, parse_duration};
use statewright_core::yaml::{Entry, Mapping, Node, is_extension};

use self::files::Files;
use super::plan::Simulation;
use crate::scenario::plan::{Given, Setting};
use crate::scenario::reading::Reader;
use crate::scenario::reading::deployed::from_the_beginning;
use crate::scenario::reading::file::{Used, brought};
use crate::scenario::reading::stand_ins::StandIns;

/// How long a simulation may last: longer than a process is planned for, and short enough to come to its end.
const DAYS_MAX: i64 = 20 * 366;

/// What a simulation draws from where none is given.
const SEED: u64 = 1;

const SEED_MAX: i64 = 1 << 53;

/// What is read against the workflows.
struct Reading<'r> {
    reader: Reader<'r>,
    root: &'r Mapping,
    setting: Setting,
    of: Vec<Arc<str>>,
    calendars: BTreeMap<Arc<str>, Arc<BusinessCalendar>>,
    roles: Option<Roles>,
}

pub(super) fn read(sources: &mut Sources, main: FileId, files: &dyn Resolver) -> (Option<Simulation>, Diagnostics) {
    let (tree, mut out) = lang::read_simulation(sources, main);
    let Some(root) = tree.as_ref().and_then(Node::as_mapping) else {
        return (None, out.sorted());
    };
    let stand_ins = StandIns::of(root, sources, main, files, &mut out);
    let from = sources.get(main).map_or("", |source| source.name()).to_owned();
    let found = Files::new(&from, &stand_ins).gather(root, sources, &mut out);
    let Used {
        definitions,
        calendars,
        roles_file,
        roles,
        live_tables,
        unusable,
    } = found;
    let brought = brought(&definitions);
    stand_ins.check_needed(definitions.iter().map(|definition| &*definition.chart), &mut out);
    let by_name = calendars.iter().map(|used| {
        let calendar = &used.calendar;
        (calendar.name.clone(), Arc::new(calendar.calendar.clone()))
    });
    let by_name = by_name.collect();
    let tables = from_the_beginning(live_tables, sources, &stand_ins, &mut out);
    let mut reader = Reader::new(root, &definitions, brought.as_ref(), !unusable, out);
    reader.named_under = "of";
    let given = match root.get("given") {
        Some(node) => reader.given(node),
        None => Given::nothing(Reader::BEGINNING),
    };
    let setting = Setting {
        definitions,
        brought,
        tables,
        calendars: stand_ins.calendars(calendars),
        roles_file,
        zone: reader.zone.clone(),
        given,
    };
    let of = files::names_of(root).map(|scalar| scalar.text.clone()).collect();
    let mut reading = Reading {
        reader,
        root,
        setting,
        of,
        calendars: by_name,
        roles,
    };
    // what stands in a file that could not be read is not known, and what names it is not wrong
    let simulation = match unusable {
        true => None,
        false => reading.simulation(main, sources, files, &from),
    };
    let out = reading.reader.out.sorted();
    let simulation = simulation.filter(|_| !out.has_errors());
    (simulation, out)
}

impl Reading<'_> {
    fn simulation(&mut self, main: FileId, sources: &mut Sources, files: &dyn Resolver, from: &str) -> Option<Simulation> {
        let root = self.root;
        let text = |key: &str| root.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        let arrivals = self.arrivals();
        let groups = self.groups();
        let spares = self.spares(&groups);
        let durations = self.durations();
        let choices = self.choices();
        let behaviours = self.behaviours(sources, files, from);
        Some(Simulation {
            name: text("simulation").unwrap_or_default(),
            title: text("title"),
            file: main,
            seed: root
                .get("seed")
                .and_then(|node| self.reader.integer(node, "`seed`", SEED_MAX))
                .unwrap_or(SEED),
            of: self.of.clone(),
            arrivals,
            durations: durations.of_states,
            choices,
            behaviours: behaviours.with(durations.of_actions),
            groups,
            spares,
            until: self.until()?,
            setting: self.setting.clone(),
        })
    }

    /// `10d` from the beginning, or a moment.
    fn until(&mut self) -> Option<Timestamp> {
        let scalar = self.root.get("until").and_then(Node::as_scalar)?;
        let begin = self.setting.given.clock;
        let node = self.root.get("until")?;
        let until = match parse_duration(scalar.text.trim()) {
            Ok(duration) => add_to_instant(begin, duration, &self.setting.zone, None).ok(),
            Err(_) => Some(self.reader.moment(node, "`until`")?),
        };
        let lasts = until.map(|until| until.duration_since(begin).as_hours());
        let wrong = match lasts {
            None => "it ends beyond all calendars, or in business time, which no calendar of its own counts".to_owned(),
            Some(_) if until <= Some(begin) => "it ends before it begins".to_owned(),
            Some(hours) if hours > DAYS_MAX * 24 => format!("it lasts longer than {DAYS_MAX} days"),
            Some(_) => return until,
        };
        let help = "write how long it runs, such as `10d`, or the moment at which it ends, such as `2026-03-31`";
        self.reader.error(Code::WrongShape, scalar.span, wrong, help);
        None
    }

    fn tell(&mut self, diagnostic: Diagnostic) {
        self.reader.out.push(diagnostic);
    }

    /// Roles with those that belong to them.
    fn expanded(&self, roles: &[Arc<str>]) -> Vec<Arc<str>> {
        match &self.roles {
            Some(known) => known.expanded(roles).into_iter().collect(),
            None => roles.to_vec(),
        }
    }

    /// Roles that the workflows name, and those of the file of roles.
    fn known_roles(&self) -> BTreeSet<Arc<str>> {
        let of_charts = self.setting.charts().flat_map(|chart| people::roles_of(chart));
        let of_file = self.roles.iter().flat_map(|roles| roles.roles.keys().cloned());
        of_charts.chain(of_file).collect()
    }
}

/// The entries of a mapping that mean something.
fn entries(node: Option<&Node>) -> impl Iterator<Item = &Entry> {
    let entries = node.and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| !is_extension(entry.name()))
}
