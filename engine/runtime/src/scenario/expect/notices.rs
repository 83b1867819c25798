//! What people were told.

use statewright_core::chart::Channel;
use statewright_core::diagnostic::Span;
use statewright_core::step::Audience;
use statewright_core::value::{Object, Value};

use super::compare::{compare, joined, words};
use super::elsewhere::broken;
use super::failed_for;
use crate::scenario::report::{Difference, Failed};
use crate::scenario::run::{Run, Stop};
use crate::scenario::written::Written;

const SENTENCE: &str = "people were told something else";

impl Run<'_> {
    /// A list: every notice, in the order of the instances and their trails. Where an item says a `count`, each item says how many there
    /// are of its kind, and others may be there. `{count: 2}` alone says how many there are at all.
    pub(super) async fn look_at_notices(&self, span: Span, wanted: &Written) -> Result<Vec<Failed>, Stop> {
        let wanted = self.with_names(span, self.value(span, wanted, None).await?)?;
        let mut found = Vec::new();
        for standing in self.world.all().await.map_err(|trouble| broken(span, trouble))? {
            let rows = self.world.trail(standing.row.instance).await;
            let rows = rows.map_err(|trouble| broken(span, trouble))?;
            found.extend(super::aspect::notices(&rows, &standing.name()));
        }
        let mut differences = Vec::new();
        match &wanted {
            Value::List(wanted) => {
                self.know_addressees(span, wanted)?;
                let counts = wanted.iter().any(|item| item.field("count").is_some());
                differences = match counts {
                    true => self.count_notices(wanted, &found),
                    false => self.compare_notices(wanted, &found),
                };
            }
            wanted => compare(
                wanted,
                &Value::from_items(found),
                &self.file.setting.zone,
                "notices",
                &mut differences,
            ),
        }
        Ok(failed_for(span, SENTENCE, differences, None).into_iter().collect())
    }

    /// Whoever a notice is to reach is somebody: of a name that is nobody's it would hold that nothing reached them.
    fn know_addressees(&self, span: Span, wanted: &[Value]) -> Result<(), Stop> {
        let names = wanted.iter().filter_map(|item| item.field("to")?.as_text());
        for name in names {
            if !self.file.setting.given.people.contains_key(name) && !self.file.roles.contains(name) {
                let sentence = format!("`{name}` is neither one of `given.people` nor a role that anybody has or is told as");
                return Err(broken(span, sentence));
            }
        }
        Ok(())
    }

    fn count_notices(&self, wanted: &[Value], found: &[Value]) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (place, wanted) in wanted.iter().enumerate() {
            let fits = |notice: &&Value| self.otherwise(wanted, notice, "").is_empty();
            let count = i64::try_from(found.iter().filter(fits).count()).unwrap_or(i64::MAX);
            let path = format!("notices[{place}].count");
            match wanted.field("count") {
                Some(number) => compare(
                    number,
                    &Value::Integer(count),
                    &self.file.setting.zone,
                    &path,
                    &mut differences,
                ),
                None if count > 0 => {}
                None => differences.push(Difference {
                    path,
                    expected: "1 or more".into(),
                    actual: "0".into(),
                }),
            }
        }
        differences
    }

    fn compare_notices(&self, wanted: &[Value], found: &[Value]) -> Vec<Difference> {
        if wanted.len() != found.len() {
            let texts = |notices: &[Value]| match notices {
                [] => "none".to_owned(),
                notices => {
                    let texts = notices.iter().map(|notice| notice.field("text").unwrap_or(notice));
                    let texts: Vec<String> = texts.map(|text| words(text, &self.file.setting.zone)).collect();
                    texts.join(" + ")
                }
            };
            return vec![Difference {
                path: "notices".into(),
                expected: texts(wanted),
                actual: texts(found),
            }];
        }
        let pairs = wanted.iter().zip(found).enumerate();
        pairs
            .flat_map(|(place, (wanted, found))| self.otherwise(wanted, found, &format!("notices[{place}]")))
            .collect()
    }

    /// In what a notice is otherwise. `to` is a person whom it reaches, or a role; `text` is some of its words, and so is a text that stands
    /// for the whole; `via` one of its channels, or all.
    fn otherwise(&self, wanted: &Value, notice: &Value, path: &str) -> Vec<Difference> {
        let mut differences = Vec::new();
        let parts = match wanted {
            Value::Object(parts) => Object::clone(parts),
            Value::Text(_) => Object::from([("text".into(), wanted.clone())]),
            _ => {
                compare(wanted, notice, &self.file.setting.zone, path, &mut differences);
                return differences;
            }
        };
        for (name, wanted) in parts.iter().filter(|(name, _)| &***name != "count") {
            let found = notice.field(name).unwrap_or(&Value::Null);
            let holds = match (&**name, wanted) {
                ("to", Value::Text(who)) => self.reaches(found, who),
                ("text", Value::Text(some)) => found.as_text().is_some_and(|text| text.contains(&**some)),
                ("quiet_until", wanted) => {
                    let until = self.quiet_until(parts.get("to"), notice);
                    compare(wanted, &until, &self.file.setting.zone, &joined(path, name), &mut differences);
                    true
                }
                ("via", Value::Text(_)) => found.as_list().is_some_and(|via| via.contains(wanted)),
                _ => {
                    compare(wanted, found, &self.file.setting.zone, &joined(path, name), &mut differences);
                    true
                }
            };
            if !holds {
                differences.push(super::difference(wanted, found, &self.file.setting.zone, &joined(path, name)));
            }
        }
        differences
    }

    /// Before when no channel but the inbox may disturb a person with it; null, if one may at once or nobody of that name is meant.
    fn quiet_until(&self, to: Option<&Value>, notice: &Value) -> Value {
        let person = to
            .and_then(Value::as_text)
            .and_then(|who| self.file.setting.given.people.get(who));
        let at = match notice.field("at") {
            Some(Value::Instant(at)) => Some(*at),
            _ => None,
        };
        let via = notice.field("via").and_then(Value::as_list).unwrap_or_default();
        let via: Vec<Channel> = via.iter().filter_map(|word| Channel::of(word.as_text()?)).collect();
        let engine = self.world.engine();
        let until = engine.directory().roles().zip(person).zip(at);
        let until = until.and_then(|((version, person), at)| version.roles.quiet_until(&person.roles, &via, at));
        until.map_or(Value::Null, Value::from_instant)
    }

    fn reaches(&self, to: &Value, who: &str) -> bool {
        let Some(audience) = Audience::read(to) else { return false };
        match self.file.setting.given.people.get(who) {
            Some(person) => audience.includes(person),
            None => {
                let mut roles = audience.any_of.iter().filter_map(|pattern| pattern.role.as_ref());
                roles.any(|roles| roles.iter().any(|role| **role == *who))
            }
        }
    }
}
