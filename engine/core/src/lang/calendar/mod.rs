//! Calendars: from their files to business hours, with every problem on the way. (Reference, section 12.)
//!
//! A calendar that `extends` another has all of that one's holidays and exceptions besides its own; its own hours of a weekday, and its own
//! word on a date, stand before the other's. The other's file is `NAME.yaml` beside it, or in the folder `calendars` beside it. A date that is
//! both a holiday and an exception has the hours of the exception.

mod hours;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::loader::Loader;
use crate::chart::{Channel, QuietHours};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};
use crate::time::{BusinessCalendar, Hours, TimeError, WEEKDAYS, parse_date, weekday, zone};
use crate::yaml::{Entry, Kind, Mapping, Node, Scalar, is_extension};

/// Holidays and exceptions of one calendar, those it extends included: those of many years.
pub const CALENDAR_DATES_MAX: usize = 10_000;

/// Calendars that rest on one another.
const EXTENDED_MAX: usize = 8;

/// What one file, and those it extends, say.
#[derive(Default)]
struct Draft {
    zone: Option<TimeZone>,
    /// From Monday; None: nothing is said.
    week: [Option<Vec<Hours>>; 7],
    days: BTreeMap<Date, Vec<Hours>>,
}

/// Reads a calendar whose keys and shapes were checked. None where it cannot be used.
pub(super) fn read(mapping: &Mapping, loader: &mut Loader<'_>, out: &mut Diagnostics) -> Option<BusinessCalendar> {
    let errors = out.errors();
    let name = mapping.entry("calendar")?;
    let mut draft = Draft::default();
    let own = name.value.as_scalar().map(|own| own.text.clone()).unwrap_or_default();
    Reader {
        loader,
        out,
        names: vec![own],
    }
    .add(mapping, &mut draft);
    if draft.zone.is_none() && !mapping.incomplete && out.errors() == errors {
        let message = match mapping.get("extends").and_then(Node::as_scalar) {
            None => "a calendar needs `zone`".to_owned(),
            Some(extended) => format!("a calendar needs `zone`, and `{}` names none", extended.text),
        };
        let help = "add the IANA name of its zone, such as `Europe/Berlin`";
        out.push(Diagnostic::error(Code::MissingKey, name.key.span, message).help(help));
    }
    let week = draft.week.map(Option::unwrap_or_default);
    if week.iter().all(Vec::is_empty) && !out.has_errors() {
        let message = "the calendar has no business hours on any weekday";
        out.push(Diagnostic::error(Code::HoursMissing, name.key.span, message).help("write `hours: {mon: ['08:00-17:00'], …}`"));
    }
    Some(BusinessCalendar::new(draft.zone?, week, draft.days))
}

struct Reader<'l, 'a> {
    loader: &'l mut Loader<'a>,
    out: &'l mut Diagnostics,
    /// Calendars that are being read, the first one first.
    names: Vec<Arc<str>>,
}

impl Reader<'_, '_> {
    /// What a file says, over what it extends.
    fn add(&mut self, mapping: &Mapping, draft: &mut Draft) {
        if let Some(extended) = mapping.get("extends").and_then(Node::as_scalar) {
            self.extend(extended, draft);
        }
        draft.zone = zone_of(mapping, self.out).or(draft.zone.take());
        week_of(mapping, &mut draft.week, self.out);
        for (date, _) in self.holidays(mapping.get("holidays")) {
            draft.days.insert(date, Vec::new());
        }
        for entry in entries(mapping.get("exceptions")) {
            let hours = hours::of(entry, self.out);
            if let Some(date) = self.date(&entry.key) {
                draft.days.insert(date, hours);
            }
        }
        if let Some(place) = mapping.entry("calendar").filter(|_| draft.days.len() > CALENDAR_DATES_MAX) {
            let message = format!("the calendar has more than {CALENDAR_DATES_MAX} holidays and exceptions");
            self.out
                .push(Diagnostic::error(Code::TooManyParts, place.key.span, message).help("leave out years that are long past"));
        }
    }

    fn extend(&mut self, extended: &Scalar, draft: &mut Draft) {
        if self.names.contains(&extended.text) || self.names.len() > EXTENDED_MAX {
            let message = format!(
                "the calendar `{}` extends itself, by way of {}",
                extended.text,
                self.names.join(", ")
            );
            self.out
                .push(Diagnostic::error(Code::CircularReference, extended.span, message).help("take one `extends` away"));
            return;
        }
        let Some(node) = self.loader.calendar(extended, self.out) else {
            return;
        };
        let Some(mapping) = node.as_mapping() else { return };
        self.names.push(extended.text.clone());
        self.add(mapping, draft);
        self.names.pop();
    }

