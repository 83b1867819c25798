//! Calls of functions and filters: their names, arguments and patterns.

use std::sync::Arc;

use minijinja::machinery::ast::{self as jinja, CallArg, Expr};

use super::lower::{Lowering, boxed, exact};
use crate::expression::ast::{Node, Term};
use crate::expression::catalogue::{Arity, Filter, Function};
use crate::expression::limits::PATTERN_BYTES_MAX;
use crate::expression::problem::{Problem, ProblemKind};
use crate::expression::span::Span;
use crate::value::Value;

impl Lowering<'_> {
    pub(super) fn call(&mut self, call: &jinja::Call<'_>, place: Span, depth: usize) -> Node {
        let span = Span::new(exact(call.expr.span()).start.min(place.start), place.end);
        let (name, name_span) = match &call.expr {
            Expr::Var(variable) => (variable.id, exact(variable.span())),
            Expr::GetAttr(method) => {
                let base = self.node(&method.expr, depth).span;
                let message = format!("`{}` is not called on a value", method.name);
                let advice = match Filter::by_name(method.name) {
                    Some(filter) => format!("write `x | {}`", filter.name()),
                    None => "only functions and filters of the language are called".to_owned(),
                };
                return self.foreign(base.to(span), &message, &advice);
            }
            _ => return self.foreign(span, "only a name is called", "write `name(arguments)`"),
        };
        let (arguments, named) = self.arguments(name, name == Function::Decide.name(), &call.args, depth);
        let Some(function) = Function::by_name(name) else {
            return self.unknown_function(name, name_span);
        };
        self.expect_arity(name, function.arity(), arguments.len(), name_span);
        if function == Function::HmacRef && arguments.first().is_some_and(|argument| argument.path().is_none()) {
            self.refuse(ProblemKind::Arguments, name_span, "`hmac_ref` takes the name of a field");
        }
        self.spanned(
            span,
            Term::Call {
                function,
                name_span,
                arguments,
                named,
            },
        )
    }

    fn unknown_function(&mut self, name: &str, span: Span) -> Node {
        let problem = Problem::new(ProblemKind::UnknownFunction, span, format!("there is no function `{name}`"));
        let known = Function::ALL.iter().map(|function| function.name());
        self.report(match Filter::by_name(name) {
            Some(filter) => problem.advise(format!("`{name}` is a filter: write `x | {}`", filter.name())),
            None => problem.nearest(name, known),
        })
    }

    pub(super) fn filter(&mut self, filter: &jinja::Filter<'_>, place: Span, depth: usize) -> Node {
        let name = filter.name;
        let Some(operand) = &filter.expr else {
            return self.refuse(ProblemKind::Syntax, place, "a value is missing");
        };
        let operand = self.node(operand, depth);
        let name_span = Span::new(place.start, (place.start + name.len()).min(place.end));
        let (arguments, _) = self.arguments(name, false, &filter.args, depth);
        let Some(filter) = Filter::by_name(name) else {
            return self.unknown_filter(name, name_span);
        };
        self.expect_arity(name, filter.arity(), arguments.len(), name_span);
        let pattern = if filter == Filter::Matches {
            self.pattern(&arguments, name_span)
        } else {
            None
        };
        let span = operand.span.to(place);
        self.spanned(
            span,
            Term::Filter {
                filter,
                name_span,
                operand: boxed(operand),
                arguments,
                pattern,
            },
        )
    }

    fn unknown_filter(&mut self, name: &str, span: Span) -> Node {
        let problem = Problem::new(ProblemKind::UnknownFilter, span, format!("there is no filter `{name}`"));
        let known = Filter::ALL.iter().map(|filter| filter.name());
        self.report(match Function::by_name(name) {
            Some(function) => problem.advise(format!("`{name}` is a function: write `{}(x)`", function.name())),
            None => problem.nearest(name, known),
        })
    }

    fn arguments(
        &mut self,
        name: &str,
        takes_named: bool,
        arguments: &[CallArg<'_>],
        depth: usize,
    ) -> (Vec<Node>, Vec<(Arc<str>, Node)>) {
        let mut positional = Vec::new();
        let mut named: Vec<(Arc<str>, Node)> = Vec::new();
        for argument in arguments {
            match argument {
                CallArg::Pos(value) => positional.push(self.node(value, depth)),
                CallArg::Kwarg(key, value) => {
                    let value = self.node(value, depth);
                    if !takes_named {
                        let message = format!("`{name}` takes no named arguments; only `decide` does");
                        self.refuse(ProblemKind::Arguments, value.span, message);
                    } else if named.iter().any(|(known, _)| **known == **key) {
                        self.refuse(ProblemKind::Arguments, value.span, format!("`{key}` is given twice"));
                    } else {
                        named.push((Arc::from(*key), value));
                    }
                }
                CallArg::PosSplat(value) | CallArg::KwargSplat(value) => {
                    let span = exact(value.span());
                    self.foreign(span, "arguments are not unpacked with `*`", "write each argument");
                }
            }
        }
        (positional, named)
    }

    fn expect_arity(&mut self, name: &str, arity: Arity, count: usize, span: Span) {
        if !arity.takes(count) {
            let message = format!("`{name}` takes {}, not {count}", arity.described());
            self.refuse(ProblemKind::Arguments, span, message);
        }
    }

    /// The pattern of `matches`, compiled once; it must be written out, so that it can be checked before it runs.
    fn pattern(&mut self, arguments: &[Node], name_span: Span) -> Option<regex::Regex> {
        let argument = arguments.first()?;
        let Term::Constant(Value::Text(pattern)) = &argument.term else {
            self.refuse(
                ProblemKind::Arguments,
                name_span,
                "`matches` takes a pattern that is written out",
            );
            return None;
        };
        let whole = format!(r"\A(?:{pattern})\z");
        let compiled = regex::RegexBuilder::new(&whole)
            .size_limit(PATTERN_BYTES_MAX)
            .dfa_size_limit(PATTERN_BYTES_MAX)
            .build();
        match compiled {
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason = pattern_reason(&error);
                self.refuse(
                    ProblemKind::Pattern,
                    argument.span,
                    format!("the pattern cannot be used: {reason}"),
                );
                None
            }
        }
    }
}

/// The last line of the message of the pattern's parser, which is the reason; the lines above draw the pattern.
fn pattern_reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        _ => {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or("it is not a regular expression");
            reason.trim_start_matches("error: ").to_owned()
        }
    }
}
