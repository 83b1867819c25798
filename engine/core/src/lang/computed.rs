//! Expressions and templates of a file: parsed, with their problems at their places in the file.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expression::{Expression, Problem, ProblemKind, Suggestion, Template};
use crate::yaml::{Scalar, Style};

/// Parses a bare expression.
pub(super) fn expression(scalar: &Scalar, out: &mut Diagnostics) -> Option<Expression> {
    Expression::parse(&scalar.text)
        .map_err(|problems| report(scalar, problems, out))
        .ok()
}

/// Parses the bare expression that a scalar's text is from `offset` on.
pub(super) fn expression_at(scalar: &Scalar, offset: usize, out: &mut Diagnostics) -> Option<Expression> {
    Expression::parse(scalar.text.get(offset..)?)
        .map_err(|problems| report_at(scalar, offset, problems, out))
        .ok()
}

/// Parses text in which something may be computed.
pub fn template(scalar: &Scalar, out: &mut Diagnostics) -> Option<Template> {
    Template::parse(&scalar.text)
        .map_err(|problems| report(scalar, problems, out))
        .ok()
}

/// Tells the problems of a scalar's text at their places in the file.
pub(super) fn report(scalar: &Scalar, problems: Vec<Problem>, out: &mut Diagnostics) {
    report_at(scalar, 0, problems, out);
}

/// As [`report`], for what was parsed from the scalar's text from `offset` on.
pub(super) fn report_at(scalar: &Scalar, offset: usize, problems: Vec<Problem>, out: &mut Diagnostics) {
    // A sign that YAML keeps for itself has been told, and no expression begins with one.
    let is_told = scalar.style == Style::Plain && scalar.text.starts_with(['@', '`', '%']);
    for problem in problems
        .into_iter()
        .filter(|problem| !is_told || problem.kind != ProblemKind::Syntax)
    {
        let range = problem.span.range();
        // Finding a place takes as long as the text before it; of what is only counted it is not asked.
        if out.is_full() {
            out.push(Diagnostic::error(code(problem.kind), scalar.span, problem.message));
            continue;
        }
        let span = scalar.span_of(range.start + offset..range.end + offset);
        let diagnostic = Diagnostic::error(code(problem.kind), span, problem.message);
        out.push(match problem.suggestion {
            Some(Suggestion::Replace(text)) => diagnostic
                .help(format!("write `{text}`, if that is meant"))
                .repair(span, text),
            Some(Suggestion::Advice(advice)) => diagnostic.help(advice),
            None => diagnostic,
        });
    }
}

fn code(kind: ProblemKind) -> Code {
    match kind {
        ProblemKind::Syntax => Code::ExpressionSyntax,
        ProblemKind::NotInLanguage => Code::NotInLanguage,
        ProblemKind::TooLarge => Code::ExpressionTooLarge,
        ProblemKind::UnknownFunction => Code::UnknownFunction,
        ProblemKind::UnknownFilter => Code::UnknownFilter,
        ProblemKind::Arguments | ProblemKind::Call => Code::WrongArguments,
        ProblemKind::Number => Code::NumberInExpression,
        ProblemKind::Pattern => Code::UnusablePattern,
        ProblemKind::UnknownVariable => Code::UnknownVariable,
        ProblemKind::UnknownField => Code::UnknownFieldInExpression,
        ProblemKind::TypeMismatch => Code::TypeMismatch,
        ProblemKind::NotBoolean => Code::NotBoolean,
        ProblemKind::NullOperand => Code::NullOperand,
    }
}
