//! MiniJinja's tree to ours, refusing what the language does not have.

use std::sync::Arc;

use minijinja::machinery::ast::{self as jinja, BinOpKind, Expr, UnaryOpKind};

use super::scan::Layout;
use crate::expression::ast::{Arithmetic, Comparison, Node, Term};
use crate::expression::limits::EXPRESSION_DEPTH_MAX;
use crate::expression::problem::{Problem, ProblemKind};
use crate::expression::span::Span;
use crate::value::{Value, number};

/// Lowers a whole expression.
///
/// # Errors
/// Every problem found, at least one.
pub(super) fn lower(tree: &Expr<'_>, source: &str, layout: &Layout) -> Result<Node, Vec<Problem>> {
    let mut lowering = Lowering {
        source,
        layout,
        problems: Vec::new(),
    };
    let node = lowering.node(tree, 0);
    if lowering.problems.is_empty() {
        Ok(node)
    } else {
        Err(lowering.problems)
    }
}

pub(super) struct Lowering<'a> {
    source: &'a str,
    layout: &'a Layout,
    problems: Vec<Problem>,
}

pub(super) fn exact(span: minijinja::machinery::Span) -> Span {
    Span::new(span.start_offset as usize, span.end_offset as usize)
}

pub(super) fn boxed(node: Node) -> Box<Node> {
    Box::new(node)
}

