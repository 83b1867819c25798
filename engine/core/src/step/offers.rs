//! Which events there are for an actor, and why not.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::interrupt::Interrupt;
use super::kept::{KeptField, kept_fields};
use super::machine::Machine;
use super::needed::{NeededField, needed_by_event};
use super::scope::Locals;
use super::signature::SignatureOffer;
use super::{Actor, Facts, Needs, Refusal, Snapshot, Status};
use crate::chart::{Admission, Chart, EventPattern, Guard, Lets, Party, Transition, Trigger, Verb};
use crate::field::Fields;

/// An event that the active states name and a person could send, and whether this actor may now.
#[derive(Clone, Debug)]
pub struct Offer {
    pub event: Arc<str>,
    pub title: String,
    /// Empty: it would be taken, as far as that can be said before the form is filled in.
    pub refusals: Vec<Refusal>,
    /// Guards that can only be decided with the form filled in: their sentences, or their text.
    pub open: Vec<String>,
    pub form: Fields,
    /// Those of its fields that correct what is known of the instance.
    pub kept: Vec<KeptField>,
    /// Those of its fields that only a guard asks for.
    pub needed: Vec<NeededField>,
    /// None: no reason is asked for.
    pub reason: Option<crate::chart::Reason>,
    /// None: nothing is to be signed.
    pub sign: Option<SignatureOffer>,
    /// The open task of the state that answers to it: its path.
    pub task: Option<Arc<str>>,
    /// What its sender enters goes into the instance's conversation.
    pub says: bool,
}

impl Offer {
    /// Whether it is the actor's to send, be it now or not.
    pub fn is_theirs(&self) -> bool {
        !self.refusals.iter().any(Refusal::is_forbidden)
    }
}

/// Which events there are, for this actor, and why not.
pub fn offers(chart: &Chart, snapshot: &Snapshot, actor: &Actor, facts: &Facts, now: Timestamp) -> Result<Vec<Offer>, Needs> {
    let machine = Machine::new(chart, snapshot.clone(), actor, None, facts, now);
    let mut offers: Vec<Offer> = Vec::new();
    if snapshot.status == Status::Done {
        return Ok(offers);
    }
    let leaves: Vec<_> = chart.atomic_states(&snapshot.active).collect();
    for leaf in leaves {
        // events of which nobody can say whether their first way is open: no later one is taken in its place
        let mut unknown: BTreeSet<&Arc<str>> = BTreeSet::new();
        for state in std::iter::once(leaf).chain(chart.ancestors(leaf)) {
            for index in &chart.state(state).on {
                let transition = chart.transition(*index);
                let Some((event, admission)) = for_people(transition) else {
                    continue;
                };
                if unknown.contains(event) {
                    continue;
                }
                let (offer, is_known) = machine
                    .offer(event, admission, transition, state)
                    .map_err(|_| machine.take_needs())?;
                if !is_known {
                    unknown.insert(event);
                }
                match offers.iter_mut().find(|known| known.event == offer.event) {
                    // the first that would be taken is what counts; where none would be, one that is theirs
                    Some(known) if comes_before(&offer, known) => *known = offer,
                    Some(_) => {}
                    None => offers.push(offer),
                }
            }
        }
    }
    if machine.lacks_facts() {
        return Err(machine.take_needs());
    }
    Ok(offers)
}

fn comes_before(offer: &Offer, known: &Offer) -> bool {
    match (offer.refusals.is_empty(), known.refusals.is_empty()) {
        (_, true) => false,
        (true, false) => true,
        (false, false) => offer.is_theirs() && !known.is_theirs(),
    }
}

/// An event that a person is named for.
pub(super) fn for_people(transition: &Transition) -> Option<(&Arc<str>, &Admission)> {
    let Trigger::Event(EventPattern::Exact(event)) = &transition.trigger else {
        return None;
    };
    let admission = transition.admission.as_deref()?;
    let people = admission.by.parties.iter().any(|party| matches!(party, Party::Person(_)));
    people.then_some((event, admission))
}

