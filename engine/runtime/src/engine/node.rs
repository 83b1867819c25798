//! The parts of one node, put together but not running: a program runs them in loops, a simulator ticks them by hand.

use std::sync::Arc;

use statewright_core::step::TASKS_ADAPTER;

use super::{Engine, Inner, Reports};
use crate::access::AccessLog;
use crate::assignments::{Assignments, HandingOver};
use crate::clock::{Clock, Entropy};
use crate::configuration::EngineConfig;
use crate::directory::Directory;
use crate::figures::Figures;
use crate::files::{Files, Sweeper};
use crate::handover::Handover;
use crate::identity::Identity;
use crate::incidents::Incidents;
use crate::instances::Instances;
use crate::intake::{Intake, Reader};
use crate::mail::Mails;
use crate::messages::Messages;
use crate::outbox::{Adapters, Outbox, Tools};
use crate::presence::Presence;
use crate::queries::Queries;
use crate::registry::{Compiler, Registry};
use crate::schedules::{Places, Schedules};
use crate::starts::Starts;
use crate::store::Store;
use crate::system::SystemTrail;
use crate::timers::Timers;
use crate::tokens::Tokens;

/// What a node is made of.
pub struct Surroundings {
    pub store: Arc<dyn Store>,
    pub compiler: Arc<dyn Compiler>,
    pub adapters: Adapters,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

/// A node at rest. `engine` may be cloned and used while the others are ticked.
pub struct Node {
    pub engine: Engine,
    pub intake: Arc<Intake>,
    pub timers: Timers,
    pub messages: Messages,
    pub schedules: Schedules,
    pub assignments: Assignments,
    pub outbox: Outbox,
    pub sweeper: Sweeper,
    pub mails: Mails,
    pub presence: Presence,
}

impl Node {
    pub fn new(configuration: EngineConfig, surroundings: Surroundings) -> Self {
        let Surroundings {
            store,
            compiler,
            mut adapters,
            clock,
            entropy,
        } = surroundings;
        let figures = Arc::new(Figures::of(&adapters));
        let registry = Arc::new(Registry::new(store.clone(), compiler.clone()));
        let instances = Arc::new(Instances::new(store.clone(), registry.clone()));
        let handover = Arc::new(Handover::new());
        let directory = Arc::new(Directory::new(store.clone(), instances.clone(), compiler, handover.clone()));
        let reader = Arc::new(Reader::new(instances.clone(), directory.clone(), entropy.clone()));
        let zone = configuration.default_zone.clone();
        let starts = Arc::new(Starts::new(store.clone(), registry.clone(), entropy.clone(), zone));
        let system = Arc::new(SystemTrail::new(store.clone(), instances.clone()));
        let intake = Arc::new(Intake::new(
            &configuration,
            store.clone(),
            instances.clone(),
            reader.clone(),
            handover.clone(),
            figures.clone(),
        ));
        let queue = intake.queue.clone();
        let handing_over = Arc::new(HandingOver::new(store.clone(), queue.clone()));
        adapters.insert(TASKS_ADAPTER.into(), handing_over.clone());
        let adapters = Arc::new(adapters);
        let assignments = Assignments::new(
            store.clone(),
            instances.clone(),
            directory.clone(),
            queue.clone(),
            handover.clone(),
        );
        let timers = Timers::new(&configuration, store.clone(), queue.clone(), handover.clone());
        let messages = Messages::new(&configuration, store.clone(), queue.clone(), handover.clone(), starts.clone());
        let places = Arc::new(Places::new(store.clone(), instances.clone()));
        let schedules = Schedules::new(
            store.clone(),
            registry.clone(),
            starts.clone(),
            handover.clone(),
            places.clone(),
            configuration.default_zone.clone(),
        );
        let tools = Tools {
            instances: instances.clone(),
            reader: reader.clone(),
            clock: clock.clone(),
            store: store.clone(),
        };
        let outbox = Outbox::new(&configuration, handover.clone(), figures.clone(), adapters.clone(), tools);
        let mails = Mails::new(
            configuration.node.clone(),
            configuration.mailing.clone(),
            store.clone(),
            directory.clone(),
            registry.clone(),
            clock.clone(),
        );
        let sweeper = Sweeper::new(store.clone());
        let presence = Presence::new(
            store.clone(),
            figures.clone(),
            intake.queue.clone(),
            configuration.node.clone(),
        );
        let files = Files::new(
            configuration.files.clone(),
            store.clone(),
            clock.clone(),
            entropy.clone(),
            system.clone(),
        );
        let inner = Inner {
            files,
            access: Arc::new(AccessLog::new(
                store.clone(),
                instances.clone(),
                clock.clone(),
                &configuration.node,
            )),
            queries: Queries::new(store.clone(), instances.clone(), reader),
            incidents: Incidents::new(store.clone(), instances.clone(), system.clone(), handover.clone()),
            tokens: Tokens::new(store.clone(), system.clone(), entropy.clone(), directory.clone()),
            identity: Identity::new(store.clone(), system.clone(), entropy.clone(), directory.clone()),
            directory,
            handing_over,
            unkeyed: super::Unkeyed::new(entropy.draw()),
            intake: intake.clone(),
            configuration,
            store,
            clock,
            adapters,
            registry,
            instances,
            handover,
            figures,
            starts,
            places,
            system,
            running: Default::default(),
        };
        let engine = Engine { inner: Arc::new(inner) };
        for (name, adapter) in engine.inner.adapters.iter() {
            adapter.connect(Reports::of(name.clone(), &engine));
        }
        Node {
            engine,
            intake,
            timers,
            messages,
            schedules,
            assignments,
            outbox,
            sweeper,
            mails,
            presence,
        }
    }
}
