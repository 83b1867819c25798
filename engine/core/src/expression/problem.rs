//! What is wrong with an expression before it ever runs.

use super::Span;

/// The kind of a [`Problem`], for a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The text is not an expression.
    Syntax,
    /// Jinja knows it, this language does not: `**`, chained comparisons, slices, other tests, method calls, splats.
    NotInLanguage,
    /// Longer, deeper or larger than the limits.
    TooLarge,
    /// No function of that name.
    UnknownFunction,
    /// No filter of that name.
    UnknownFilter,
    /// Too many, too few or named arguments, or one that must be written out.
    Arguments,
    /// A number that is no plain decimal of at most 28 digits.
    Number,
    /// A pattern of `matches` or `format` that cannot be used.
    Pattern,
    /// No variable of that name in scope.
    UnknownVariable,
    /// The object has no field of that name.
    UnknownField,
    /// The operand, argument or item has a type that never fits.
    TypeMismatch,
    /// A boolean is needed and can never be one.
    NotBoolean,
    /// Null where a value is needed.
    NullOperand,
    /// What the scope says against a call: an unknown table, an input that it does not have.
    Call,
}

/// One problem of an expression or template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// The narrowest text at fault, within the text that was parsed.
    pub span: Span,
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// What would be right: a name to put in the place of the span's text if `replacement`, otherwise a sentence.
    pub suggestion: Option<Suggestion>,
}

/// What would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// Text to stand in the place of the problem's span.
    Replace(String),
    /// What to do, as a sentence without a full stop.
    Advice(String),
}

impl Problem {
    pub(super) fn new(kind: ProblemKind, span: Span, message: impl Into<String>) -> Problem {
        Problem {
            kind,
            span,
            message: message.into(),
            suggestion: None,
        }
    }

    /// With text to stand in the place of the span.
    pub(super) fn replace(mut self, text: impl Into<String>) -> Problem {
        self.suggestion = Some(Suggestion::Replace(text.into()));
        self
    }

    /// With the nearest known name, if any is near.
    pub(super) fn nearest<'a>(self, name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
        match nearest(name, known) {
            Some(near) => self.replace(near),
            None => self,
        }
    }

    /// With a sentence.
    pub(super) fn advise(mut self, advice: impl Into<String>) -> Problem {
        self.suggestion = Some(Suggestion::Advice(advice.into()));
        self
    }

    /// The same problem in a text that has `offset` bytes before this one.
    pub(super) fn shifted(mut self, offset: usize) -> Problem {
        self.span = self.span.shifted(offset);
        self
    }
}

/// How alike two names must be (0 to 1) for one to be proposed for the other: a few letters, not another word.
const LIKENESS_MIN: f64 = 0.8;

/// The likeness of two names with one slip between them: a letter too many, missing, wrong, or two in the wrong order.
const LIKENESS_ONE_SLIP: f64 = 0.95;

/// Characters from which one slip still leaves a name recognisable.
const SLIP_CHARACTERS_MIN: usize = 3;

/// The known name that is most like `name`, if one is like it; of equally like ones the first.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(f64, &str)> = None;
    let name = name.to_lowercase();
    let length = name.chars().count();
    for candidate in known {
        let folded = candidate.to_lowercase();
        // Each letter more or less is an edit of its own; comparing letter by letter takes as long as one name times the other.
        if folded.chars().count().abs_diff(length) > edits_max(length) {
            continue;
        }
        let likeness = likeness(&name, &folded);
        let is_near = strsim::osa_distance(&name, &folded) <= edits_max(length);
        if is_near && likeness >= LIKENESS_MIN && best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Edits after which a name is another one, however alike the two begin.
fn edits_max(characters: usize) -> usize {
    match characters {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    }
}

fn likeness(name: &str, candidate: &str) -> f64 {
    let alike = strsim::jaro_winkler(name, candidate);
    let is_slip = name.chars().count() >= SLIP_CHARACTERS_MIN && strsim::osa_distance(name, candidate) == 1;
    if is_slip { alike.max(LIKENESS_ONE_SLIP) } else { alike }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_mended_and_another_word_is_not_proposed() {
        let known = || ["length", "last", "lower", "starts_with"].into_iter();
        assert_eq!(nearest("lenght", known()), Some("length"));
        assert_eq!(nearest("startswith", known()), Some("starts_with"));
        assert_eq!(nearest("Lower", known()), Some("lower"));
        assert_eq!(nearest("frobnicate", known()), None);
        assert_eq!(nearest("kye", ["label", "key"].into_iter()), Some("key"));
        assert_eq!(nearest("a", ["b"].into_iter()), None);
        assert_eq!(nearest("foo", ["floor"].into_iter()), None);
        assert_eq!(nearest("flor", ["floor"].into_iter()), Some("floor"));
    }
}
