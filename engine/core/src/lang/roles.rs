//! Roles: from their file to what it says, with every problem on the way. (Reference, section 12.)

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::calendar::quiet_hours;
use crate::chart::{ROLES_MAX, Role, Roles, Roster, Unit};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};
use crate::time::parse_duration;
use crate::yaml::{Entry, Kind, Mapping, Node, Scalar, is_extension};

/// Reads a file of roles whose keys and shapes were checked. None where it cannot be used.
pub(super) fn read(mapping: &Mapping, out: &mut Diagnostics) -> Option<Roles> {
    let errors = out.errors();
    let declared: Vec<&Entry> = entries(mapping.get("roles")).collect();
    if declared.len() > ROLES_MAX {
        let place = mapping.entry("roles").map(|entry| entry.key.span)?;
        let message = format!("there are more than {ROLES_MAX} roles");
        let help = "what tells people of one role apart is their unit or their skills";
        out.push(Diagnostic::error(Code::TooManyParts, place, message).help(help));
        return None;
    }
    let roles = Roles {
        roles: declared.iter().map(|entry| (entry.key.text.clone(), role(entry))).collect(),
        apart: apart(mapping.get("apart")),
        units: units(mapping.get("units")),
        roster: mapping.entry("roster").and_then(|entry| roster(entry, out)),
        substitutes: entries(mapping.get("substitutes"))
            .map(|entry| (entry.key.text.clone(), names(&entry.value)))
            .collect(),
        quiet_hours: entries(mapping.get("quiet_hours"))
            .filter_map(|entry| Some((entry.key.text.clone(), quiet_hours(entry, out)?)))
            .collect(),
        access_reviewer: mapping
            .get("access_reviewer")
            .and_then(Node::as_scalar)
            .map(|name| name.text.clone()),
    };
    let mut reader = Reader { roles: &roles, out };
    reader.check_includes(&declared);
    reader.check_apart(mapping.get("apart"));
    reader.check_substitutes(mapping.get("substitutes"));
    for entry in entries(mapping.get("quiet_hours")) {
        reader.is_known(&entry.key);
    }
    if let Some(name) = mapping.get("access_reviewer").and_then(Node::as_scalar) {
        reader.is_known(name);
    }
    (out.errors() == errors).then_some(roles)
}

struct Reader<'a> {
    roles: &'a Roles,
    out: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn check_includes(&mut self, declared: &[&Entry]) {
        for entry in declared {
            let included = entry.value.as_mapping().and_then(|role| role.get("includes"));
            for name in scalars(included) {
                if !self.is_known(name) {
                    continue;
                }
                let comes_back = name.text == entry.key.text
                    || self
                        .roles
                        .expanded(std::slice::from_ref(&name.text))
                        .contains(&entry.key.text);
                if comes_back {
                    let message = format!("`{}` includes itself, by way of `{}`", entry.key.text, name.text);
                    self.out
                        .push(Diagnostic::error(Code::CircularReference, name.span, message).help("take one `includes` away"));
                }
            }
        }
        // a role that nobody can have, since it brings two that exclude one another
        for entry in declared {
            if let Some((one, other)) = self.roles.apart(std::slice::from_ref(&entry.key.text)) {
                let message = format!(
                    "nobody can have `{}`: it comes with `{one}` and `{other}`, which stand `apart`",
                    entry.key.text
                );
                let help = "take one of them out of `includes`, or let them stand together";
                self.out
                    .push(Diagnostic::error(Code::RolesApart, entry.key.span, message).help(help));
            }
        }
    }

    fn check_apart(&mut self, node: Option<&Node>) {
        for set in node.and_then(Node::as_sequence).unwrap_or_default() {
            let names: Vec<&Scalar> = scalars(Some(set)).collect();
            let mut known = true;
            for name in &names {
                known &= self.is_known(name);
            }
            let distinct: BTreeSet<&str> = names.iter().map(|name| &*name.text).collect();
            if known && distinct.len() < 2 {
                let message = "roles stand apart from one another: this names one alone";
                let help = "write a list of lists, such as `[[buyer, approver]]`";
                self.out
                    .push(Diagnostic::error(Code::RolesApart, set.span, message).help(help));
            }
        }
    }

    fn check_substitutes(&mut self, node: Option<&Node>) {
        for entry in entries(node) {
            self.is_known(&entry.key);
            for name in scalars(Some(&entry.value)) {
                self.is_known(name);
            }
        }
    }

    fn is_known(&mut self, name: &Scalar) -> bool {
        let known = self.roles.roles.contains_key(&name.text);
        if !known {
            self.out.push(unknown_role(
                &name.text,
                name.span,
                self.roles.roles.keys().map(|role| &**role),
            ));
        }
        known
    }
}

