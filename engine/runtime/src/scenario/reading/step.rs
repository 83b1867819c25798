//! One step: the verb decides which other keys may stand beside it.

use std::sync::Arc;

use statewright_core::chart::Proof;
use statewright_core::diagnostic::{Code, Diagnostic, nearest};
use statewright_core::step::{Actor, ActorKind};
use statewright_core::yaml::{Mapping, Node, is_extension};

use super::Reader;
use crate::scenario::plan::{
    Act, Acting, ByHand, Common, Crash, CrashPoint, Opening, Placed, Race, Reporting, Said, Send, Start, Step, StepKind, Wanted,
    Who,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Start,
    Send,
    Claim,
    Release,
    Acknowledge,
    Delegate,
    Open,
    Wait,
    At,
    Place,
    Adapter,
    Race,
    Crash,
    Deploy,
    Expect,
    Play,
}

/// Every verb, with the keys that belong to it.
const VERBS: &[(Verb, &str, &[&str])] = &[
    (
        Verb::Start,
        "start",
        &["as", "with", "id", "sign", "reason", "times", "refused", "blockers"],
    ),
    (
        Verb::Send,
        "send",
        &[
            "to", "as", "with", "sign", "task", "reason", "times", "refused", "ignored", "blockers",
        ],
    ),
    (Verb::Claim, "claim", &["of", "as", "refused"]),
    (Verb::Release, "release", &["of", "as", "refused"]),
    (Verb::Acknowledge, "acknowledge", &["of", "as", "refused"]),
    (Verb::Delegate, "delegate", &["of", "as", "to", "refused"]),
    (Verb::Open, "open", &["as", "reason", "id", "refused"]),
    (Verb::Wait, "wait", &[]),
    (Verb::At, "at", &[]),
    (Verb::Place, "place", &["in", "with"]),
    (
        Verb::Adapter,
        "adapter",
        &["of", "returns", "fails", "progress", "undone", "refused", "ignored"],
    ),
    (Verb::Race, "race", &["one", "other"]),
    (Verb::Crash, "crash", &["of"]),
    (Verb::Deploy, "deploy", &["refused"]),
    (Verb::Expect, "expect", &[]),
    (Verb::Play, "play", &["for"]),
];

/// How often one step may be repeated.
const TIMES_MAX: i64 = 100_000;