impl Lowering<'_> {
    pub(super) fn node(&mut self, expr: &Expr<'_>, depth: usize) -> Node {
        let place = exact(expr.span());
        if depth >= EXPRESSION_DEPTH_MAX {
            let message = format!("the expression is nested deeper than {EXPRESSION_DEPTH_MAX} levels");
            return self.refuse(ProblemKind::TooLarge, place, message);
        }
        let below = depth + 1;
        match expr {
            Expr::Var(variable) => self.variable(variable.id, place),
            Expr::Const(_) => self.constant(expr, place),
            Expr::UnaryOp(unary) => self.unary(unary, place, below),
            Expr::BinOp(binary) => self.binary(binary, place, depth),
            Expr::IfExpr(choice) => self.choice(choice, place, below),
            Expr::GetAttr(field) => self.field(field, place, below),
            Expr::GetItem(item) => self.item(item, place, below),
            Expr::Call(call) => self.call(call, place, below),
            Expr::Filter(filter) => self.filter(filter, place, below),
            Expr::Test(test) => self.test(test, false, place, below),
            Expr::List(list) => {
                let items = list.items.iter().map(|item| self.node(item, below)).collect();
                self.spanned(place, Term::List(items))
            }
            Expr::Map(map) => self.object(map, place, below),
            Expr::Compare(compare) => {
                let first = exact(compare.expr.span());
                let last = compare.ops.last().map_or(first, |operation| exact(operation.expr.span()));
                let advice = "join two comparisons with `and`";
                self.foreign(first.to(last), "comparisons are not chained", advice)
            }
            Expr::Slice(_) => self.foreign(place, "a colon in `[…]` is not read", "write `x | slice(a, b)`"),
            Expr::Tuple(_) => self.foreign(place, "there are no tuples", "write a list: `[a, b]`"),
        }
    }

    pub(super) fn spanned(&self, span: Span, term: Term) -> Node {
        Node {
            span: self.layout.balanced(span),
            term,
        }
    }

    /// Records a problem; the null in its place is never evaluated, because a tree with problems is not given out.
    pub(super) fn refuse(&mut self, kind: ProblemKind, span: Span, message: impl Into<String>) -> Node {
        self.report(Problem::new(kind, span, message))
    }

    pub(super) fn foreign(&mut self, span: Span, message: &str, advice: &str) -> Node {
        let span = self.layout.balanced(span);
        self.report(Problem::new(ProblemKind::NotInLanguage, span, message).advise(advice))
    }

    pub(super) fn report(&mut self, problem: Problem) -> Node {
        let span = problem.span;
        self.problems.push(problem);
        Node {
            span,
            term: Term::Constant(Value::Null),
        }
    }

    fn variable(&mut self, name: &str, span: Span) -> Node {
        match name {
            "null" | "nil" | "undefined" => {
                let problem = Problem::new(ProblemKind::UnknownVariable, span, format!("`{name}` is written `none`"));
                self.report(problem.replace("none"))
            }
            _ => Node {
                span,
                term: Term::Variable(Arc::from(name)),
            },
        }
    }

    /// Constants are read from the text: it is the number, the tree only holds a binary float near it.
    fn constant(&mut self, expr: &Expr<'_>, span: Span) -> Node {
        let text = span.text(self.source);
        let first = text.as_bytes().first().copied().unwrap_or(b' ');
        let value = match (first, text) {
            (b'0'..=b'9', _) => return self.number(text, span),
            (b'\'' | b'"', _) => return self.text(expr, span),
            (_, "true") => Value::Boolean(true),
            (_, "false") => Value::Boolean(false),
            (_, "none") => Value::Null,
            _ => {
                let lower = text.to_lowercase();
                let problem = Problem::new(ProblemKind::Syntax, span, format!("`{text}` is written `{lower}`"));
                return self.report(problem.replace(lower));
            }
        };
        Node {
            span,
            term: Term::Constant(value),
        }
    }

    fn number(&mut self, text: &str, span: Span) -> Node {
        match number::parse_number(text) {
            Ok(value) => Node {
                span,
                term: Term::Constant(value),
            },
            Err(error) => self.refuse(ProblemKind::Number, span, format!("`{text}` {error}")),
        }
    }

    fn text(&mut self, expr: &Expr<'_>, span: Span) -> Node {
        let Expr::Const(constant) = expr else {
            return self.refuse(ProblemKind::Syntax, span, "text is expected");
        };
        let value = constant.value.as_str().map(Value::from_text);
        match value {
            Some(Value::Text(text)) if text.contains('\0') => {
                self.refuse(ProblemKind::Syntax, span, "the character NUL cannot be stored")
            }
            Some(value) => Node {
                span,
                term: Term::Constant(value),
            },
            None => self.refuse(ProblemKind::Syntax, span, "this is not text"),
        }
    }

    fn unary(&mut self, unary: &jinja::UnaryOp<'_>, place: Span, depth: usize) -> Node {
        match (&unary.op, &unary.expr) {
            (UnaryOpKind::Not, Expr::Test(test)) if self.is_negated_inside(place, exact(test.expr.span())) => {
                self.test(test, true, place, depth)
            }
            (UnaryOpKind::Not, Expr::BinOp(binary))
                if matches!(binary.op, BinOpKind::In) && self.is_negated_inside(place, exact(binary.left.span())) =>
            {
                self.membership(binary, true, depth)
            }
            (UnaryOpKind::Not, operand) => {
                let operand = self.node(operand, depth);
                self.spanned(place.to(operand.span), Term::Not(boxed(operand)))
            }
            (UnaryOpKind::Neg, operand) => {
                let operand = self.node(operand, depth);
                self.negation(place.to(operand.span), operand)
            }
        }
    }

    /// `x is not none` and `x not in y` have their `not` inside; `not x is none` has it in front.
    fn is_negated_inside(&self, place: Span, operand: Span) -> bool {
        let front = place.start.min(operand.start);
        !self.source.get(front..).is_some_and(|text| {
            text.strip_prefix("not")
                .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
        })
    }

    fn negation(&mut self, span: Span, operand: Node) -> Node {
        if let Term::Constant(constant) = &operand.term
            && let Ok(negative) = number::negate(constant)
        {
            return Node {
                span,
                term: Term::Constant(negative),
            };
        }
        self.spanned(span, Term::Negate(boxed(operand)))
    }

    fn binary(&mut self, binary: &jinja::BinOp<'_>, place: Span, depth: usize) -> Node {
        let below = depth + 1;
        match binary.op {
            BinOpKind::ScAnd => self.clauses(binary, depth, Term::And),
            BinOpKind::ScOr => self.clauses(binary, depth, Term::Or),
            BinOpKind::Add => self.arithmetic(Arithmetic::Add, binary, below),
            BinOpKind::Sub => self.arithmetic(Arithmetic::Subtract, binary, below),
            BinOpKind::Mul => self.arithmetic(Arithmetic::Multiply, binary, below),
            BinOpKind::Div => self.arithmetic(Arithmetic::Divide, binary, below),
            BinOpKind::FloorDiv => self.arithmetic(Arithmetic::FloorDivide, binary, below),
            BinOpKind::Rem => self.arithmetic(Arithmetic::Remainder, binary, below),
            BinOpKind::Eq => self.comparison(Comparison::Equal, binary, below),
            BinOpKind::Ne => self.comparison(Comparison::NotEqual, binary, below),
            BinOpKind::Lt => self.comparison(Comparison::Less, binary, below),
            BinOpKind::Lte => self.comparison(Comparison::LessOrEqual, binary, below),
            BinOpKind::Gt => self.comparison(Comparison::Greater, binary, below),
            BinOpKind::Gte => self.comparison(Comparison::GreaterOrEqual, binary, below),
            BinOpKind::In => self.membership(binary, false, below),
            BinOpKind::Concat => {
                let (left, right) = self.operands(binary, below);
                self.spanned(left.span.to(right.span), Term::Join(boxed(left), boxed(right)))
            }
            BinOpKind::Pow => self.foreign(place, "`**` is not an operator here", "multiply: `x * x`"),
        }
    }

    fn operands(&mut self, binary: &jinja::BinOp<'_>, depth: usize) -> (Node, Node) {
        (self.node(&binary.left, depth), self.node(&binary.right, depth))
    }

    fn arithmetic(&mut self, operator: Arithmetic, binary: &jinja::BinOp<'_>, depth: usize) -> Node {
        let (left, right) = self.operands(binary, depth);
        let span = left.span.to(right.span);
        self.spanned(
            span,
            Term::Arithmetic {
                operator,
                left: boxed(left),
                right: boxed(right),
            },
        )
    }

    fn comparison(&mut self, comparison: Comparison, binary: &jinja::BinOp<'_>, depth: usize) -> Node {
        let (left, right) = self.operands(binary, depth);
        let span = left.span.to(right.span);
        self.spanned(
            span,
            Term::Compare {
                comparison,
                left: boxed(left),
                right: boxed(right),
            },
        )
    }

    fn membership(&mut self, binary: &jinja::BinOp<'_>, negated: bool, depth: usize) -> Node {
        let (item, container) = self.operands(binary, depth);
        let span = item.span.to(container.span);
        self.spanned(
            span,
            Term::Membership {
                negated,
                item: boxed(item),
                container: boxed(container),
            },
        )
    }

    /// `a and b and c` is one list of clauses: each can be explained, and long lists are not deep.
    fn clauses(&mut self, binary: &jinja::BinOp<'_>, depth: usize, join: fn(Vec<Node>) -> Term) -> Node {
        let mut later = vec![&binary.right];
        let mut first = &binary.left;
        while let Expr::BinOp(inner) = first
            && std::mem::discriminant(&inner.op) == std::mem::discriminant(&binary.op)
        {
            later.push(&inner.right);
            first = &inner.left;
        }
        later.push(first);
        let nodes: Vec<Node> = later.into_iter().rev().map(|clause| self.node(clause, depth + 1)).collect();
        let span = nodes.iter().map(|node| node.span).reduce(Span::to).unwrap_or_default();
        self.spanned(span, join(nodes))
    }

    fn choice(&mut self, choice: &jinja::IfExpr<'_>, place: Span, depth: usize) -> Node {
        let then = self.node(&choice.true_expr, depth);
        let condition = self.node(&choice.test_expr, depth);
        let Some(otherwise) = &choice.false_expr else {
            let problem = Problem::new(ProblemKind::NotInLanguage, place.to(then.span), "`if` has no `else`");
            return self.report(problem.advise("write `else none` if there is nothing to say"));
        };
        let otherwise = self.node(otherwise, depth);
        let span = then.span.to(otherwise.span);
        self.spanned(
            span,
            Term::Choice {
                condition: boxed(condition),
                then: boxed(then),
                otherwise: boxed(otherwise),
            },
        )
    }

    fn field(&mut self, field: &jinja::GetAttr<'_>, place: Span, depth: usize) -> Node {
        let base = self.node(&field.expr, depth);
        let name_span = Span::new(place.end.saturating_sub(field.name.len()), place.end);
        let span = base.span.to(name_span);
        self.spanned(
            span,
            Term::Field {
                base: boxed(base),
                name: Arc::from(field.name),
                name_span,
            },
        )
    }

    fn item(&mut self, item: &jinja::GetItem<'_>, place: Span, depth: usize) -> Node {
        let base = self.node(&item.expr, depth);
        let index = self.node(&item.subscript_expr, depth);
        let span = Span::new(base.span.start, place.end);
        if self.source.as_bytes().get(index.span.start.wrapping_sub(1)) == Some(&b'.') {
            let message = "a number after a point is not read";
            return self.foreign(span, message, "write the place of an item in brackets: `x[0]`");
        }
        let name_span = index.span;
        let term = match index.term {
            Term::Constant(Value::Text(name)) => Term::Field {
                base: boxed(base),
                name,
                name_span,
            },
            _ => Term::Index {
                base: boxed(base),
                index: boxed(index),
            },
        };
        self.spanned(span, term)
    }

    fn object(&mut self, map: &jinja::Map<'_>, place: Span, depth: usize) -> Node {
        let mut fields: Vec<(Arc<str>, Node)> = Vec::with_capacity(map.keys.len());
        for (key, value) in map.keys.iter().zip(&map.values) {
            let key = self.node(key, depth);
            let value = self.node(value, depth);
            match &key.term {
                Term::Constant(Value::Text(name)) if fields.iter().any(|(known, _)| known == name) => {
                    self.refuse(ProblemKind::Syntax, key.span, format!("the key `{name}` stands twice"));
                }
                Term::Constant(Value::Text(name)) => fields.push((Arc::clone(name), value)),
                _ => self.object_key(&key),
            }
        }
        self.spanned(place, Term::Object(fields))
    }

    fn object_key(&mut self, key: &Node) {
        let problem = Problem::new(ProblemKind::Syntax, key.span, "the keys of an object are text in quotes");
        let text = key.span.text(self.source);
        let plain = matches!(key.term, Term::Variable(_));
        self.report(if plain {
            problem.replace(format!("'{text}'"))
        } else {
            problem
        });
    }

    fn test(&mut self, test: &jinja::Test<'_>, negated: bool, place: Span, depth: usize) -> Node {
        let operand = self.node(&test.expr, depth);
        let span = Span::new(operand.span.start, place.end.max(operand.span.end));
        let is_none = match test.name {
            "none" => true,
            "no" => self.tested_word(operand.span.end) == Some("none"),
            _ => false,
        };
        if is_none && test.args.is_empty() {
            return self.spanned(
                span,
                Term::IsNone {
                    negated,
                    operand: boxed(operand),
                },
            );
        }
        let message = "only `is none` and `is not none` are tests";
        self.foreign(
            span,
            message,
            "compare with `==`, or use a filter such as `| starts_with('x')`",
        )
    }

    /// The word after `is` or `is not` in the true text, where the parser was shown another.
    fn tested_word(&self, after: usize) -> Option<&str> {
        let rest = self.source.get(after..)?.trim_start_matches([')', ' ', '\t', '\n', '\r']);
        let rest = rest.strip_prefix("is")?.trim_start();
        let rest = rest.strip_prefix("not").map_or(rest, str::trim_start);
        rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()
    }
}
