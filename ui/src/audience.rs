//! Whom something is said to, in words.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::chart::Roles;
use statewright_core::step::{Audience, AudiencePattern, in_words};

/// What roles and organisations are called.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub roles: Option<&'a Roles>,
    pub organisations: &'a BTreeMap<Arc<str>, String>,
}

impl Names<'_> {
    /// `Practice North Optics`, `Edit desk and Customer service`. Nobody: empty.
    pub fn audience(&self, audience: &Audience) -> String {
        let mut words = listed(audience.any_of.iter().map(|pattern| self.pattern(pattern)).collect(), "and");
        if !audience.never.is_empty() {
            let never = audience.never.iter().map(ToString::to_string).collect();
            words = format!("{words}, but not {}", listed(never, "or"));
        }
        words
    }

    fn pattern(&self, pattern: &AudiencePattern) -> String {
        let plain = |names: &Option<Vec<Arc<str>>>| names.as_ref().map(|names| listed(texts(names, ToString::to_string), "or"));
        let roles = pattern
            .role
            .as_ref()
            .map(|names| listed(texts(names, |name| self.role(name)), "or"));
        let organisations = pattern.organisation.as_ref();
        let organisations = organisations.map(|names| listed(texts(names, |name| self.organisation(name)), "or"));
        let mut words: Vec<String> = [roles, organisations, plain(&pattern.user)].into_iter().flatten().collect();
        words.extend(plain(&pattern.unit).map(|unit| format!("of {unit}")));
        words.extend(plain(&pattern.skill).map(|skill| format!("with {skill}")));
        words.join(" ")
    }

    fn role(&self, name: &Arc<str>) -> String {
        let title = self.roles.and_then(|roles| roles.roles.get(name)?.title.as_ref());
        title.map_or_else(|| in_words(name), |title| title.to_string())
    }

    fn organisation(&self, name: &Arc<str>) -> String {
        self.organisations.get(name).cloned().unwrap_or_else(|| name.to_string())
    }
}

fn texts(names: &[Arc<str>], words: impl Fn(&Arc<str>) -> String) -> Vec<String> {
    names.iter().map(words).collect()
}

/// `a, b and c`.
fn listed(words: Vec<String>, last: &str) -> String {
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., end] => format!("{} {last} {end}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use statewright_core::chart::Role;

    use super::*;

    #[test]
    fn an_audience_is_said_in_words() {
        let mut roles = Roles::default();
        let practice = Role {
            title: Some("Practice".into()),
            ..Role::default()
        };
        roles.roles.insert("ecp".into(), practice);
        let organisations = BTreeMap::from([("north".into(), "North Optics".to_owned())]);
        let names = Names {
            roles: Some(&roles),
            organisations: &organisations,
        };
        let some = |names: &[&str]| Some(names.iter().map(|name| Arc::from(*name)).collect());
        let role = |role: &str| AudiencePattern {
            role: some(&[role]),
            ..AudiencePattern::default()
        };
        let check = |any_of: Vec<AudiencePattern>, never: &[&str], expected: &str| {
            let never = never.iter().map(|name| Arc::from(*name)).collect();
            assert_eq!(names.audience(&Audience { any_of, never }), expected);
        };
        let of = |organisation: &str| AudiencePattern {
            organisation: some(&[organisation]),
            ..role("ecp")
        };
        check(vec![of("north")], &[], "Practice North Optics");
        check(vec![of("south")], &[], "Practice south");
        check(
            vec![role("edit_desk"), role("ecp"), role("customer_service")],
            &[],
            "Edit desk, Practice and Customer service",
        );
        let nurse = AudiencePattern {
            unit: some(&["ED"]),
            skill: some(&["triage"]),
            ..role("nurse")
        };
        check(vec![nurse], &["ada", "ben"], "Nurse of ED with triage, but not ada or ben");
        let ada = AudiencePattern {
            user: some(&["ada"]),
            ..AudiencePattern::default()
        };
        check(vec![ada], &[], "ada");
        check(Vec::new(), &[], "");
    }
}
