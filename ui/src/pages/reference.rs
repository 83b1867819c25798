//! Instances that a page names: links, as far as they lead somewhere for whoever reads it.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Value;
use minijinja::value::ValueKind;
use serde::Serialize;

use super::answer::View;
use super::asked::Asked;
use crate::http::Problem;
use crate::percent::path;

/// References of one page that are looked at: a page of a hundred rows has a few in each. What is beyond stays a link.
const REFERENCES_MAX: usize = 1_000;

/// An instance that is named. Whoever neither sees it nor may open it reads its name, and is not led to a page that says no.
#[derive(Clone, Debug, Serialize)]
pub struct Reference {
    pub name: String,
    pub href: Option<String>,
    /// Who or what it is, to whoever reads the page.
    called: Option<String>,
    /// `workflow/key`; None: whoever reads the page sees it.
    refers_to: Option<String>,
}

impl Reference {
    /// Of `workflow/key`.
    pub fn of(name: &str) -> Self {
        let (workflow, key) = name.split_once('/').unwrap_or((name, ""));
        Reference {
            refers_to: Some(name.to_owned()),
            ..Reference::seen(name.to_owned(), workflow, key)
        }
    }

    /// By its key alone, where it is said elsewhere of which workflow it is.
    pub fn by_key(workflow: &str, key: &str) -> Self {
        Reference {
            name: key.to_owned(),
            ..Reference::of(&format!("{workflow}/{key}"))
        }
    }

    /// One that the page would not name if its reader did not see it.
    pub fn seen(name: String, workflow: &str, key: &str) -> Self {
        Reference {
            name,
            href: Some(format!("/instances{}", path(&[workflow, key]))),
            called: None,
            refers_to: None,
        }
    }
}

/// Takes away the links that lead nowhere for whoever asked, and says beside the others who or what they lead to, on pages that do. If that
/// cannot be found out, links are left: each says so itself.
pub async fn resolve(asked: &Asked, view: &mut View) {
    let mut named = BTreeSet::new();
    gather(&view.model, &mut named);
    let Ok(actor) = asked.actor() else { return };
    if named.is_empty() {
        return;
    }
    let instances = named.iter().take(REFERENCES_MAX);
    let instances: Vec<(&str, &str)> = instances.filter_map(|name| name.split_once('/')).collect();
    let mut known = Known::default();
    match asked.engine().closed_to(&instances, actor).await {
        Ok(closed) => known.closed = closed.iter().map(|(workflow, key)| format!("{workflow}/{key}")).collect(),
        Err(error) => tracing::warn!(error = Problem::from(error).code(), "where links lead cannot be found out"),
    }
    if view.names {
        match asked.engine().names_of(&instances, actor).await {
            Ok(names) => {
                let names = names
                    .into_iter()
                    .map(|((workflow, key), name)| (format!("{workflow}/{key}"), name));
                known.names = names.collect();
            }
            Err(error) => tracing::warn!(error = Problem::from(error).code(), "to whom links lead is not told"),
        }
    }
    if !known.closed.is_empty() || !known.names.is_empty() {
        view.model = known.told(&view.model);
    }
}

/// What is known of the instances that a page refers to, each by `workflow/key`.
#[derive(Default)]
struct Known {
    closed: BTreeSet<String>,
    names: BTreeMap<String, String>,
}

fn refers_to(map: &Value) -> Option<String> {
    let name = map.get_attr("refers_to").ok()?;
    name.as_str().map(str::to_owned)
}

/// What a model refers to anywhere.
fn gather(model: &Value, named: &mut BTreeSet<String>) {
    let is_map = model.kind() == ValueKind::Map;
    if !is_map && model.kind() != ValueKind::Seq {
        return;
    }
    named.extend(refers_to(model).filter(|_| is_map));
    for item in model.try_iter().into_iter().flatten() {
        match is_map {
            true => model.get_item(&item).iter().for_each(|value| gather(value, named)),
            false => gather(&item, named),
        }
    }
}

impl Known {
    /// The same model, in which nothing leads to what is closed, and in which names stand.
    fn told(&self, model: &Value) -> Value {
        match model.kind() {
            ValueKind::Map => {
                let to = refers_to(model);
                let is_closed = to.as_ref().is_some_and(|to| self.closed.contains(to));
                let called = to.as_ref().and_then(|to| self.names.get(to));
                let fields = model.try_iter().into_iter().flatten().map(|name| {
                    let value = match (name.as_str(), called) {
                        (Some("href"), _) if is_closed => Value::from(()),
                        (Some("called"), Some(called)) => Value::from(called.as_str()),
                        _ => self.told(&model.get_item(&name).unwrap_or_default()),
                    };
                    (name, value)
                });
                Value::from_pairs(fields)
            }
            ValueKind::Seq => model.try_iter().into_iter().flatten().map(|item| self.told(&item)).collect(),
            _ => model.clone(),
        }
    }
}
