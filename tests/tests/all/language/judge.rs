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
            (false, _) => {
                let samples: Vec<&str> = self.unnoticed.iter().map(|sample| &**sample).collect();
                format!("when it is gone, these hold all the same: {}", samples.join(", "))
            }
            (true, false) => format!(
                "it cannot be gone or otherwise, the file is refused with {}",
                codes.join(", ")
            ),
            (true, true) => "whatever stands there, the samples hold".to_owned(),
        }
    }
}

/// Takes the key away wherever it stands: everywhere in a file at once, then, where the file is refused so, at each place alone. If its
/// absence is refused everywhere, or `untold`, other values are put there.
pub fn judge(key: &KeyName, samples: &[Sample], texts: &Texts, untold: bool) -> Judgement {
    let mut judgement = Judgement::default();
    let mut places = Vec::new();
    for sample in samples {
        let parts = sample.parts.iter().map(|part| (sample, part, uses_of(part, key)));
        places.extend(parts.filter(|(_, _, uses)| !uses.is_empty()));
    }
    judgement.absent = places.is_empty();
    let mut look = |sample: &Sample, part: &Part, fates: &Fates| match sample.with(texts, part, fates) {
        Outcome::Refused(codes) => {
            judgement.codes.extend(codes);
            None
        }
        Outcome::Failed(_) => Some(true),
        Outcome::Held => Some(false),
    };
    let mut unnoticed = BTreeSet::new();
    for (sample, part, uses) in &places {
        let all: Fates = uses.iter().map(|each| (each.name.start, Fate::Gone)).collect();
        let each = all.keys().take(PLACES_MAX).map(|place| Fates::from([(*place, Fate::Gone)]));
        let outcome = match look(sample, part, &all) {
            None if all.len() > 1 => {
                let found: Vec<bool> = each.filter_map(|fates| look(sample, part, &fates)).collect();
                found.into_iter().reduce(|first, second| first || second)
            }
            outcome => outcome,
        };
        match outcome {
            Some(true) => {
                judgement.by_absence = true;
                return judgement;
            }
            Some(false) => drop(unnoticed.insert(sample.main.clone())),
            None => {}
        }
    }
    judgement.unnoticed = unnoticed;
    if untold || judgement.unnoticed.is_empty() {
        judgement.by_change = places.iter().any(|(sample, part, uses)| {
            changed(part, uses)
                .into_iter()
                .any(|fates| match sample.with(texts, part, &fates) {
                    Outcome::Failed(_) => true,
                    Outcome::Held => false,
                    Outcome::Refused(codes) => {
                        judgement.codes.extend(codes);
                        false
                    }
                })
        });
    }
    judgement
}

/// Another value at one of the places.
fn changed(part: &Part, uses: &[&Use]) -> Vec<Fates> {
    let mut all = Vec::new();
    for each in uses.iter().take(PLACES_MAX) {
        let Some(value) = value_at(&part.tree, each.name.start) else {
            continue;
        };
        let others = others(part, each);
        let fates = changes(each.shape, value, &others).into_iter();
        all.extend(fates.map(|node| Fates::from([(each.name.start, Fate::Changed(node))])));
    }
    all
}

/// What stands elsewhere in the file under a key of that name; for a name also the names that its author chose.
fn others(part: &Part, of: &Use) -> Vec<Arc<str>> {
    let alike = part.uses.iter().filter(|each| each.key.name == of.key.name);
    let values = alike.filter_map(|each| Some(value_at(&part.tree, each.name.start)?.as_scalar()?.text.clone()));
    let mut others: Vec<Arc<str>> = values.collect::<BTreeSet<_>>().into_iter().collect();
    if of.shape == ShapeKind::Name {
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

fn uses_of<'p>(part: &'p Part, key: &KeyName) -> Vec<&'p Use> {
    part.uses.iter().filter(|each| super::name_of(&each.key) == *key).collect()
}
