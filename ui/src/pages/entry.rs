//! An entry of a trail as people read it: who did what, and what became of it.

use serde::Serialize;
use statewright_core::chart::{Chart, is_within};
use statewright_core::field::{Field, Fields, Kind, Schema};
use statewright_core::identity::Digest;
use statewright_core::step::in_words;
use statewright_core::trail::{EntryText, entry_digest};
use statewright_core::value::Value;
use statewright_core::value::interface::to_interface;

use super::moment::Moment;
use super::occurrence::{by, event_words, what};
use super::reference::Reference;
use super::words::{Reading, Words, label};
use crate::json::{member, member_items, member_texts};
use crate::naming::state_at;

/// Levels of a value that are gone into to say what of it was changed: below, it is told as a whole.
const DEPTH_MAX: usize = 6;

/// What the commitment to a personal value is read as.
const PERSONAL: &str = "$personal";

#[derive(Debug, Serialize)]
pub struct Entry {
    pub sequence: u64,
    pub at: Moment,
    /// With seconds.
    pub exact: String,
    /// Whose it is, where entries of many stand together.
    pub instance: Reference,
    pub what: String,
    /// Nothing where nobody did it: a timer fell due.
    pub by: Option<String>,
    pub verdict: String,
    pub reason: Option<String>,
    pub signed: Option<String>,
    pub refusals: Vec<String>,
    pub left: Vec<String>,
    pub entered: Vec<String>,
    pub changes: Vec<Change>,
    /// What others were asked, told or sent.
    pub outward: Vec<String>,
    pub notes: Vec<String>,
    pub digest: String,
    /// As it is hashed.
    pub bytes: String,
}

/// A value that became another.
#[derive(Debug, Serialize)]
pub struct Change {
    pub label: String,
    /// The field's name, for scripts and tests.
    pub name: String,
    pub from: Words,
    pub to: Words,
}

impl Entry {
    /// None: the bytes are no entry; `verify` says more.
    pub fn read(bytes: &str, chart: Option<&Chart>, reading: &Reading) -> Option<Self> {
        let personal =
            |reference: &str| Value::from_fields([(PERSONAL.into(), Value::from_text(reference))].into_iter().collect());
        let entry = EntryText::read_with(bytes, &personal)
            .or_else(|_| EntryText::read_any(bytes))
            .ok()?;
        let at = entry.at().ok()?;
        let all = Value::from_fields(entry.members().clone());
        let nothing = Value::Null;
        let input = all.field("input").unwrap_or(&nothing);
        let sentences = |name: &str, of: &str| -> Vec<String> {
            let items = member_items(&all, name).iter();
            items.map(|item| member(item, of).to_owned()).collect()
        };
        let (left, entered) = moved(&all);
        let named = |paths: Vec<&str>| paths.into_iter().map(|path| state_at(chart, path)).collect();
        let present = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (workflow, key) = (entry.workflow().ok()?, entry.key().ok()?);
        Some(Entry {
            sequence: entry.sequence().ok()?,
            at: reading.moment(at),
            exact: reading.exact(at),
            instance: Reference::seen(format!("{workflow}/{key}"), workflow, key),
            what: what(input, reading),
            by: by(&all),
            verdict: member(&all, "verdict").to_owned(),
            reason: present(member(input, "reason")),
            signed: all.field("signature").map(|signature| member(signature, "means").to_owned()),
            refusals: sentences("reasons", "sentence"),
            left: named(left),
            entered: named(entered),
            changes: changes(&all, chart, reading),
            outward: outward(&all),
            notes: sentences("notes", "text"),
            digest: entry_digest(bytes.as_bytes()).to_string(),
            bytes: bytes.to_owned(),
        })
    }
}

/// The definition by which an entry is read.
pub fn definition_of(bytes: &str) -> Option<Digest> {
    EntryText::read_any(bytes).ok()?.definition().ok()
}

/// From which states to which: those that rested before and those that rest now, without what stands around them and what was only passed.
fn moved(entry: &Value) -> (Vec<&str>, Vec<&str>) {
    let (left, entered) = (member_texts(entry, "left"), member_texts(entry, "entered"));
    let rests = entry
        .field("after")
        .map(|after| member_texts(after, "states"))
        .unwrap_or_default();
    let is_around = |outer: &str| left.iter().any(|path| is_within(path, outer));
    let from = left
        .iter()
        .filter(|path| !path.is_empty() && !is_around(path) && (!entered.contains(path) || rests.contains(path)));
    let to = rests.iter().filter(|path| entered.contains(path));
    (from.copied().collect(), to.copied().collect())
}

fn changes(entry: &Value, chart: Option<&Chart>, reading: &Reading) -> Vec<Change> {
    let unknown = Fields::default();
    let fields = chart.map_or(&unknown, |chart| &chart.data);
    let mut found = Vec::new();
    for change in member_items(entry, "changed") {
        let name = member(change, "path");
        let value = |of: &str| change.field(of).unwrap_or(&Value::Null);
        let changed = Changed {
            field: fields.get(name),
            schema: fields.get(name).map(|field| &field.schema),
            label: fields.get(name).map_or_else(|| in_words(name), label),
            name: name.to_owned(),
            depth: 0,
        };
        changed.tell(value("from"), value("to"), reading, &mut found);
    }
    found
}