/// A role that no file of roles knows.
pub(super) fn unknown_role<'a>(name: &str, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UnknownRole, span, format!("there is no role `{name}`"));
    match nearest(name, known) {
        Some(meant) => diagnostic.help(format!("write `{meant}`, if that is meant")),
        None => diagnostic.help("name it under `roles` in the file of roles"),
    }
}

fn role(entry: &Entry) -> Role {
    let Some(mapping) = entry.value.as_mapping() else {
        return Role::default();
    };
    let text = |name: &str| mapping.get(name).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
    Role {
        title: text("title"),
        includes: mapping.get("includes").map(names).unwrap_or_default(),
        second_factor: text("second_factor").as_deref() == Some("true"),
        session: text("session").and_then(|text| parse_duration(text.trim()).ok()),
    }
}

fn apart(node: Option<&Node>) -> Vec<BTreeSet<Arc<str>>> {
    let sets = node.and_then(Node::as_sequence).unwrap_or_default().iter();
    sets.map(|set| scalars(Some(set)).map(|name| name.text.clone()).collect())
        .collect()
}

/// A list of names, or a map of names to what is to be said of each.
fn units(node: Option<&Node>) -> BTreeMap<Arc<str>, Unit> {
    let Some(node) = node else { return BTreeMap::new() };
    if let Kind::Sequence(_) = node.kind {
        return scalars(Some(node)).map(|name| (name.text.clone(), Unit::default())).collect();
    }
    let unit = |entry: &Entry| {
        let text = |name: &str| {
            let said = entry.value.as_mapping()?.get(name)?.as_scalar()?;
            Some(said.text.clone())
        };
        let (title, organisation) = (text("title"), text("organisation"));
        (entry.key.text.clone(), Unit { title, organisation })
    };
    entries(Some(node)).map(unit).collect()
}

fn roster(entry: &Entry, out: &mut Diagnostics) -> Option<Roster> {
    let mapping = entry.value.as_mapping()?;
    let text = |name: &str| mapping.get(name).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
    let states = mapping.get("in").map(names).unwrap_or_default();
    if states.is_empty() && !mapping.incomplete {
        let message = "the roster does not say in which states a shift is on";
        let help = "add `in: [on_duty]`: a shift that is planned, or over, has nobody on duty";
        out.push(Diagnostic::error(Code::MissingKey, entry.key.span, message).help(help));
    }
    Some(Roster {
        workflow: text("workflow")?,
        states,
        person: text("person")?,
        from: text("from"),
        to: text("to"),
        unit: text("unit"),
        span: entry.key.span,
    })
}

fn names(node: &Node) -> Vec<Arc<str>> {
    scalars(Some(node)).map(|name| name.text.clone()).collect()
}

fn scalars(node: Option<&Node>) -> impl Iterator<Item = &Scalar> {
    let items = node.and_then(Node::as_sequence).unwrap_or_default().iter();
    items.filter_map(Node::as_scalar)
}

/// The entries of a mapping that mean something.
fn entries(node: Option<&Node>) -> impl Iterator<Item = &Entry> {
    let mapping = node.and_then(Node::as_mapping).into_iter().flatten();
    mapping.filter(|entry| !is_extension(entry.name()))
}
