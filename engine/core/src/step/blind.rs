//! By what instances are found that is personal: digests of it under a key of the database, which say nothing without that key.
//!
//! # Invariants
//! - Nothing that a digest is made of stands in an entry, a snapshot, a topic or an index.
//! - A digest is of a whole value or of a whole word. Nothing can be ordered by digests, and no beginning of a word has one.

use std::fmt;
use std::sync::Arc;

use super::Snapshot;
use super::index::index_text;
use super::personal::{commitment, keyed_digest};
use crate::chart::Chart;
use crate::field::{Field, Kind};
use crate::identity::Digest;
use crate::value::folded::folded_words;
use crate::value::{Object, Value};

/// The field of the index under which all digests stand. No field is called so, and none tells of which one it is a digest.
pub const BLIND: &str = "*";

/// The key of one database, under which digests are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlindKey(pub [u8; 32]);

/// It is a secret: it stands in no log.
impl fmt::Debug for BlindKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BlindKey")
    }
}

/// How much of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    Whole,
    /// One of several words.
    Word,
}

/// A personal value, or a word of it, as it is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlindTerm {
    pub field: Arc<str>,
    pub extent: Extent,
    /// Folded, as [`folded_words`] does.
    pub text: Arc<str>,
}

impl BlindTerm {
    /// What stands in the index for it.
    #[must_use]
    pub fn digest(&self, workflow: &str, key: &BlindKey) -> Arc<str> {
        let extent = match self.extent {
            Extent::Whole => "whole",
            Extent::Word => "word",
        };
        // neither names nor folded words hold a zero byte
        let message = format!("{workflow}\0{}\0{extent}\0{}", self.field, self.text);
        keyed_digest(&key.0, message.as_bytes()).to_string().into()
    }

    /// The terms by any of which a field holds a word that was typed.
    fn of_word(field: &Arc<str>, word: &str) -> [BlindTerm; 2] {
        [Extent::Whole, Extent::Word].map(|extent| BlindTerm {
            field: field.clone(),
            extent,
            text: word.into(),
        })
    }
}

/// Words of which all are to be found in an instance, each in any of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindWords {
    /// Of each word that was typed: what it is in fields of text, and what it is elsewhere.
    words: Vec<BlindWord>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct BlindWord {
    folded: Vec<String>,
    typed: Arc<str>,
}

impl BlindWords {
    /// Of what was typed; None: there is nothing that could stand anywhere.
    #[must_use]
    pub fn of(typed: &str) -> Option<Self> {
        let of_word = |typed: &str| BlindWord {
            folded: folded_words(typed),
            typed: typed.into(),
        };
        let words: Vec<BlindWord> = typed
            .split_whitespace()
            .map(of_word)
            .filter(|word| !word.folded.is_empty())
            .collect();
        (!words.is_empty()).then_some(BlindWords { words })
    }

    /// What each must be found by in instances of a chart, of these fields: any of the terms of a group, of every group.
    #[must_use]
    pub fn groups(&self, chart: &Chart, fields: &[Arc<str>]) -> Vec<Vec<BlindTerm>> {
        let mut groups = Vec::new();
        for word in &self.words {
            let elsewhere = || {
                let others = fields.iter().filter(|field| !chart.data.get(field).is_some_and(is_text));
                others.flat_map(|field| BlindTerm::of_word(field, &word.typed))
            };
            match word.folded.as_slice() {
                // `Smith-Jones` is both words, and a date is one
                [_, _, ..] if elsewhere().next().is_some() && is_value(&word.typed) => groups.push(elsewhere().collect()),
                folded => groups.extend(folded.iter().map(|folded| {
                    let texts = fields.iter().filter(|field| chart.data.get(field).is_some_and(is_text));
                    let of_texts = texts.flat_map(|field| BlindTerm::of_word(field, folded));
                    of_texts.chain(elsewhere()).collect()
                })),
            }
        }
        groups
    }
}

/// Whether it is written as a date is.
fn is_value(typed: &str) -> bool {
    typed.parse::<jiff::civil::Date>().is_ok()
}

fn is_text(field: &Field) -> bool {
    matches!(field.schema.kind, Kind::Text { .. })
}

/// What an instance is found by that is personal.
#[must_use]
pub fn blind_terms_of(chart: &Chart, snapshot: &Snapshot) -> Vec<BlindTerm> {
    let mut terms: Vec<BlindTerm> = Vec::new();
    for name in &chart.blind {
        let value = snapshot.data.get(name).unwrap_or(&Value::Null);
        let Some(text) = whole_text(value) else { continue };
        if let Value::Text(written) = value {
            let words = folded_words(written);
            let several = words.iter().filter(|_| words.len() > 1);
            terms.extend(several.map(|word| BlindTerm {
                field: name.clone(),
                extent: Extent::Word,
                text: word.as_str().into(),
            }));
        }
        terms.push(BlindTerm {
            field: name.clone(),
            extent: Extent::Whole,
            text,
        });
    }
    terms.sort();
    terms.dedup();
    terms
}

/// A whole value as it is looked for; None: nobody is found by it.
fn whole_text(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Text(text) => Some(folded_words(text).join(" "))
            .filter(|text| !text.is_empty())
            .map(Arc::from),
        other => index_text(other),
    }
}

/// A personal field that a read looks for, and any of these whole values in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlindCondition {
    pub field: Arc<str>,
    pub terms: Vec<BlindTerm>,
    /// What stands for the values in the entry: commitments under the secret of the instance that looks.
    sealed: Vec<Digest>,
}

impl BlindCondition {
    /// None: a value is null, and nobody has that.
    pub(super) fn of(field: &Arc<str>, value: &Value, secret: &[u8; 32]) -> Option<Self> {
        let values = value.as_list().unwrap_or(std::slice::from_ref(value));
        let found: Vec<(BlindTerm, Digest)> = values
            .iter()
            .filter_map(|value| {
                let term = BlindTerm {
                    field: field.clone(),
                    extent: Extent::Whole,
                    text: whole_text(value)?,
                };
                Some((term, commitment(secret, value)))
            })
            .collect();
        let (terms, sealed): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        (!terms.is_empty()).then(|| BlindCondition {
            field: field.clone(),
            terms,
            sealed,
        })
    }

    /// What the index is asked for it.
    #[must_use]
    pub fn indexed(&self, workflow: &str, key: &BlindKey) -> (Arc<str>, Vec<Arc<str>>) {
        (
            BLIND.into(),
            self.terms.iter().map(|term| term.digest(workflow, key)).collect(),
        )
    }
}

/// As they stand in an entry.
pub(super) fn sealed(conditions: &[BlindCondition]) -> Value {
    let of = |condition: &BlindCondition| {
        let sealed = condition.sealed.iter().map(|digest| Value::from_text(&digest.to_string()));
        (condition.field.clone(), Value::from_items(sealed.collect()))
    };
    Value::from_fields(conditions.iter().map(of).collect::<Object>())
}