/// Whether what an event brings is told in the conversation.
fn says(transition: &Transition) -> bool {
    let of_branches = transition.branches.iter().flat_map(|branch| &branch.actions);
    transition.actions.iter().chain(of_branches).any(|action| match &action.verb {
        Verb::Notify(notify) => notify.thread && notify.text.references().touches("event"),
        _ => false,
    })
}

impl Machine<'_> {
    /// An event by this transition, and whether it is known that it could be taken, or could not.
    fn offer(
        &self,
        event: &Arc<str>,
        admission: &Admission,
        transition: &Transition,
        state: crate::chart::StateIndex,
    ) -> Result<(Offer, bool), Interrupt> {
        let lets: [&Lets; 1] = [&transition.lets];
        let mut refusals = Vec::new();
        let mut open = Vec::new();
        let mut is_known = true;
        if let Some(refusal) = self.refuse_actor(admission, &lets)? {
            refusals.push(refusal);
        } else if self.paused_states().contains(state) {
            refusals.push(self.paused_refusal(state));
        } else {
            is_known = self.try_guards(&transition.guards, &lets, &mut refusals, &mut open)?;
            if refusals.is_empty() && is_known {
                is_known = self.try_branches(transition, &mut refusals, &mut open)?;
            }
        }
        let title = admission
            .title
            .as_ref()
            .and_then(|title| self.scope(&lets, &Locals::default()).text(title).ok());
        let offer = Offer {
            event: event.clone(),
            title: title.unwrap_or_else(|| super::view::in_words(event)),
            refusals,
            open,
            form: admission.form.fields.clone(),
            kept: kept_fields(transition, admission),
            needed: needed_by_event(self.chart, transition, admission),
            reason: admission.reason.clone(),
            sign: match &admission.sign {
                Some(sign) => Some(self.signature_offer(event, sign, &lets)?),
                None => None,
            },
            task: self
                .next
                .tasks
                .values()
                .any(|task| task.state == state)
                .then(|| self.chart.state(state).path.clone()),
            says: says(transition),
        };
        Ok((offer, is_known))
    }

    /// Guards that need what the form will say are left open; the others are tried. False: none of them is false, and one cannot be computed.
    fn try_guards(
        &self,
        guards: &[Guard],
        lets: &[&Lets],
        refusals: &mut Vec<Refusal>,
        open: &mut Vec<String>,
    ) -> Result<bool, Interrupt> {
        let (mut is_false, mut is_faulty) = (false, false);
        for guard in guards {
            if !self.event_places(&guard.condition, lets).is_empty() {
                open.push(guard.condition.source().to_string());
            } else if let Some((refusal, fault)) = self.try_guard(guard, lets)? {
                is_false |= fault.is_none();
                is_faulty |= fault.is_some();
                refusals.push(refusal);
            }
        }
        Ok(is_false || !is_faulty)
    }

    /// Whether one of the branches can be gone; if none can, why not. Where only the form decides, its guards are left open. False: of one
    /// that comes before all others it cannot be said.
    fn try_branches(
        &self,
        transition: &Transition,
        refusals: &mut Vec<Refusal>,
        open: &mut Vec<String>,
    ) -> Result<bool, Interrupt> {
        let (mut closed, mut undecided) = (Vec::new(), Vec::new());
        let mut is_known = true;
        for branch in &transition.branches {
            let (mut shut, mut asked) = (Vec::new(), Vec::new());
            is_known = self.try_guards(&branch.guards, &[&branch.lets, &transition.lets], &mut shut, &mut asked)?;
            match (shut.is_empty(), asked.is_empty()) {
                (true, true) => return Ok(true),
                (true, false) => undecided.append(&mut asked),
                (false, _) => closed.append(&mut shut),
            }
            if !is_known {
                break;
            }
        }
        if undecided.is_empty() {
            refusals.append(&mut closed);
            return Ok(is_known);
        }
        open.append(&mut undecided);
        Ok(true)
    }
}
