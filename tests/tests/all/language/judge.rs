//! Whether anything notices when a key is gone, or means something else.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::diagnostic::Code;
use statewright_core::lang::{ShapeKind, Use};
use statewright_core::yaml::Node;

use super::change::changes;
use super::rewrite::{Fate, Fates};
use super::sample::{Outcome, Part, Sample, Texts};

/// Places of one key in one file that are looked at one by one.
const PLACES_MAX: usize = 8;

/// A key by its construct and its name.
pub type KeyName = (Arc<str>, &'static str);

/// What a key promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Something happens, and does not without it.
    Meaning,
    /// Something happens that would happen without it, too, and otherwise with another value.
    Untold,
    /// Another value is refused with this code.
    Refusal(Code),
    /// No scenario can see it.
    Unseen,
}

/// What the samples say of a key.
#[derive(Debug, Default)]
pub struct Judgement {
    /// A scenario failed when the key was gone.
    pub by_absence: bool,
    /// A scenario failed when another value stood there.
    pub by_change: bool,
    /// Samples that held although the key was gone.
    pub unnoticed: BTreeSet<String>,
    /// What was told where the key was gone, or another value stood there.
    pub codes: BTreeSet<Code>,
    /// It stands in no sample.
    pub absent: bool,
}

impl Judgement {
    pub fn words(&self) -> String {
        let codes: Vec<&str> = self.codes.iter().map(|code| code.as_str()).collect();
        if self.absent {
            return "it stands in no sample".to_owned();
        }
        match (self.unnoticed.is_empty(), codes.is_empty()) {
            (false, true) => {
                let samples: Vec<&str> = self.unnoticed.iter().map(|sample| &**sample).collect();
                format!("when it is gone, these hold all the same: {}", samples.join(", "))
            }
            (_, false) => format!("no scenario fails, but the file is refused with {}", codes.join(", ")),
            (true, true) => "whatever stands there, the samples hold".to_owned(),
        }
    }
}

/// Takes the key away wherever it stands. If its absence is refused somewhere, or cannot be told, other values are put there.
pub fn judge(key: &KeyName, samples: &[Sample], texts: &Texts, promise: Promise) -> Judgement {
    let mut places = Vec::new();
    for sample in samples {
        let parts = sample.parts.iter().map(|part| Place {
            sample,
            part,
            uses: part.uses.iter().filter(|each| super::name_of(&each.key) == *key).collect(),
        });
        places.extend(parts.filter(|place| !place.uses.is_empty()));
    }
    let mut judging = Judging {
        texts,
        judgement: Judgement {
            absent: places.is_empty(),
            ..Judgement::default()
        },
    };
    judging.take_away(&places);
    let is_done = judging.judgement.by_absence || promise == Promise::Unseen;
    // what may be gone everywhere, and is not missed, means nothing
    let means_nothing = promise == Promise::Meaning && judging.judgement.codes.is_empty();
    if !is_done && !means_nothing {
        judging.put_others(&places, promise);
    }
    judging.judgement
}

/// A file of a sample in which the key stands.
struct Place<'s> {
    sample: &'s Sample,
    part: &'s Part,
    uses: Vec<&'s Use>,
}

struct Judging<'t> {
    texts: &'t Texts,
    judgement: Judgement,
}

impl Judging<'_> {
    /// Everywhere in a file at once; then, where the file is refused so, at each place alone. Until a scenario fails.
    fn take_away(&mut self, places: &[Place<'_>]) {
        for place in places {
            let all: Fates = place.uses.iter().map(|each| (each.name.start, Fate::Gone)).collect();
            let outcome = match self.fails(place, &all) {
                None if all.len() > 1 => {
                    let each = all.keys().take(PLACES_MAX).map(|at| Fates::from([(*at, Fate::Gone)]));
                    let found: Vec<bool> = each.filter_map(|fates| self.fails(place, &fates)).collect();
                    found.into_iter().reduce(|first, second| first || second)
                }
                outcome => outcome,
            };
            match outcome {
                Some(true) => {
                    self.judgement.by_absence = true;
                    return;
                }
                Some(false) => drop(self.judgement.unnoticed.insert(place.sample.main.clone())),
                None => {}
            }
        }
    }

    /// Until a scenario fails, or, where that is the promise, until one is refused.
    fn put_others(&mut self, places: &[Place<'_>], promise: Promise) {
        for place in places {
            for fates in changed(place.part, &place.uses, self.texts) {
                if matches!(promise, Promise::Refusal(code) if self.judgement.codes.contains(&code)) {
                    return;
                }
                if self.fails(place, &fates) == Some(true) {
                    self.judgement.by_change = true;
                    return;
                }
            }
        }
    }

    /// Whether a scenario fails; None where the file is refused.
    fn fails(&mut self, place: &Place<'_>, fates: &Fates) -> Option<bool> {
        match place.sample.with(self.texts, place.part, fates) {
            Outcome::Refused(codes) => {
                self.judgement.codes.extend(codes);
                None
            }
            Outcome::Failed(_) => Some(true),
            Outcome::Held => Some(false),
        }
    }
}

/// Another value at one of the places.
fn changed(part: &Part, uses: &[&Use], texts: &Texts) -> Vec<Fates> {
    let mut all = Vec::new();
    for each in uses.iter().take(PLACES_MAX) {
        let Some(value) = value_at(&part.tree, each.name.start) else {
            continue;
        };
        let others = others(part, each, texts);
        let fates = changes(each.shape, value, &others).into_iter();
        all.extend(fates.map(|node| Fates::from([(each.name.start, Fate::Changed(node))])));
    }
    all
}

/// What stands elsewhere in the file under a key of that name; for a name also those of files, and those that its author chose.
fn others(part: &Part, of: &Use, texts: &Texts) -> Vec<Arc<str>> {
    let alike = part.uses.iter().filter(|each| each.key.name == of.key.name);
    let values = alike.filter_map(|each| Some(value_at(&part.tree, each.name.start)?.as_scalar()?.text.clone()));
    let mut others: Vec<Arc<str>> = values.collect::<BTreeSet<_>>().into_iter().collect();
    if of.shape == ShapeKind::Name {
        let files = texts.keys().filter_map(|path| path.rsplit('/').next()?.strip_suffix(".yaml"));
        others.extend(files.filter(|name| !name.contains('.')).map(Arc::from));
        let known: BTreeSet<usize> = part.uses.iter().map(|each| each.name.start).collect();
        let mut chosen = BTreeSet::new();
        names(&part.tree, &known, &mut chosen);
        others.extend(chosen);
    }
    others
}

/// Keys of mappings that are none of the language.
fn names(node: &Node, known: &BTreeSet<usize>, chosen: &mut BTreeSet<Arc<str>>) {
    for item in node.as_sequence().into_iter().flatten() {
        names(item, known, chosen);
    }
    for entry in node.as_mapping().into_iter().flatten() {
        if !known.contains(&entry.key.span.start) {
            chosen.insert(entry.key.text.clone());
        }
        names(&entry.value, known, chosen);
    }
}

fn value_at(node: &Node, place: usize) -> Option<&Node> {
    if let Some(items) = node.as_sequence() {
        return items.iter().find_map(|item| value_at(item, place));
    }
    node.as_mapping()?
        .iter()
        .find_map(|entry| match entry.key.span.start == place {
            true => Some(&entry.value),
            false => value_at(&entry.value, place),
        })
}
