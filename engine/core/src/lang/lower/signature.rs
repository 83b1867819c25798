//! Electronic signatures. (Reference, section 5.1.)

use std::sync::Arc;

use super::Lowering;
use super::value::Sink;
use crate::chart::{Proof, Signature, Signers, ValueTemplate};
use crate::diagnostic::Code;
use crate::expression::{Template, Type};
use crate::lang::scope::Scope;
use crate::yaml::Node;

const MEANS: Sink<'static> = Sink::Public("the sentence that is signed, which is kept in the trail");
const OVER: Sink<'static> = Sink::Public("what is signed, which is kept in the trail");

/// Names of what is another at each input.
const PASSING: [&str; 6] = ["event", "actor", "now", "today", "item", "index"];

/// Beyond any number of people who sign one thing.
const SIGNERS_MAX: u32 = 100;

impl Lowering<'_> {
    /// The sentence alone, or a mapping with `means`.
    pub(super) fn signature(&mut self, node: Option<&Node>, scope: &Scope) -> Option<Box<Signature>> {
        let node = node?;
        let Some(mapping) = node.as_mapping() else {
            return Some(Box::new(Signature {
                means: self.text(node, scope, MEANS)?,
                people: Signers::Count(Template::parse("1").ok()?),
                with: Proof::Password,
                over: None,
            }));
        };
        let means = mapping.get("means").and_then(|node| self.text(node, scope, MEANS));
        let people = match mapping.get("people") {
            Some(node) => self.signers(node, scope)?,
            None => Signers::Count(Template::parse("1").ok()?),
        };
        let with = mapping.get("with").and_then(Node::as_scalar);
        Some(Box::new(Signature {
            means: means?,
            people,
            with: with.and_then(|scalar| Proof::of(&scalar.text)).unwrap_or(Proof::Password),
            over: self.signed_over(mapping.get("over")),
        }))
    }

    /// Compared after every step with what it was, so it may rest only on what stays when the event has gone by.
    fn signed_over(&mut self, node: Option<&Node>) -> Option<ValueTemplate> {
        let lasting = self.scope.without(&PASSING);
        self.value(node?, &lasting, OVER)
    }

    fn signers(&mut self, node: &Node, scope: &Scope) -> Option<Signers> {
        if let Some(items) = node.as_sequence() {
            let roles = items.iter().filter_map(Node::as_scalar).map(|scalar| scalar.text.clone());
            let roles: Vec<Arc<str>> = roles.collect();
            if roles.is_empty() {
                self.error(
                    Code::WrongType,
                    node.span,
                    "nobody would sign",
                    "name a role, or take `people` away",
                );
                return None;
            }
            return Some(Signers::Roles(roles));
        }
        let scalar = node.as_scalar()?;
        let template = self.template(node, scope, Sink::Public("how many sign"))?;
        match template.literal() {
            Some(text) => {
                let number: Option<u32> = text.trim().parse().ok();
                if !number.is_some_and(|number| (1..=SIGNERS_MAX).contains(&number)) {
                    let help = format!("write a number from 1 to {SIGNERS_MAX}, or a list of roles");
                    self.error(Code::WrongType, node.span, format!("`{text}` is no number of people"), help);
                    return None;
                }
            }
            None => {
                let (kind, _) = template.check(scope);
                self.check_kind(scalar, &kind, &[Type::Integer, Type::Decimal], "a number of people");
            }
        }
        Some(Signers::Count(template))
    }
}