impl Reader<'_> {
    pub(super) fn steps(&mut self, node: &Node) -> Vec<Step> {
        let items = node.as_sequence().unwrap_or_default();
        items.iter().filter_map(|item| self.step(item)).collect()
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let mapping = node.as_mapping()?;
        let (verb, name) = self.verb(node, mapping)?;
        let value = mapping.get(name)?;
        let kind = match verb {
            Verb::Start => self.start(mapping, value)?,
            Verb::Send => self.send(mapping, value)?,
            Verb::Wait => StepKind::Wait(self.duration(value, "`wait`")?),
            Verb::At => StepKind::At(self.moment(value, "`at`")?),
            Verb::Place => StepKind::Place(self.place(mapping, value, node)?),
            Verb::Adapter => self.by_hand(mapping, value)?,
            Verb::Race => self.race(mapping, value)?,
            Verb::Crash => StepKind::Crash(self.crash(mapping, value)?),
            Verb::Deploy => self.deploy(mapping, value)?,
            Verb::Expect => StepKind::Expect(self.expectations(value)),
            Verb::Play => self.play(mapping, value)?,
            Verb::Claim => self.act(Act::Claim, mapping, value)?,
            Verb::Release => self.act(Act::Release, mapping, value)?,
            Verb::Acknowledge => self.act(Act::Acknowledge, mapping, value)?,
            Verb::Delegate => self.delegate(mapping, value)?,
            Verb::Open => self.open(mapping, value)?,
        };
        Some(Step { span: node.span, kind })
    }

    /// The one verb of a step. Keys that belong to another are told.
    fn verb(&mut self, node: &Node, mapping: &Mapping) -> Option<(Verb, &'static str)> {
        let mut verbs = VERBS.iter().filter(|(_, name, _)| mapping.get(name).is_some());
        let Some((verb, verb_name, companions)) = verbs.next() else {
            if !mapping.incomplete {
                let names: Vec<String> = VERBS.iter().map(|(_, name, _)| format!("`{name}`")).collect();
                let help = format!("begin it with one of {}", names.join(", "));
                self.error(Code::MissingKey, node.span, "this step does nothing", help);
            }
            return None;
        };
        let known = |name: &str| VERBS.iter().any(|(_, verb, more)| *verb == name || more.contains(&name));
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            let name = entry.name();
            if name == *verb_name || companions.contains(&name) || !known(name) {
                continue;
            }
            let message = format!("`{name}` does not belong to `{verb_name}`");
            let help = match companions {
                [] => format!("`{verb_name}` stands alone"),
                _ => format!("beside `{verb_name}` stand {}", companions.map_names()),
            };
            self.error(Code::KeysExclude, entry.key.span, message, help);
        }
        Some((*verb, verb_name))
    }

    fn start(&mut self, mapping: &Mapping, value: &Node) -> Option<StepKind> {
        let workflow = self.text(value, "`start`")?;
        self.known_workflow(&workflow, value.span);
        Some(StepKind::Start(Start {
            workflow,
            alias: mapping.get("id").and_then(|node| self.text(node, "`id`")),
            common: self.common(mapping, value)?,
        }))
    }

    fn send(&mut self, mapping: &Mapping, value: &Node) -> Option<StepKind> {
        Some(StepKind::Send(Send {
            event: self.text(value, "`send`")?,
            to: mapping.get("to").and_then(|node| self.text(node, "`to`")),
            task: mapping.get("task").and_then(|node| self.text(node, "`task`")),
            common: self.common(mapping, value)?,
        }))
    }

    fn open(&mut self, mapping: &Mapping, value: &Node) -> Option<StepKind> {
        let of = self.text(value, "`open`")?;
        if let Some((workflow, _)) = of.split_once('/') {
            self.known_workflow(workflow, value.span);
        }
        Some(StepKind::Open(Opening {
            of,
            alias: mapping.get("id").and_then(|node| self.text(node, "`id`")),
            common: self.common(mapping, value)?,
        }))
    }

    fn delegate(&mut self, mapping: &Mapping, value: &Node) -> Option<StepKind> {
        let Some(to) = mapping.get("to") else {
            self.missing(value.span, "it", "to", "who gets the task");
            return None;
        };
        let to = self.who(to)?;
        self.act(Act::DelegateTo(to), mapping, value)
    }

    fn act(&mut self, act: Act, mapping: &Mapping, value: &Node) -> Option<StepKind> {
        Some(StepKind::Act(Acting {
            act,
            task: self.text(value, "the name of a state")?,
            of: mapping.get("of").and_then(|node| self.text(node, "`of`")),
            common: self.common(mapping, value)?,
        }))
    }

    /// How it is proved: at least by a password, where it only says that it is signed.
    fn proof(&mut self, node: &Node) -> Option<Proof> {
        let word = self.text(node, "`sign`")?;
        let proof = if &*word == "true" {
            Some(Proof::Password)
        } else {
            Proof::of(&word)
        };
        if proof.is_none() {
            let help = "write `password`, `second_factor` or `wallet`";
            self.error(Code::UnknownWord, node.span, "nobody signs in this way", help);
        }
        proof
    }

    fn common(&mut self, mapping: &Mapping, verb: &Node) -> Option<Common> {
        let actor = match mapping.get("as") {
            Some(node) => self.who(node)?,
            None => {
                self.missing(verb.span, "it", "as", "who does it");
                return None;
            }
        };
        let blockers = mapping.get("blockers").map(|node| self.texts(node, "`blockers`"));
        let wanted = self.wanted(mapping);
        let times = mapping.get("times").and_then(|node| self.integer(node, "`times`", TIMES_MAX));
        Some(Common {
            actor,
            with: mapping.get("with").and_then(|node| self.written_fields(node)),
            reason: mapping.get("reason").and_then(|node| self.text(node, "`reason`")),
            sign: mapping.get("sign").and_then(|node| self.proof(node)),
            times: times.unwrap_or(1),
            wanted,
            blockers,
        })
    }

    /// What is to become of an input.
    fn wanted(&mut self, mapping: &Mapping) -> Wanted {
        let refused = mapping.get("refused").and_then(|node| self.text(node, "`refused`"));
        let ignored = mapping
            .get("ignored")
            .and_then(Node::as_scalar)
            .is_some_and(|scalar| &*scalar.text == "true");
        // what stands in the way of something is named in its refusal
        let refused = refused.or(mapping.get("blockers").map(|_| "".into()));
        if let (Some(_), Some(entry), true) = (&refused, mapping.entry("ignored"), ignored) {
            let help = "take one of the two away";
            self.error(Code::KeysExclude, entry.key.span, "it is either refused or ignored", help);
        }
        match (refused, ignored) {
            (Some(words), _) => Wanted::Refused(words),
            (None, true) => Wanted::Ignored,
            (None, false) => Wanted::Taken,
        }
    }

    pub(crate) fn who(&mut self, node: &Node) -> Option<Who> {
        if let Some(scalar) = node.as_scalar() {
            if !self.people.contains(&scalar.text) {
                let message = format!("nobody under `given.people` is called `{}`", scalar.text);
                let diagnostic = Diagnostic::error(Code::TestNameUnknown, scalar.span, message);
                self.out
                    .push(match nearest(&scalar.text, self.people.iter().map(|name| &**name)) {
                        Some(meant) => diagnostic
                            .help(format!("write `{meant}`, if that is meant"))
                            .repair(scalar.span, meant),
                        None => diagnostic.help(format!("add `{}: [ROLE]` to `given.people`", scalar.text)),
                    });
            }
            return Some(Who::Named(scalar.text.clone()));
        }
        let described = |actor| Some(Who::Described(Box::new(actor)));
        let of_kind = |kind: &str| node.get(kind).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        if let Some(adapter) = of_kind("adapter") {
            self.keys(node, "`as`", &["adapter"]);
            return described(Actor::plain(ActorKind::Adapter, adapter));
        }
        if let Some(workflow) = of_kind("workflow") {
            self.keys(node, "`as`", &["workflow", "key"]);
            let key = of_kind("key").unwrap_or_else(|| "somebody".into());
            return described(Actor::plain(ActorKind::Workflow { workflow }, key));
        }
        if let Some(schedule) = of_kind("schedule") {
            self.keys(node, "`as`", &["schedule"]);
            return described(Actor::plain(ActorKind::Schedule, schedule));
        }
        described(self.actor(&"somebody".into(), node))
    }

    fn place(&mut self, mapping: &Mapping, value: &Node, step: &Node) -> Option<Placed> {
        let text = self.text(value, "`place`")?;
        let (alias, target) = match text.split_once('=') {
            Some((alias, target)) => (Some(Arc::from(alias.trim())), Arc::from(target.trim())),
            None => (None, text),
        };
        if let Some((workflow, _)) = target.split_once('/') {
            self.known_workflow(workflow, value.span);
        }
        Some(Placed {
            span: step.span,
            alias,
            target,
            states: mapping.get("in").map(|node| self.texts(node, "`in`")).unwrap_or_default(),
            data: mapping.get("with").and_then(|node| self.written_fields(node)),
            marks: Vec::new(),
            count: 1,
        })
    }

    fn by_hand(&mut self, mapping: &Mapping, value: &Node) -> Option<StepKind> {
        let name = self.text(value, "`adapter`")?;
        let (adapter, action) = self.effect(&name, value.span)?;
        if ["progress", "undone"].iter().any(|key| mapping.get(key).is_some()) {
            return self.reporting(mapping, adapter, action);
        }
        let said = match (mapping.get("returns"), mapping.get("fails")) {
            (Some(_), Some(failing)) => {
                self.error(
                    Code::KeysExclude,
                    failing.span,
                    "an answer either returns or fails",
                    "take one of the two away",
                );
                return None;
            }
            (returns, None) => Said::Returns(returns.and_then(|node| self.written(node))),
            (None, Some(failing)) => self.failure(failing)?,
        };
        let of = mapping.get("of").and_then(|node| self.text(node, "`of`"));
        Some(StepKind::Adapter(ByHand {
            adapter,
            action,
            of,
            said,
        }))
    }

    /// A step on the way, or `undone: true` and what is said with it.
    fn reporting(&mut self, mapping: &Mapping, adapter: Arc<str>, action: Arc<str>) -> Option<StepKind> {
        let (progress, undone) = (mapping.get("progress"), mapping.get("undone"));
        let others = ["undone", "returns", "fails"]
            .iter()
            .filter(|key| **key != "undone" || progress.is_some());
        if let Some(entry) = others.filter_map(|key| mapping.entry(key)).next() {
            let message = format!("one step reports or answers: `{}` is another one", entry.name());
            self.error(Code::KeysExclude, entry.key.span, message, "make two steps of it");
            return None;
        }
        let is_bare = |node: &Node| node.as_scalar().is_some_and(|scalar| &*scalar.text == "true");
        let told = progress.or(undone.filter(|node| !is_bare(node)));
        Some(StepKind::Report(Reporting {
            of: mapping.get("of").and_then(|node| self.text(node, "`of`")),
            undone: progress.is_none(),
            fields: told.and_then(|node| self.written_fields(node)),
            common: Common {
                actor: Who::Described(Box::new(Actor::plain(ActorKind::Adapter, adapter.clone()))),
                with: None,
                reason: None,
                sign: None,
                times: 1,
                wanted: self.wanted(mapping),
                blockers: None,
            },
            adapter,
            action,
        }))
    }

    fn race(&mut self, mapping: &Mapping, value: &Node) -> Option<StepKind> {
        let (mut inputs, mut expects) = (Vec::new(), Vec::new());
        let one = mapping.get("one").and_then(|node| self.outcome(node));
        let other = mapping.get("other").and_then(|node| self.outcome(node));
        for mut step in self.steps(value) {
            match &mut step.kind {
                StepKind::Start(Start { common, .. })
                | StepKind::Send(Send { common, .. })
                | StepKind::Act(Acting { common, .. }) => {
                    if common.times != 1 {
                        self.error(
                            Code::KeysExclude,
                            step.span,
                            "in a race each step comes once",
                            "write it several times",
                        );
                    }
                    if common.wanted == Wanted::Taken {
                        common.wanted = Wanted::Anything;
                    }
                    inputs.push(step);
                }
                StepKind::Adapter(_) | StepKind::Report(_) => inputs.push(step),
                StepKind::Expect(_) => expects.push(step),
                _ => {
                    let help = "race steps with `start`, `send`, `claim` and its like, and `adapter`; put the others before or behind it";
                    self.error(Code::WrongShape, step.span, "only what comes from outside can be raced", help);
                }
            }
        }
        Some(StepKind::Race(Race {
            inputs,
            expects,
            one,
            other,
        }))
    }

    /// `taken`, `ignored`, `refused`, or `{refused: words}`.
    fn outcome(&mut self, node: &Node) -> Option<Wanted> {
        match node.as_scalar().map(|scalar| &*scalar.text) {
            Some("taken") => return Some(Wanted::Taken),
            Some("ignored") => return Some(Wanted::Ignored),
            Some("refused") => return Some(Wanted::Refused("".into())),
            _ => {}
        }
        if node.as_mapping().is_some() {
            let entries = self.keys(node, "an outcome", &["refused"]);
            let words = entries.first().map(|entry| self.text(&entry.value, "`refused`"));
            return words.flatten().map(Wanted::Refused);
        }
        let help = "write `taken`, `ignored`, `refused` or `{refused: words}`";
        self.error(Code::UnknownWord, node.span, "this is no outcome of a step", help);
        None
    }

    /// `before NAME.ACTION`, `after NAME.ACTION`, and perhaps `is sent` or `is performed`.
    fn crash(&mut self, mapping: &Mapping, value: &Node) -> Option<Crash> {
        let text = self.text(value, "`crash`")?;
        let mut words = text.split_whitespace();
        let point = match words.next() {
            Some("before") => CrashPoint::Before,
            Some("after") => CrashPoint::After,
            _ => {
                let help = "write `before carrier.ship` or `after carrier.ship`";
                self.error(Code::UnknownWord, value.span, "it does not say where the engine stops", help);
                return None;
            }
        };
        let (adapter, action) = self.effect(words.next().unwrap_or_default(), value.span)?;
        if !matches!(words.collect::<Vec<_>>().as_slice(), [] | ["is", "sent" | "performed"]) {
            let help = "nothing follows the effect's name but `is sent`";
            self.error(
                Code::UnknownWord,
                value.span,
                "it says more than where the engine stops",
                help,
            );
            return None;
        }
        Some(Crash {
            point,
            adapter,
            action,
            of: mapping.get("of").and_then(|node| self.text(node, "`of`")),
        })
    }

    fn play(&mut self, mapping: &Mapping, value: &Node) -> Option<StepKind> {
        let fragment = self.text(value, "`play`")?;
        if !self.fragments.contains(&&*fragment) {
            let message = format!("there is no fragment `{fragment}`");
            let diagnostic = Diagnostic::error(Code::TestNameUnknown, value.span, message);
            self.out.push(match nearest(&fragment, self.fragments.iter().copied()) {
                Some(meant) => diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(value.span, meant),
                None => diagnostic.help("add it under `fragments`"),
            });
            return None;
        }
        let targets = mapping.get("for").map(|node| self.texts(node, "`for`"));
        Some(StepKind::Play { fragment, targets })
    }
}

trait Names {
    fn map_names(&self) -> String;
}

impl Names for [&str] {
    /// In quotes, with commas.
    fn map_names(&self) -> String {
        self.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}
