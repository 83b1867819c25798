//! Guards over fields that their own event writes: while guards are tried, the record is still what it was.

use std::sync::Arc;

use super::Lowering;
use crate::chart::Form;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::ast::{Node as Term, Term as Kind};
use crate::expression::{Expression, Path, References, Span, Step, Use};
use crate::yaml::Scalar;

impl Lowering<'_> {
    /// Warns of fields that the form writes and the guard names without saying which value is meant. Whoever names the event's as well
    /// compares the two.
    pub(super) fn warn_of_values_before(&mut self, scalar: &Scalar, condition: &Expression, form: &Form) {
        let references = condition.references();
        for name in &form.writes {
            if !is_used(&references, name, form) || names_sent(&references, name) {
                continue;
            }
            let mut places = Vec::new();
            gather(condition.root(), name, &mut places);
            places.sort();
            let (Some(first), Some(last)) = (places.first().copied(), places.last().copied()) else {
                continue;
            };
            let whole = first.to(last);
            let place = |span: Span| scalar.span_of(span.range());
            let message = format!("`{name}` is what it was before this event");
            let diagnostic = Diagnostic::warning(Code::ValueBefore, place(first), message).help(format!(
                "write `event.{name}` for what is sent with it; a guard may name both"
            ));
            // escapes and folds stand otherwise in the file than in the text that is meant
            let as_written = place(whole).range().len() == whole.range().len();
            self.out.push(match scalar.text.get(whole.range()).filter(|_| as_written) {
                Some(text) => diagnostic.repair(place(whole), of_the_event(text, whole.start, &places)),
                None => diagnostic,
            });
        }
    }
}

/// Whether what the record holds of it is asked for. Whether there was a value may be asked of a field that every event of this kind brings:
/// of the event it would be no question.
fn is_used(references: &References, name: &Arc<str>, form: &Form) -> bool {
    let may_be_left_out = form.fields.get(name).is_some_and(|field| field.optional);
    let uses = references.variables.get(name).into_iter().flat_map(|paths| paths.values());
    uses.into_iter()
        .any(|reference| reference.usage == Use::Value || may_be_left_out)
}

/// Whether the event's own value, or the whole event, is looked at.
fn names_sent(references: &References, name: &Arc<str>) -> bool {
    let sent = Path(vec![Step::Field(name.clone())]);
    let paths = references.variables.get("event").into_iter().flat_map(|paths| paths.keys());
    paths.into_iter().any(|path| sent.covers(path) || path.covers(&sent))
}

/// Where a variable stands.
fn gather(node: &Term, name: &str, places: &mut Vec<Span>) {
    match &node.term {
        Kind::Variable(variable) if **variable == *name => places.push(node.span),
        _ => node.children().into_iter().for_each(|child| gather(child, name, places)),
    }
}

/// A part of an expression that begins at `start`, with `event.` before each of the places.
fn of_the_event(text: &str, start: usize, places: &[Span]) -> String {
    let mut mended = String::new();
    let mut rest = 0;
    for place in places {
        let at = place.start - start;
        mended.push_str(text.get(rest..at).unwrap_or_default());
        mended.push_str("event.");
        rest = at;
    }
    mended + text.get(rest..).unwrap_or_default()
}