    /// Dates, perhaps with names.
    fn holidays(&mut self, node: Option<&Node>) -> Vec<(Date, Span)> {
        let Some(node) = node else { return Vec::new() };
        let places: Vec<&Scalar> = match &node.kind {
            Kind::Sequence(items) => items.iter().filter_map(Node::as_scalar).collect(),
            _ => entries(Some(node)).map(|entry| &entry.key).collect(),
        };
        places
            .into_iter()
            .filter_map(|place| Some((self.date(place)?, place.span)))
            .collect()
    }

    fn date(&mut self, place: &Scalar) -> Option<Date> {
        let date = parse_date(&place.text);
        if date.is_none() {
            let message = format!("`{}` is not a date", place.text);
            self.out.push(
                Diagnostic::error(Code::HoursUnreadable, place.span, message).help("write year, month and day: `2026-12-24`"),
            );
        }
        date
    }
}

/// Hours by weekday and a zone, without holidays: those at which a role is not disturbed. None where they cannot be used.
pub(super) fn quiet_hours(entry: &Entry, out: &mut Diagnostics) -> Option<QuietHours> {
    let mapping = entry.value.as_mapping()?;
    let errors = out.errors();
    let mut week = [const { None }; 7];
    week_of(mapping, &mut week, out);
    let zone = zone_of(mapping, out);
    let week = week.map(Option::unwrap_or_default);
    if week.iter().all(Vec::is_empty) && out.errors() == errors {
        let message = format!("`{}` has no quiet hours on any weekday", entry.key.text);
        out.push(Diagnostic::error(Code::HoursMissing, entry.key.span, message).help("write `hours: {mon: ['22:00-07:00'], …}`"));
    }
    let hours = BusinessCalendar::new(zone?, week, BTreeMap::new());
    // any week shows it: hours by weekday are the same in each
    if hours.open_until(jiff::Timestamp::UNIX_EPOCH) == Err(TimeError::CalendarTooFar) {
        let message = format!("`{}` would never be disturbed", entry.key.text);
        let help = "leave some hours of the week free, or take `via` away where it is told something";
        out.push(Diagnostic::error(Code::HoursMissing, entry.key.span, message).help(help));
    }
    let channel = mapping.get("channel").and_then(Node::as_scalar);
    let channel = channel.and_then(|word| Channel::of(&word.text));
    (out.errors() == errors).then_some(QuietHours { hours, channel })
}

/// The zone that a mapping names, if it is one.
fn zone_of(mapping: &Mapping, out: &mut Diagnostics) -> Option<TimeZone> {
    let written = mapping.get("zone").and_then(Node::as_scalar)?;
    match zone(&written.text) {
        Ok(zone) => Some(zone),
        Err(error) => {
            let help = error
                .nearest
                .map_or("write an IANA name such as `Europe/Berlin`".into(), |near| {
                    format!("write `{near}`, if that is meant")
                });
            let message = format!("there is no time zone `{}`", error.name);
            out.push(Diagnostic::error(Code::ZoneUnknown, written.span, message).help(help));
            None
        }
    }
}

/// The hours that a mapping gives weekdays; those it does not name stay as they are.
fn week_of(mapping: &Mapping, week: &mut [Option<Vec<Hours>>; 7], out: &mut Diagnostics) {
    for entry in entries(mapping.get("hours")) {
        let Some(day) = weekday(entry.name()) else {
            unknown_weekday(&entry.key, out);
            continue;
        };
        let place = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
        let hours = hours::of(entry, out);
        if let Some(place) = week.get_mut(place) {
            *place = Some(hours);
        }
    }
}

fn unknown_weekday(name: &Scalar, out: &mut Diagnostics) {
    let diagnostic = Diagnostic::error(Code::UnknownWord, name.span, format!("`{}` is no weekday", name.text));
    out.push(match nearest(&name.text, WEEKDAYS) {
        Some(meant) => diagnostic
            .help(format!("write `{meant}`, if that is meant"))
            .repair(name.span, meant),
        None => diagnostic.help(format!("the weekdays are {}", WEEKDAYS.join(", "))),
    });
}

/// The entries of a mapping that mean something.
fn entries(node: Option<&Node>) -> impl Iterator<Item = &Entry> {
    let mapping = node.and_then(Node::as_mapping).into_iter().flatten();
    mapping.filter(|entry| !is_extension(entry.name()))
}