/// A place in the data whose value became another.
struct Changed<'c> {
    field: Option<&'c Field>,
    schema: Option<&'c Schema>,
    label: String,
    name: String,
    depth: usize,
}

impl Changed<'_> {
    /// Of an object what of it was changed, each by itself.
    fn tell(&self, from: &Value, to: &Value, reading: &Reading, found: &mut Vec<Change>) {
        if from == to && !is_personal(from) {
            return;
        }
        let parts = [from, to].map(|value| value.as_object().filter(|_| !is_personal(value)));
        let is_object = parts.iter().any(Option::is_some);
        let fits = is_object && [from, to].iter().all(|value| value.is_null() || value.as_object().is_some());
        let is_told_whole = is_personal(from) || is_personal(to) || self.is_file() || self.depth >= DEPTH_MAX;
        if !fits || is_told_whole {
            let words = |value: &Value| match is_personal(value) {
                true => Words::Text("(personal)".to_owned()),
                false => reading.of_schema(self.schema, self.field.and_then(|field| field.unit.as_deref()), value),
            };
            let (from, to) = (words(from), words(to));
            // a list that begins with nothing in it says nothing
            if !(says_nothing(&from) && says_nothing(&to)) {
                found.push(Change {
                    label: self.label.clone(),
                    name: self.name.clone(),
                    from,
                    to,
                });
            }
            return;
        }
        let none = Fields::default();
        let fields = match self.schema.map(|schema| &schema.kind) {
            Some(Kind::Object { fields, .. }) => fields,
            _ => &none,
        };
        let declared = fields.list.iter().map(|field| &field.name);
        let beyond = parts.iter().flatten().flat_map(|part| part.keys());
        let mut names: Vec<_> = declared.chain(beyond).collect();
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert((*name).clone()));
        for name in names {
            let field = fields.get(name);
            let within = Changed {
                field,
                schema: field.map(|field| &field.schema),
                label: format!("{}, {}", self.label, lower(&field.map_or_else(|| in_words(name), label))),
                name: format!("{}.{name}", self.name),
                depth: self.depth + 1,
            };
            let value = |whole: &Value| whole.field(name).cloned().unwrap_or(Value::Null);
            within.tell(&value(from), &value(to), reading, found);
        }
    }

    fn is_file(&self) -> bool {
        matches!(self.schema.map(|schema| &schema.kind), Some(Kind::File))
    }
}

fn says_nothing(words: &Words) -> bool {
    match words {
        Words::Nothing => true,
        Words::Items(items) => items.is_empty(),
        Words::Lines(lines) => lines.is_empty(),
        _ => false,
    }
}

fn is_personal(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|object| object.len() == 1 && object.contains_key(PERSONAL))
}

/// Within a sentence, except for what is written in capitals.
fn lower(words: &str) -> String {
    let mut letters = words.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(words.chars().skip(1)).collect(),
        _ => words.to_owned(),
    }
}

/// What adapters were asked, other instances were sent and people were told.
fn outward(entry: &Value) -> Vec<String> {
    let effects = member_items(entry, "effects").iter().map(|effect| {
        let action = lower(&in_words(member(effect, "action")));
        format!("Asked {} for: {action}", lower(&in_words(member(effect, "adapter"))))
    });
    let messages = member_items(entry, "messages").iter().map(|message| {
        let to = format!("{}/{}", member(message, "workflow"), member(message, "to"));
        match member(message, "kind") {
            "event" => format!("Sent to {to}: {}", event_words(member(message, "event"))),
            "start" => format!("Started {to}"),
            "answer" => format!("Answered {to}: {}", member(message, "outcome")),
            "ended" => format!("Told {to} that it has ended"),
            "stop" => format!("Ended {to}"),
            "hold" => match member(message, "why") {
                "" => format!("Let {to} go on"),
                why => format!("Put {to} on hold: {why}"),
            },
            "review" => format!("Asked for a review by {to}"),
            kind => format!("{} {to}", in_words(kind)),
        }
    });
    let notices = member_items(entry, "notices")
        .iter()
        .map(|notice| format!("Told people: {}", member(notice, "text")));
    let marks = member_items(entry, "marks").iter().map(|mark| {
        let values = mark.field("values").and_then(Value::as_object);
        let values: Vec<String> = values
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| match is_personal(value) {
                true => format!("{}: (personal)", lower(&in_words(name))),
                false => format!("{}: {}", lower(&in_words(name)), to_interface(value).trim_matches('"')),
            })
            .collect();
        let name = lower(&in_words(member(mark, "name")));
        match values.is_empty() {
            true => format!("Marked as {name}"),
            false => format!("Marked as {name} ({})", values.join(", ")),
        }
    });
    effects.chain(messages).chain(notices).chain(marks).collect()
}
