//! The tree of an expression, with the place of every term in its text.

use std::sync::Arc;

use regex::Regex;

use super::{Filter, Function, Span};
use crate::value::Value;

/// One term and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    pub span: Span,
    pub term: Term,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Term {
    Constant(Value),
    Variable(Arc<str>),
    /// `base.name` or `base['name']`.
    Field {
        base: Box<Node>,
        name: Arc<str>,
        name_span: Span,
    },
    /// `base[index]`.
    Index {
        base: Box<Node>,
        index: Box<Node>,
    },
    Negate(Box<Node>),
    Not(Box<Node>),
    Arithmetic {
        operator: Arithmetic,
        left: Box<Node>,
        right: Box<Node>,
    },
    /// `left ~ right`.
    Join(Box<Node>, Box<Node>),
    Compare {
        comparison: Comparison,
        left: Box<Node>,
        right: Box<Node>,
    },
    /// `item in container`, `item not in container`.
    Membership {
        negated: bool,
        item: Box<Node>,
        container: Box<Node>,
    },
    /// `operand is none`, `operand is not none`.
    IsNone {
        negated: bool,
        operand: Box<Node>,
    },
    /// Clauses joined by `and`, two or more.
    And(Vec<Node>),
    /// Clauses joined by `or`, two or more.
    Or(Vec<Node>),
    /// `then if condition else otherwise`.
    Choice {
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Box<Node>,
    },
    List(Vec<Node>),
    Object(Vec<(Arc<str>, Node)>),
    Call {
        function: Function,
        name_span: Span,
        arguments: Vec<Node>,
        named: Vec<(Arc<str>, Node)>,
    },
    Filter {
        filter: Filter,
        name_span: Span,
        operand: Box<Node>,
        arguments: Vec<Node>,
        /// The compiled pattern of `matches`.
        pattern: Option<Regex>,
    },
}

/// An operator on numbers, durations and moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
}

impl Arithmetic {
    /// The operator as it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::FloorDivide => "//",
            Arithmetic::Remainder => "%",
        }
    }
}

/// An operator that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The operator as it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    /// Whether it asks for sameness, not for order.
    #[must_use]
    pub fn is_equality(self) -> bool {
        matches!(self, Comparison::Equal | Comparison::NotEqual)
    }
}

impl Node {
    /// What it is made of, one level down.
    #[must_use]
    pub fn children(&self) -> Vec<&Node> {
        match &self.term {
            Term::Constant(_) | Term::Variable(_) => Vec::new(),
            Term::Field { base, .. } => vec![base],
            Term::Index { base, index } => vec![base, index],
            Term::Negate(operand) | Term::Not(operand) | Term::IsNone { operand, .. } => vec![operand],
            Term::Arithmetic { left, right, .. } | Term::Join(left, right) | Term::Compare { left, right, .. } => {
                vec![left, right]
            }
            Term::Membership { item, container, .. } => vec![item, container],
            Term::And(clauses) | Term::Or(clauses) => clauses.iter().collect(),
            Term::Choice {
                condition,
                then,
                otherwise,
            } => vec![condition, then, otherwise],
            Term::List(items) => items.iter().collect(),
            Term::Object(fields) => fields.iter().map(|(_, node)| node).collect(),
            Term::Call { arguments, named, .. } => arguments.iter().chain(named.iter().map(|(_, node)| node)).collect(),
            Term::Filter { operand, arguments, .. } => std::iter::once(&**operand).chain(arguments).collect(),
        }
    }

    /// The variable and field names of a plain path such as `rx.left.add`; `None` for anything else.
    #[must_use]
    pub fn path(&self) -> Option<Vec<Arc<str>>> {
        match &self.term {
            Term::Variable(name) => Some(vec![Arc::clone(name)]),
            Term::Field { base, name, .. } => {
                let mut path = base.path()?;
                path.push(Arc::clone(name));
                Some(path)
            }
            _ => None,
        }
    }
}
