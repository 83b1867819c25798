//! Files of marks: the names of trail lines with their fields, shared by the workflows beside which they stand. (Reference, section 12.)

use super::fields::FieldReader;
use super::loader::Loader;
use crate::chart::Marks;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::field::Fields;
use crate::yaml::{Entry, Mapping, Node, is_extension};

/// Reads a file of marks whose keys and shapes were checked. None where it cannot be used.
pub(super) fn read(mapping: &Mapping, loader: &mut Loader<'_>, out: &mut Diagnostics, room: &mut usize) -> Option<Marks> {
    let errors = out.errors();
    let entries = entries(mapping.get("marks"));
    let marks = entries.map(|entry| (entry.key.text.clone(), fields(&entry.value, loader, out, room)));
    let marks: Marks = marks.collect();
    (out.errors() == errors).then_some(marks)
}

/// A mark is a line of the trail, from which nothing is erased, and nothing is filled in that the workflow did not write.
fn fields(node: &Node, loader: &mut Loader<'_>, out: &mut Diagnostics, room: &mut usize) -> Fields {
    let mut reader = FieldReader::new(loader, out, room);
    let fields = reader.fields(node);
    for default in std::mem::take(&mut reader.computed_defaults) {
        let message = format!(
            "the default of `{}` is computed, and a mark has nothing to compute it from",
            default.field
        );
        out.push(
            Diagnostic::error(Code::UnusableDefault, default.scalar.span, message)
                .help("write the value where the mark is written"),
        );
    }
    for field in fields.list.iter().filter(|field| field.is_personal()) {
        let place = node.as_mapping().and_then(|mapping| mapping.entry(&field.name));
        let place = place.map_or(node.span, |entry| entry.key.span);
        let message = format!(
            "`{}` would be personal data in a mark, which is a line of the trail",
            field.name
        );
        let help = "take `phi` away, and mark what identifies nobody: a key, a reference";
        out.push(Diagnostic::error(Code::PersonalData, place, message).help(help));
    }
    fields
}

/// The entries of a mapping that mean something.
fn entries(node: Option<&Node>) -> impl Iterator<Item = &Entry> {
    let entries = node.and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| !is_extension(entry.name()))
}
