//! What must hold once everything has ended: every trail proves itself and folds to what is stored, and what instances know of
//! one another agrees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_core::step::{SYSTEM_WORKFLOW, Snapshot};
use statewright_core::value::Value;
use statewright_engine::audit::{described, replay, verify};
use statewright_engine::intake::resting_states;
use statewright_engine::registry::Registry;
use statewright_engine::store::{InstanceRow, Store};

use super::ledger::lock;
use super::world::{WORKSHOPS, World};

/// More instances than any simulation makes.
const INSTANCES_MAX: usize = 10_000;

type Instances = BTreeMap<(Arc<str>, Arc<str>), Instance>;

struct Instance {
    snapshot: Snapshot,
    /// Paths of the active states without active children.
    states: Vec<Arc<str>>,
}

impl World {
    pub async fn prove(&self) -> Result<(), String> {
        let store = self.bottom.store();
        self.prove_trails(&store).await?;
        let instances = self.instances(&store).await?;
        self.check_rows(&instances)?;
        if let Some(stage) = &self.stage {
            return self.prove_story(stage).await;
        }
        self.check_schedules(&store).await?;
        check_knowledge(&instances)
    }

    /// One that knows the definitions, or may ask for them: nobody gives a node its turn any more.
    fn registry(&self) -> &Registry {
        match &self.stage {
            Some(stage) => stage.registry(),
            None => self.nodes[0].engine.registry(),
        }
    }

    async fn prove_trails(&self, store: &Arc<dyn Store>) -> Result<(), String> {
        let verified = verify(store, |_| {}).await.map_err(|error| error.to_string())?;
        if let Some(fault) = verified.faults.first() {
            return Err(format!("a trail does not prove itself: {}", described(fault)));
        }
        let registry = self.registry();
        let replaying = replay(store, registry, |_| {});
        let replayed = replaying.await.map_err(|error| error.to_string())?;
        match replayed.findings.first() {
            Some(found) => Err(format!(
                "{}/{} does not fold to what is stored, from entry {} on: {}",
                found.workflow, found.key, found.sequence, found.detail
            )),
            None => Ok(()),
        }
    }

    async fn instances(&self, store: &Arc<dyn Store>) -> Result<Instances, String> {
        let rows = store
            .instances_after(None, INSTANCES_MAX)
            .await
            .map_err(|error| error.to_string())?;
        let mut instances = Instances::new();
        for row in rows.iter().filter(|row| *row.workflow != *SYSTEM_WORKFLOW) {
            let instance = self.restored(store, row).await?;
            instances.insert((row.workflow.clone(), row.key.clone()), instance);
        }
        Ok(instances)
    }

    async fn restored(&self, store: &Arc<dyn Store>, row: &InstanceRow) -> Result<Instance, String> {
        let registry = self.registry();
        let known = registry.chart(row.definition).await.map_err(|error| error.to_string())?;
        let personal = store.personal(row.instance).await.map_err(|error| error.to_string())?;
        let personal: Vec<(Digest, String)> = personal.into_iter().map(|row| (row.reference, row.value)).collect();
        if lock(&self.shared.model)
            .instances
            .get(&row.instance)
            .is_some_and(|seen| seen.sequence != row.sequence)
        {
            return Err(format!(
                "{}/{} is at another revision than was written",
                row.workflow, row.key
            ));
        }
        let snapshot = Snapshot::restore(&known.chart, &row.snapshot, row.head, &personal).map_err(|error| error.to_string())?;
        let states = resting_states(&known.chart, &snapshot);
        Ok(Instance { snapshot, states })
    }

    /// Timers, claims, sends and calls are in the store what they are in the snapshots.
    fn check_rows(&self, instances: &Instances) -> Result<(), String> {
        let model = lock(&self.shared.model);
        let mut held: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
        for ((workflow, key), Instance { snapshot, .. }) in instances {
            let of = format!("{workflow}/{key}");
            for (name, timer) in &snapshot.timers {
                let row = model.timers.get(&(snapshot.instance, name.clone()));
                let expected = (timer.remaining_us.is_none() && !timer.spent).then(|| timer.due.as_microsecond());
                let given_up = model.given_up.contains(&(snapshot.instance, name.clone()));
                if row.copied() != expected && !given_up {
                    return Err(format!("{of}: timer {name} should be due at {expected:?}, and is at {row:?}"));
                }
            }
            for (name, value) in &snapshot.claims {
                if !held.insert((workflow, name, value)) {
                    return Err(format!("{of} holds {name} {value}, and another does too"));
                }
            }
            if !snapshot.sends.is_empty() {
                return Err(format!("{of} waits for answers: {:?}", snapshot.sends));
            }
            // children are waited for as long as they live
            let of_adapters = snapshot.invokes.values().any(|invoke| invoke.children.is_empty());
            if of_adapters || !snapshot.calls.is_empty() {
                return Err(format!("{of} waits for an adapter"));
            }
        }
        Ok(())
    }
}

/// What one instance was told by another is what the other did.
fn check_knowledge(instances: &Instances) -> Result<(), String> {
    for key in WORKSHOPS {
        let find = |workflow: &str| instances.get(&(Arc::from(workflow), Arc::from(key)));
        let Some(workshop) = find("workshop") else { continue };
        let orders = number(workshop, "orders");
        let (count, disorder) = find("ledger").map_or((0, 0), |ledger| (number(ledger, "count"), number(ledger, "disorder")));
        if (number(workshop, "told"), count) != (orders, orders) {
            let told = number(workshop, "told");
            return Err(format!(
                "workshop/{key} took {orders} orders, the ledger {count}, and {told} were answered"
            ));
        }
        if disorder != 0 {
            return Err(format!("ledger/{key} was told {disorder} of {count} orders out of order"));
        }
        if let Some(watcher) = find("watcher") {
            check_watcher(watcher, count)?;
        }
    }
    Ok(())
}

/// It has gone on as soon as the ledger had counted enough, so that in the end it has gone as far as it can.
fn check_watcher(watcher: &Instance, count: i64) -> Result<(), String> {
    let expected = match count {
        ..1 => "watch.one",
        1..3 => "watch.three",
        3..6 => "watch.six",
        _ => "watch.enough",
    };
    match watcher.states.iter().any(|state| **state == *expected) {
        true => Ok(()),
        false => {
            let (key, states) = (&watcher.snapshot.key, &watcher.states);
            Err(format!(
                "watcher/{key} is in {states:?} and not in {expected}, since the ledger has counted {count}"
            ))
        }
    }
}

fn number(instance: &Instance, field: &str) -> i64 {
    instance.snapshot.data.get(field).and_then(Value::as_integer).unwrap_or(0)
}
