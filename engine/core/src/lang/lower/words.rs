//! Names of states, tags and events that an expression asks for as text: `'held' in states`, `history.PASS.actor`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Lowering;
use super::event_names::pattern;
use crate::chart::EventPattern;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::expression::Expression;
use crate::expression::ast::{Node as Term, Term as Kind};
use crate::value::Value;
use crate::yaml::{Node, Scalar, is_extension};

/// The words that may be asked for, gathered from all states.
#[derive(Default)]
pub(super) struct Words {
    /// Names and paths.
    states: BTreeSet<Arc<str>>,
    tags: BTreeSet<Arc<str>>,
    /// None where some state answers to whatever comes.
    events: Option<BTreeSet<Arc<str>>>,
}

impl Lowering<'_> {
    /// Gathers the words, once all states are laid out.
    pub(super) fn gather_words(&mut self) {
        let mut words = Words {
            events: Some(BTreeSet::new()),
            ..Words::default()
        };
        for (state, draft) in self.states.iter().zip(&self.drafts) {
            words.states.extend([state.name.clone(), state.path.clone()]);
            let tags = draft.mapping.get("tags").and_then(Node::as_sequence).unwrap_or_default();
            words
                .tags
                .extend(tags.iter().filter_map(Node::as_scalar).map(|tag| tag.text.clone()));
            let events = draft.mapping.get("on").and_then(Node::as_mapping).into_iter().flatten();
            for event in events.filter(|entry| !is_extension(entry.name())) {
                match (pattern(event.name()), &mut words.events) {
                    (EventPattern::Exact(name), Some(known)) => drop(known.insert(name)),
                    _ => words.events = None,
                }
            }
        }
        self.words = words;
    }

    /// Tells of words that are asked for and that no state has: what they ask is never true.
    pub(super) fn check_words(&mut self, scalar: &Scalar, offset: usize, expression: &Expression) {
        let mut asked = Vec::new();
        gather(expression.root(), &mut asked);
        for Asked { of, word, span } in asked {
            let (code, known, message) = match of {
                "states" => (
                    Code::UnknownState,
                    Some(&self.words.states),
                    format!("no state is called `{word}`, so this is never true"),
                ),
                "tags" => (
                    Code::UnknownTag,
                    Some(&self.words.tags),
                    format!("no state has the tag `{word}`, so this is never true"),
                ),
                _ => (
                    Code::UnansweredEvent,
                    self.words.events.as_ref(),
                    format!("no state answers to `{word}`, so it is never in the history"),
                ),
            };
            // The engine's own events, such as `done.ship`, are not written under `on`.
            let of_the_engine = of == "history" && word.contains('.');
            let Some(known) = known.filter(|known| !of_the_engine && !known.contains(&word)) else {
                continue;
            };
            let span = scalar.span_of(span.start + offset..span.end + offset);
            let diagnostic = Diagnostic::error(code, span, message);
            self.out.push(match nearest(&word, known.iter().map(|known| &**known)) {
                Some(meant) => diagnostic.help(format!("write `{meant}`, if that is meant")),
                None => diagnostic.help("correct the word, or take the question away"),
            });
        }
    }
}

/// A word that is asked for.
struct Asked {
    /// The variable: `states`, `tags` or `history`.
    of: &'static str,
    word: Arc<str>,
    span: crate::expression::Span,
}

fn gather(node: &Term, asked: &mut Vec<Asked>) {
    match &node.term {
        Kind::Membership { item, container, .. } => {
            if let (Kind::Constant(Value::Text(word)), Some(of)) = (&item.term, variable(container)) {
                asked.push(Asked {
                    of,
                    word: word.clone(),
                    span: item.span,
                });
            }
        }
        Kind::Field { base, name, name_span } if variable(base) == Some("history") => {
            asked.push(Asked {
                of: "history",
                word: name.clone(),
                span: *name_span,
            });
        }
        _ => {}
    }
    node.children().into_iter().for_each(|child| gather(child, asked));
}

fn variable(node: &Term) -> Option<&'static str> {
    let Kind::Variable(name) = &node.term else { return None };
    ["states", "tags", "history"].into_iter().find(|known| *known == &**name)
}
