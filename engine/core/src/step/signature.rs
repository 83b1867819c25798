//! Electronic signatures (reference, section 5.1): one person's with the event, several people's one after another.

use std::borrow::Cow;
use std::sync::Arc;

use super::admission::forbidden;
use super::interrupt::{Interrupt, NoValue};
use super::log::Signing;
use super::machine::Machine;
use super::scope::Locals;
use super::select::Choice;
use super::{ActorKind, Refusal, RefusalKind, Signatures, Signer, Verdict};
use crate::chart::{Lets, Proof, Signature, Signers, StateIndex};
use crate::value::{Object, Value};

/// What came of a signature.
pub(super) enum Signed {
    /// Nothing is to be signed, or all have.
    Complete,
    /// It is kept; others are still to sign.
    Pending,
    Refused(Refusal),
}

/// What is to be signed with an event, and who has signed it already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureOffer {
    /// The sentence; as the workflow writes it, where only the filled-in form can complete it.
    pub means: String,
    pub with: Proof,
    /// Whose signatures it takes, in words.
    pub people: String,
    /// Who has signed, in that order.
    pub signed: Vec<Arc<str>>,
}

impl<'a> Machine<'a> {
    pub(super) fn signature_offer(
        &self,
        event: &Arc<str>,
        sign: &Signature,
        lets: &[&Lets],
    ) -> Result<SignatureOffer, Interrupt> {
        let means = match self.scope(lets, &Locals::default()).text(&sign.means) {
            Ok(means) => means,
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(_)) => sign.means.source().to_string(),
        };
        let people = match self.signers_wanted(sign, lets)? {
            Ok(Wanted::Count(1)) => "one person".to_owned(),
            Ok(Wanted::Count(count)) => format!("{count} different people"),
            Ok(Wanted::Roles(roles)) => {
                let roles: Vec<String> = roles.iter().map(|role| role.replace('_', " ")).collect();
                format!("one person for each of: {}", roles.join(", "))
            }
            Err(refusal) => refusal.sentence,
        };
        let pending = self.next.signatures.get(event).filter(|pending| !pending.complete);
        let signers = pending.iter().flat_map(|pending| &pending.signers);
        Ok(SignatureOffer {
            means,
            with: sign.with,
            people,
            signed: signers.map(|signer| signer.actor.clone()).collect(),
        })
    }

    /// Whoever signs is a person who has just proved who they are.
    pub(super) fn refuse_unsigned(&self, sign: &Signature, lets: &[&Lets]) -> Option<Refusal> {
        if self.actor.kind != ActorKind::Person {
            return Some(forbidden("only a person signs"));
        }
        if self.signed.is_some_and(|proof| proof.suffices(sign.with)) {
            return None;
        }
        let means = self.scope(lets, &Locals::default()).text(&sign.means).unwrap_or_default();
        let how = match sign.with {
            Proof::Password => "a password",
            Proof::SecondFactor => "a second factor",
            Proof::Wallet => "a wallet",
        };
        Some(Refusal::new(
            RefusalKind::Signature,
            format!("this is to be signed with {how}: {means}"),
        ))
    }

    /// Whoever signs after another need not fill in the form again: without any fields they sign what the first was shown, and guards
    /// are tried with it.
    pub(super) fn payload_to_sign(&self, event: &Arc<str>, payload: &'a Object) -> Cow<'a, Object> {
        let pending = self.next.signatures.get(event).filter(|pending| !pending.complete);
        match pending {
            Some(pending) if payload.is_empty() => Cow::Owned(pending.payload.clone()),
            _ => Cow::Borrowed(payload),
        }
    }

    /// Adds the actor's signature to those of an event that would be taken now.
    pub(super) fn sign_event(&mut self, event: &Arc<str>, choice: Choice) -> Result<Signed, Interrupt> {
        let chart = self.chart;
        let transition = chart.transition(choice.transition);
        let Some(sign) = transition
            .admission
            .as_deref()
            .and_then(|admission| admission.sign.as_deref())
        else {
            return Ok(Signed::Complete);
        };
        let lets: [&Lets; 2] = [&transition.branches[choice.branch].lets, &transition.lets];
        let over = self.signed_over(sign, &lets)?;
        let wanted = match self.signers_wanted(sign, &lets)? {
            Ok(wanted) => wanted,
            Err(refusal) => return Ok(Signed::Refused(refusal)),
        };
        let fields = self.event_fields();
        let before = self.next.signatures.get(event).filter(|pending| !pending.complete);
        let mut pending = before.cloned().unwrap_or_else(|| Signatures {
            state: transition.source,
            payload: fields.clone(),
            over: over.clone(),
            signers: Vec::new(),
            complete: false,
        });
        if fields != pending.payload || over != pending.over {
            let first = pending.signers.first().map_or("", |signer| &signer.actor);
            return Ok(Signed::Refused(Refusal::new(
                RefusalKind::Guard,
                format!("{first} has signed something else: all sign the same"),
            )));
        }
        if let Some(signed) = self.who_has_signed(&pending) {
            return Ok(Signed::Refused(Refusal::new(
                RefusalKind::Guard,
                format!("{signed} has signed already"),
            )));
        }
        let role = match self.role_to_sign_for(&wanted, &pending) {
            Ok(role) => role,
            Err(refusal) => return Ok(Signed::Refused(refusal)),
        };
        let with = self.signed.unwrap_or(Proof::Password);
        pending.signers.push(Signer {
            actor: self.actor.id.clone(),
            on_behalf_of: self.actor.on_behalf_of.clone(),
            role: role.clone(),
            with,
            at: self.now,
        });
        let (number, of) = (pending.signers.len(), wanted.count());
        let means = match self.scope(&lets, &Locals::default()).text(&sign.means) {
            Ok(means) => means,
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => return Ok(Signed::Refused(Refusal::new(RefusalKind::Guard, sentence))),
        };
        self.log.signature = Some(Signing {
            means,
            over,
            with,
            role,
            number,
            of,
        });
        pending.complete = number >= of;
        if pending.complete {
            pending.payload = Object::new();
        }
        let complete = pending.complete;
        self.next.signatures.insert(event.clone(), pending);
        Ok(if complete { Signed::Complete } else { Signed::Pending })
    }

    /// The actor, or whom they stand in for, if one of them has signed, or somebody for them: several signatures are of several people, and a
    /// substitute and whom they stand in for count as one.
    fn who_has_signed(&self, pending: &Signatures) -> Option<Arc<str>> {
        let mut identities = self.actor.identities().into_iter();
        identities.find(|identity| pending.signers.iter().any(|signer| signer.is_known_as(identity)))
    }

    /// What a start is signed with.
    pub(super) fn sign_start(&mut self, sign: &Signature) -> Result<Option<Refusal>, Interrupt> {
        if let Some(refusal) = self.refuse_unsigned(sign, &[]) {
            return Ok(Some(refusal));
        }
        let over = self.signed_over(sign, &[])?;
        match self.scope(&[], &Locals::default()).text(&sign.means) {
            Ok(means) => {
                self.log.signature = Some(Signing {
                    means,
                    over,
                    with: self.signed.unwrap_or(sign.with),
                    role: None,
                    number: 1,
                    of: 1,
                });
                Ok(None)
            }
            Err(NoValue::Needs) => Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => Ok(Some(Refusal::new(RefusalKind::Guard, sentence))),
        }
    }

    fn signed_over(&self, sign: &Signature, lets: &[&Lets]) -> Result<Value, Interrupt> {
        let Some(over) = &sign.over else { return Ok(Value::Null) };
        match self.free_value(over, lets, &Locals::default()) {
            Ok(value) => Ok(value),
            Err(NoValue::Needs) => Err(Interrupt::Needs),
            // what has no value is signed as nothing, and void as soon as it has one
            Err(NoValue::Fault(_)) => Ok(Value::Null),
        }
    }

    fn signers_wanted<'s>(&self, sign: &'s Signature, lets: &[&Lets]) -> Result<Result<Wanted<'s>, Refusal>, Interrupt> {
        let count = match &sign.people {
            Signers::Roles(roles) => return Ok(Ok(Wanted::Roles(roles))),
            Signers::Count(count) => count,
        };
        if let Some(number) = count.literal().and_then(|text| text.trim().parse().ok()) {
            return Ok(Ok(Wanted::Count(number)));
        }
        match self.scope(lets, &Locals::default()).template(count) {
            Ok(value) => Ok(match value.as_integer() {
                Some(number) if number >= 1 => Ok(Wanted::Count(number as usize)),
                _ => Err(Refusal::new(
                    RefusalKind::Guard,
                    format!("`{}` gives no number of people", count.source()),
                )),
            }),
            Err(NoValue::Needs) => Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => Ok(Err(Refusal::new(RefusalKind::Guard, sentence))),
        }
    }

    /// Of several roles the first that nobody has signed for yet and that the actor has.
    fn role_to_sign_for(&self, wanted: &Wanted<'_>, pending: &Signatures) -> Result<Option<Arc<str>>, Refusal> {
        let Wanted::Roles(roles) = wanted else { return Ok(None) };
        let mut missing: Vec<&Arc<str>> = roles.iter().collect();
        for role in pending.signers.iter().filter_map(|signer| signer.role.as_ref()) {
            if let Some(position) = missing.iter().position(|each| *each == role) {
                missing.remove(position);
            }
        }
        let own = missing.iter().find(|role| self.actor.roles.contains(role));
        own.map(|role| Some((*role).clone())).ok_or_else(|| {
            let missing: Vec<&str> = missing.iter().map(|role| &***role).collect();
            forbidden(&format!("signatures are missing of: {}", missing.join(", ")))
        })
    }

    pub(super) fn take_withdrawal(&mut self, event: &Arc<str>) -> Result<Verdict, Interrupt> {
        if !self.is_seen()? {
            return Ok(Verdict::Refused(vec![super::sight::hidden()]));
        }
        let actor = self.actor.id.clone();
        let Some(pending) = self.next.signatures.get_mut(event).filter(|pending| !pending.complete) else {
            return Ok(Verdict::Refused(vec![Refusal::new(
                RefusalKind::Guard,
                format!("no signature of {event} is pending"),
            )]));
        };
        let before = pending.signers.len();
        pending.signers.retain(|signer| signer.actor != actor);
        if pending.signers.len() == before {
            return Ok(Verdict::Refused(vec![Refusal::new(
                RefusalKind::Guard,
                format!("{actor} has not signed {event}"),
            )]));
        }
        if pending.signers.is_empty() {
            self.next.signatures.remove(event);
        }
        self.set_event("withdraw".into(), Cow::Owned(Object::new()));
        Ok(Verdict::Taken)
    }

    /// Signatures that are not complete end with the state that answers to the event.
    pub(super) fn void_signatures_of(&mut self, state: StateIndex) {
        self.next
            .signatures
            .retain(|_, pending| pending.complete || pending.state != state);
    }

    /// Those whose `over` is another by now are void, visibly.
    pub(super) fn settle_signatures(&mut self) -> Result<(), Interrupt> {
        let chart = self.chart;
        let pending: Vec<(Arc<str>, StateIndex, Value)> = self
            .next
            .signatures
            .iter()
            .filter(|(_, pending)| !pending.complete && !pending.over.is_null())
            .map(|(event, pending)| (event.clone(), pending.state, pending.over.clone()))
            .collect();
        for (event, state, signed) in pending {
            let on = chart.state(state).on.iter().map(|index| chart.transition(*index));
            let mut signs = on.filter(
                |transition| matches!(&transition.trigger, crate::chart::Trigger::Event(pattern) if pattern.matches(&event)),
            );
            let sign = signs.find_map(|transition| transition.admission.as_deref()?.sign.as_deref());
            let Some(sign) = sign else { continue };
            if self.signed_over(sign, &[])? != signed {
                self.next.signatures.remove(&event);
                self.log
                    .note("signature", "what was signed has changed: the signatures are void", &event);
            }
        }
        Ok(())
    }
}

enum Wanted<'s> {
    Count(usize),
    Roles(&'s [Arc<str>]),
}

impl Wanted<'_> {
    fn count(&self) -> usize {
        match self {
            Wanted::Count(count) => *count,
            Wanted::Roles(roles) => roles.len(),
        }
    }
}

/// `signatures.EVENT` in expressions: who has signed, and whether that is all.
pub(super) fn signatures_value(snapshot: &super::Snapshot) -> Value {
    let signer = |signer: &Signer| {
        Value::from_fields(Object::from([
            ("actor".into(), Value::Text(signer.actor.clone())),
            ("at".into(), Value::from_instant(signer.at)),
            ("role".into(), signer.role.clone().map_or(Value::Null, Value::Text)),
            ("with".into(), Value::from_text(signer.with.as_str())),
        ]))
    };
    let signatures = snapshot.signatures.iter().map(|(event, signatures)| {
        let fields = Object::from([
            ("complete".into(), Value::Boolean(signatures.complete)),
            (
                "signers".into(),
                Value::from_items(signatures.signers.iter().map(signer).collect()),
            ),
        ]);
        (event.clone(), Value::from_fields(fields))
    });
    Value::from_fields(signatures.collect())
}
