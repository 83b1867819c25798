//! From the tree of a view or a portal to what it says. What has another shape was told by the grammar, and is left out.

use std::sync::Arc;

use super::{scalar, scalars};
use crate::chart::{
    Brand, Column, Lane, Measure, Order, PageContent, Party, Path, People, PersonPattern, Portal, PortalPage, View, ViewKind,
    ViewOf,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expression::Template;
use crate::lang::computed::template;
use crate::yaml::{Kind, Mapping, Node, Scalar};

/// None where what every view has is missing.
pub(super) fn view(mapping: &Mapping, out: &mut Diagnostics) -> Option<View> {
    let name = scalar(mapping, "view")?.text.clone();
    let (kind, of) = (scalar(mapping, "kind")?, scalar(mapping, "of")?);
    let kind = [ViewKind::Board, ViewKind::List, ViewKind::Page, ViewKind::Chart]
        .into_iter()
        .find(|known| known.as_str() == &*kind.text)?;
    Some(View {
        title: title(mapping, &name),
        description: text(mapping, "description"),
        people: people(mapping, out),
        kind,
        of: match &*of.text {
            "tasks" => ViewOf::Tasks,
            _ => ViewOf::Workflow(of.text.clone()),
        },
        conditions: conditions(mapping, out),
        states: texts(mapping, "in"),
        columns: items(mapping, "columns").filter_map(column).collect(),
        lanes: items(mapping, "lanes").filter_map(lane).collect(),
        sort: items(mapping, "sort").filter_map(order).collect(),
        group: path_at(mapping, "group"),
        measure: mapping.get("measure").map(measure).unwrap_or_default(),
        actions: texts(mapping, "actions"),
        scan: path_at(mapping, "scan"),
        name,
    })
}

/// None where it has no name.
pub(super) fn portal(mapping: &Mapping, out: &mut Diagnostics) -> Option<Portal> {
    let name = scalar(mapping, "portal")?.text.clone();
    let brand = mapping.get("brand").and_then(Node::as_mapping);
    let brand = brand.map(|brand| Brand {
        name: text(brand, "name"),
        logo: text(brand, "logo"),
        colour: text(brand, "colour"),
    });
    Some(Portal {
        title: title(mapping, &name),
        description: text(mapping, "description"),
        people: people(mapping, out),
        home: text(mapping, "home"),
        pages: items(mapping, "pages").filter_map(page).collect(),
        brand: brand.unwrap_or_default(),
        name,
    })
}

/// Whom a view or a portal is for. There is no instance yet when it is asked, so nothing in it is computed.
pub(super) fn people(mapping: &Mapping, out: &mut Diagnostics) -> People {
    let parties = items(mapping, "for").filter_map(|item| match &item.kind {
        Kind::Scalar(role) => Some(Party::Person(PersonPattern {
            role: vec![plain(role, out)?],
            ..PersonPattern::default()
        })),
        Kind::Mapping(person) => match person.get("not") {
            Some(node) => Some(Party::Not(plains(node, out))),
            None => {
                let mut line = |name: &str| person.get(name).map_or_else(Vec::new, |node| plains(node, out));
                Some(Party::Person(PersonPattern {
                    role: line("role"),
                    user: line("user"),
                    unit: line("unit"),
                    organisation: line("organisation"),
                    skill: line("skill"),
                }))
            }
        },
        _ => None,
    });
    People {
        parties: parties.collect(),
    }
}

fn plains(node: &Node, out: &mut Diagnostics) -> Vec<Template> {
    let one = std::slice::from_ref(node);
    let items = node.as_sequence().unwrap_or(one);
    items
        .iter()
        .filter_map(Node::as_scalar)
        .filter_map(|scalar| plain(scalar, out))
        .collect()
}

fn plain(scalar: &Scalar, out: &mut Diagnostics) -> Option<Template> {
    let read = template(scalar, out)?;
    if read.literal().is_none() {
        refuse_computed(scalar, "whom it is for", out);
        return None;
    }
    Some(read)
}

fn refuse_computed(scalar: &Scalar, what: &str, out: &mut Diagnostics) {
    let message = format!("{what} is not computed: nobody has said yet of which instance");
    let help = "write it out; what depends on the instance is said by the `access` of its workflow";
    out.push(Diagnostic::error(Code::LiteralBraces, scalar.span, message).help(help));
}

fn conditions(mapping: &Mapping, out: &mut Diagnostics) -> Vec<(Arc<str>, Vec<Arc<str>>)> {
    let mut read = Vec::new();
    for entry in super::shown::conditions(mapping) {
        let one = std::slice::from_ref(&entry.value);
        let values = entry.value.as_sequence().unwrap_or(one);
        let mut texts: Vec<Arc<str>> = Vec::new();
        for value in values {
            match value.as_scalar() {
                Some(scalar) if scalar.text.contains("{{") => refuse_computed(scalar, "by what it is chosen", out),
                Some(scalar) => texts.push(scalar.text.clone()),
                None if value.is_broken() => {}
                None => {
                    let message = format!("`{}` is compared with a value, or with a list of them", entry.name());
                    let diagnostic = Diagnostic::error(Code::WrongShape, value.span, message);
                    out.push(diagnostic.help("write the value as it stands in the field"));
                }
            }
        }
        read.push((entry.key.text.clone(), texts));
    }
    read
}

fn column(node: &Node) -> Option<Column> {
    match node.as_mapping() {
        Some(column) => Some(Column {
            path: path(scalar(column, "field")?),
            title: text(column, "title"),
        }),
        None => Some(Column {
            path: path(node.as_scalar()?),
            title: None,
        }),
    }
}

fn lane(node: &Node) -> Option<Lane> {
    match node.as_mapping() {
        Some(lane) => Some(Lane {
            title: text(lane, "title")?,
            states: texts(lane, "in"),
        }),
        None => {
            let state = node.as_scalar()?.text.clone();
            Some(Lane {
                title: in_words(state.rsplit('.').next().unwrap_or_default()),
                states: vec![state],
            })
        }
    }
}

fn order(node: &Node) -> Option<Order> {
    let order = node.as_mapping()?;
    Some(Order {
        by: path_at(order, "by")?,
        descending: scalar(order, "descending").is_some_and(|word| &*word.text == "true"),
    })
}

fn measure(node: &Node) -> Measure {
    let of = |key: &str| path_at(node.as_mapping()?, key);
    let measures = [
        of("sum").map(Measure::Sum),
        of("min").map(Measure::Min),
        of("max").map(Measure::Max),
    ];
    measures.into_iter().flatten().next().unwrap_or_default()
}

fn page(node: &Node) -> Option<PortalPage> {
    let Some(page) = node.as_mapping() else {
        return Some(PortalPage {
            content: PageContent::View(node.as_scalar()?.text.clone()),
            title: None,
        });
    };
    let view = text(page, "view").map(PageContent::View);
    let content = view.or_else(|| text(page, "start").map(PageContent::Start))?;
    Some(PortalPage {
        content,
        title: text(page, "title"),
    })
}

fn title(mapping: &Mapping, name: &str) -> Arc<str> {
    text(mapping, "title").unwrap_or_else(|| in_words(name))
}

/// `my-orders` is `My orders`.
fn in_words(name: &str) -> Arc<str> {
    let words = name.to_lowercase().replace(['_', '-'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect::<String>().into(),
        None => words.into(),
    }
}

fn items<'m>(mapping: &'m Mapping, key: &str) -> impl Iterator<Item = &'m Node> {
    mapping.get(key).and_then(Node::as_sequence).unwrap_or_default().iter()
}

fn text(mapping: &Mapping, key: &str) -> Option<Arc<str>> {
    scalar(mapping, key).map(|scalar| scalar.text.clone())
}

fn texts(mapping: &Mapping, key: &str) -> Vec<Arc<str>> {
    scalars(mapping, key).map(|scalar| scalar.text.clone()).collect()
}

fn path_at(mapping: &Mapping, key: &str) -> Option<Path> {
    scalar(mapping, key).map(path)
}

fn path(scalar: &Scalar) -> Path {
    scalar.text.split('.').map(Arc::from).collect()
}
