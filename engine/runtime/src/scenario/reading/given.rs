//! What every scenario begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::diagnostic::{Code, nearest};
use statewright_core::time::Duration;
use statewright_core::yaml::{Node, is_extension};

use super::Reader;
use crate::scenario::plan::{Given, GivenMark, OnTheWay, Placed, Reply, Said};

/// Copies of one instance: more than a page of a list holds, few enough to be made in a moment.
const COPIES_MAX: i64 = 10_000;

/// How often an adapter may be said to answer in one way.
const TIMES_MAX: i64 = 100_000;

const MARKS_HELP: &str = "write `[{measured: {machine: LM1}, at: 2026-01-05}]`";

impl Reader<'_> {
    pub(crate) fn given(&mut self, node: &Node) -> Given {
        let mut given = Given::nothing(Self::BEGINNING);
        for entry in node.as_mapping().into_iter().flatten() {
            let value = &entry.value;
            match entry.name() {
                "clock" => given.clock = self.moment(value, "`clock`").unwrap_or(Self::BEGINNING),
                "people" => {
                    given.people = self.named_people(value);
                    let roles = given.people.values().flat_map(|person| person.roles.iter().cloned());
                    self.roles.extend(roles);
                }
                "instances" => {
                    let items = value.as_sequence();
                    if items.is_none() {
                        self.error(
                            Code::WrongShape,
                            value.span,
                            "`instances` takes a list",
                            "write a list of instances",
                        );
                    }
                    given.instances = items.into_iter().flatten().filter_map(|item| self.instance(item)).collect();
                }
                "adapters" => given.adapters = self.adapters(value),
                "on_shift" => given.on_shift = Some(self.on_shift(value)),
                // `tables` and `calendars` were read before the workflows; `common` is for the author's own anchors; other keys have been told.
                _ => {}
            }
        }
        given
    }

    /// Some of the people given.
    fn on_shift(&mut self, node: &Node) -> BTreeSet<Arc<str>> {
        let names = self.texts(node, "`on_shift`");
        for name in &names {
            if !self.people.contains(name) {
                let message = format!("`{name}` is none of the people given");
                let help = match nearest(name, self.people.iter().map(|known| &**known)) {
                    Some(meant) => format!("write `{meant}`, if that is meant"),
                    None => "name them under `people`".to_owned(),
                };
                self.error(Code::UnknownWord, node.span, &message, &help);
            }
        }
        names.into_iter().collect()
    }

    fn named_people(&mut self, node: &Node) -> BTreeMap<Arc<str>, statewright_core::step::Actor> {
        let Some(mapping) = node.as_mapping() else {
            self.error(
                Code::WrongShape,
                node.span,
                "`people` takes a mapping",
                "write `ada: [stock_room]`",
            );
            return BTreeMap::new();
        };
        let entries = mapping.iter().filter(|entry| !is_extension(entry.name()));
        entries
            .map(|entry| (entry.key.text.clone(), self.actor(&entry.key.text, &entry.value)))
            .collect()
    }

    fn instance(&mut self, node: &Node) -> Option<Placed> {
        let (mut workflow, mut key, mut states, mut data, mut marks, mut count) = (None, None, Vec::new(), None, Vec::new(), 1);
        for entry in self.keys(node, "an instance", &["workflow", "key", "in", "data", "marks", "count"]) {
            let value = &entry.value;
            match entry.name() {
                "workflow" => {
                    workflow = self.text(value, "`workflow`");
                    if let Some(name) = &workflow {
                        self.known_workflow(name, value.span);
                    }
                }
                "key" => key = self.text(value, "`key`"),
                "in" => states = self.texts(value, "`in`"),
                "data" => data = self.written_fields(value),
                "marks" => marks = self.marks(value),
                _ => count = self.integer(value, "`count`", COPIES_MAX)?,
            }
        }
        let span = node.span;
        let (Some(workflow), Some(key)) = (&workflow, &key) else {
            if node.as_mapping().is_some() {
                let absent = if workflow.is_none() { "workflow" } else { "key" };
                self.missing(span, "an instance", absent, "its name");
            }
            return None;
        };
        Some(Placed {
            span,
            alias: None,
            target: format!("{workflow}/{key}").into(),
            states,
            data,
            marks,
            count,
        })
    }

    /// `[{measured: {machine: LM1}, at: 2026-01-05}]`.
    fn marks(&mut self, node: &Node) -> Vec<GivenMark> {
        let Some(items) = node.as_sequence() else {
            self.error(Code::WrongShape, node.span, "`marks` takes a list", MARKS_HELP);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.mark(item)).collect()
    }

    fn mark(&mut self, node: &Node) -> Option<GivenMark> {
        let entries: Vec<_> = node
            .as_mapping()?
            .iter()
            .filter(|entry| !is_extension(entry.name()))
            .collect();
        let (times, named): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.name() == "at");
        let [mark] = named.as_slice() else {
            self.error(Code::WrongShape, node.span, "a mark has one name", MARKS_HELP);
            return None;
        };
        let at = match times.first() {
            Some(entry) => Some(self.moment(&entry.value, "`at`")?),
            None => None,
        };
        Some(GivenMark {
            name: mark.key.text.clone(),
            values: self.written_fields(&mark.value)?,
            at,
        })
    }

    fn adapters(&mut self, node: &Node) -> BTreeMap<(Arc<str>, Arc<str>), Vec<Reply>> {
        let Some(mapping) = node.as_mapping() else {
            self.error(
                Code::WrongShape,
                node.span,
                "`adapters` takes a mapping",
                "write `carrier.ship: {returns: {}}`",
            );
            return BTreeMap::new();
        };
        let mut adapters = BTreeMap::new();
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            let Some(name) = self.effect(entry.name(), entry.key.span) else {
                continue;
            };
            let replies = match entry.value.as_sequence() {
                Some(items) => items.iter().filter_map(|item| self.reply(item)).collect(),
                None => self.reply(&entry.value).into_iter().collect(),
            };
            adapters.insert(name, replies);
        }
        adapters
    }

    fn reply(&mut self, node: &Node) -> Option<Reply> {
        let mut reply = Reply {
            progress: Vec::new(),
            said: Said::Returns(None),
            after: Duration::default(),
            times: None,
        };
        let mut said = Vec::new();
        let entries = self.keys(node, "an answer", &["returns", "after", "progress", "fails", "times"]);
        node.as_mapping()?;
        for entry in entries {
            let value = &entry.value;
            match entry.name() {
                "returns" => said.push((entry, Said::Returns(self.written(value)))),
                "fails" => said.extend(self.failure(value).map(|failure| (entry, failure))),
                "after" => reply.after = self.duration(value, "`after`").unwrap_or_default(),
                "times" => reply.times = self.integer(value, "`times`", TIMES_MAX),
                _ => reply.progress = self.progress(value),
            }
        }
        if let [_, (second, _), ..] = said.as_slice() {
            let span = second.key.span;
            self.error(
                Code::KeysExclude,
                span,
                "an answer either returns or fails",
                "write a list of two answers, if both come",
            );
        }
        reply.said = said.into_iter().next().map_or(Said::Returns(None), |(_, said)| said);
        Some(reply)
    }

    /// Steps on the way: fields, and `after` how long from the beginning each is reported.
    fn progress(&mut self, node: &Node) -> Vec<OnTheWay> {
        let items = node.as_sequence().map_or_else(|| vec![node], |items| items.iter().collect());
        let mut steps = Vec::new();
        for item in items {
            let Some(mapping) = item.as_mapping() else {
                let help = "write `progress: [{state: sent, after: 5s}]`";
                self.error(
                    Code::WrongShape,
                    item.span,
                    "`progress` takes a list of steps on the way",
                    help,
                );
                continue;
            };
            let after = mapping.get("after").and_then(|node| self.duration(node, "`after`"));
            let fields = self.written_fields(item).map(|fields| fields.without("after"));
            steps.extend(fields.map(|fields| OnTheWay {
                after: after.unwrap_or_default(),
                fields,
            }));
        }
        steps
    }

    /// Words: for good. A mapping: `refused` or `temporary` words, and what else was said.
    pub(super) fn failure(&mut self, node: &Node) -> Option<Said> {
        if node.as_mapping().is_none() {
            let message = self.text(node, "`fails`")?;
            return Some(Said::Refuses { message, detail: None });
        }
        let (mut busy, mut refused, mut detail) = (None, None, None);
        for entry in self.keys(node, "`fails`", &["temporary", "refused", "detail"]) {
            match entry.name() {
                "temporary" => busy = self.text(&entry.value, "`temporary`"),
                "refused" => refused = self.text(&entry.value, "`refused`"),
                _ => detail = self.written(&entry.value),
            }
        }
        match (busy, refused) {
            (Some(message), None) => Some(Said::Busy(message)),
            (None, Some(message)) => Some(Said::Refuses { message, detail }),
            _ => {
                let help = "write `fails: words`, `fails: {refused: words}` or `fails: {temporary: words}`";
                self.error(
                    Code::KeysExclude,
                    node.span,
                    "a failure is either temporary or a refusal",
                    help,
                );
                None
            }
        }
    }
}
