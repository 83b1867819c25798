//! One portal: views and start forms under one roof.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::sight::{Roles, roles_of};
use super::{Neighbours, scalar, unknown};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::yaml::{Mapping, Node, Scalar};

/// Tells what is wrong with a portal whose keys and shapes were checked.
pub(super) fn check(mapping: &Mapping, beside: Option<&dyn Neighbours>, out: &mut Diagnostics) {
    let roles = Roles::of(mapping);
    let mut views: Vec<&Scalar> = Vec::new();
    for page in mapping.get("pages").and_then(Node::as_sequence).unwrap_or_default() {
        let (view, start) = match page.as_mapping() {
            Some(page) => (scalar(page, "view"), scalar(page, "start")),
            None => (page.as_scalar(), None),
        };
        match (view, start) {
            (Some(_), Some(start)) => {
                let diagnostic = Diagnostic::error(Code::KeysExclude, start.span, "a page is a view or a start form");
                out.push(diagnostic.help("make two pages of it"));
            }
            (Some(view), None) => {
                views.push(view);
                beside.into_iter().for_each(|beside| check_view(view, &roles, beside, out));
            }
            (None, Some(start)) => beside.into_iter().for_each(|beside| check_start(start, &roles, beside, out)),
            (None, None) if page.as_mapping().is_some() => {
                let diagnostic = Diagnostic::error(Code::MissingKey, page.span, "a page needs `view` or `start`");
                out.push(diagnostic.help("name a view, or the workflow whose start form it is"));
            }
            (None, None) => {}
        }
    }
    if let Some(home) = scalar(mapping, "home").filter(|home| !views.iter().any(|view| view.text == home.text)) {
        let known = views.iter().map(|view| &view.text);
        out.push(unknown(home, "page", known, Code::UnknownWord));
    }
}

/// A page that nobody who enters sees is not to be there.
fn check_view(view: &Scalar, roles: &Roles, beside: &dyn Neighbours, out: &mut Diagnostics) {
    let people = beside.view(&view.text).take(view, "view", out);
    if let Some(may) = people.and_then(|people| roles_of(&people)) {
        refuse_strangers(view.span, &format!("the view `{}`", view.text), roles, &may, out);
    }
}

fn check_start(start: &Scalar, roles: &Roles, beside: &dyn Neighbours, out: &mut Diagnostics) {
    let Some(chart) = beside.workflow(&start.text).take(start, "workflow", out) else {
        return;
    };
    if let Some(may) = roles_of(&chart.start.by) {
        refuse_strangers(start.span, &format!("the start of `{}`", start.text), roles, &may, out);
    }
}

fn refuse_strangers(span: Span, what: &str, roles: &Roles, may: &BTreeSet<Arc<str>>, out: &mut Diagnostics) {
    if roles.others || !roles.names().is_disjoint(may) {
        return;
    }
    let listed: Vec<String> = may.iter().map(|role| format!("`{role}`")).collect();
    let message = format!("{what} is for nobody who enters this portal");
    let help = match listed.is_empty() {
        true => "it is for nobody at all: take the page away".to_owned(),
        false => format!("it is for {}: take the page away, or let them in by `for`", listed.join(", ")),
    };
    out.push(Diagnostic::error(Code::UnknownWord, span, message).help(help));
}
