//! What people read. Whatever of it is personal stands in the access log before it leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, Offer};

use super::Engine;
use crate::access::{AccessRequest, Accesses, Told, accesses, records, refusal, searches};
use crate::audit::{Proof, prove};
use crate::error::{EngineError, EngineResult};
use crate::queries::{
    Conversation, CountRequest, Counts, Course, FindRequest, Found, Heading, History, HistoryRequest, ListRequest, Listed,
    MessagesAsked, Notices, Past, PastMoment, Queue, QueueRequest, Queued, ReadExtent, Shown, Standing, Unread,
};
use crate::store::{NoticePlace, SearchPlace, TrailRow};

impl Engine {
    /// One instance as this actor sees it.
    pub async fn show(&self, workflow: &str, key: &str, actor: &Actor) -> EngineResult<Shown> {
        let shown = self.inner.queries.show(workflow, key, actor, self.now()).await;
        let shown = self.unless_refused(shown, "show", workflow, key, actor).await?;
        self.told(actor, "show", Told::of_shown(&shown)).await?;
        Ok(shown)
    }

    /// One instance as it stood at a moment, for whoever may read its trail.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] to everybody else; [`EngineError::NotThen`]; those of the store.
    pub async fn past(&self, workflow: &str, key: &str, moment: PastMoment, actor: &Actor) -> EngineResult<Past> {
        let past = self.inner.queries.past(workflow, key, moment, actor, self.now()).await;
        let past = self.unless_refused(past, "show", workflow, key, actor).await?;
        self.told(actor, "show", Told::of_past(&past)).await?;
        Ok(past)
    }

    /// What an instance that this actor sees is called, and where it stands: nothing of its data, so that it is no reading.
    ///
    /// # Errors
    /// [`EngineError::Hidden`]; those of the store.
    pub async fn heading(&self, workflow: &str, key: &str, actor: &Actor) -> EngineResult<Heading> {
        let heading = self.inner.queries.heading(workflow, key, actor, self.now()).await;
        self.unless_refused(heading, "heading", workflow, key, actor).await
    }

    pub async fn list(&self, request: &ListRequest, actor: &Actor) -> EngineResult<Listed> {
        let listed = self.inner.queries.list(request, actor, self.now()).await?;
        self.told(actor, "list", listed.instances.iter().filter_map(Told::of_shown))
            .await?;
        Ok(listed)
    }

    /// What the instances of a list are called, and where they stand: nothing of their data, so that it is no reading.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn headings(&self, request: &ListRequest, actor: &Actor) -> EngineResult<Listed> {
        let mut listed = self.inner.queries.list(request, actor, self.now()).await?;
        listed.instances.iter_mut().for_each(Shown::withhold_data);
        Ok(listed)
    }

    /// Instances of one workflow by what stands in their indexed fields, by their states and by when they were started.
    ///
    /// # Errors
    /// [`EngineError::NoSuchWorkflow`], [`EngineError::NotSearchable`]; those of the store.
    pub async fn find(&self, request: &FindRequest, actor: &Actor) -> EngineResult<Found> {
        let live = self.inner.registry.live(&request.workflow).await?;
        let found = self.inner.queries.find(request, &live, actor, self.now()).await?;
        self.told(actor, "list", found.hits.iter().filter_map(|hit| Told::of_shown(&hit.shown)))
            .await?;
        Ok(found)
    }

    /// What those are called that are found so, and where they stand: nothing of their data, so that it is no reading. Of fields nothing is
    /// asked, since being found by one tells what stands in it.
    ///
    /// # Errors
    /// As [`Engine::find`].
    pub async fn headings_in(
        &self,
        workflow: &str,
        state: &str,
        after: Option<SearchPlace>,
        limit: usize,
        actor: &Actor,
    ) -> EngineResult<Found> {
        let live = self.inner.registry.live(workflow).await?;
        let request = FindRequest {
            workflow: workflow.into(),
            state: Some(state.into()),
            after,
            limit,
            ..FindRequest::default()
        };
        let mut found = self.inner.queries.find(&request, &live, actor, self.now()).await?;
        found.hits.iter_mut().for_each(|hit| hit.shown.withhold_data());
        Ok(found)
    }

    /// Those of some instances (workflow and key) that the actor neither sees nor could open. One that is not there is among them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn closed_to<'n>(
        &self,
        instances: &[(&'n str, &'n str)],
        actor: &Actor,
    ) -> EngineResult<BTreeSet<(&'n str, &'n str)>> {
        let id = |(workflow, key): &(&str, &str)| InstanceId::of(workflow, key);
        let ids: Vec<InstanceId> = instances.iter().map(id).collect();
        let seen = self.inner.queries.seen_of(&ids, actor, self.now()).await?;
        let unseen = instances.iter().copied().filter(|named| !seen.contains(&id(named)));
        let mut closed = BTreeSet::new();
        for named in unseen {
            if !self.may_open(named.0, actor).await? {
                closed.insert(named);
            }
        }
        Ok(closed)
    }

    /// Who or what some instances (workflow and key) are, beside their keys: of those that the actor sees, by the fields that they see. It is a
    /// reading wherever one of these is personal.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn names_of<'n>(
        &self,
        instances: &[(&'n str, &'n str)],
        actor: &Actor,
    ) -> EngineResult<BTreeMap<(&'n str, &'n str), String>> {
        let (mut asked, mut lives) = (BTreeMap::new(), BTreeMap::new());
        for (workflow, key) in instances {
            let live = self.inner.registry.live_known(workflow);
            if let Some(live) = live.filter(|live| !live.chart.called.is_empty()) {
                let id = InstanceId::of(workflow, key);
                asked.insert(id, (*workflow, *key));
                lives.insert(id, live);
            }
        }
        let hits = self.inner.queries.names(&lives, actor, self.now()).await?;
        self.told(actor, "name", hits.iter().filter_map(Told::of_hit)).await?;
        let named = hits.iter().filter_map(|hit| {
            let parts: Vec<&str> = hit.matched.iter().map(|(_, part)| &**part).collect();
            Some((*asked.get(&hit.shown.instance)?, parts.join(", ")))
        });
        Ok(named.collect())
    }

    /// How many instances there are, of those that the actor sees or may have counted.
    ///
    /// # Errors
    /// [`EngineError::NoSuchWorkflow`], [`EngineError::NotCountable`], [`EngineError::TooManyToCount`]; those of the store.
    pub async fn counts(&self, request: &CountRequest, actor: &Actor) -> EngineResult<Counts> {
        let live = self.inner.registry.live(&request.workflow).await?;
        self.inner.queries.counts(request, &live, actor, self.now()).await
    }

    /// Entries after `after`, in order. They hold commitments in the place of personal values.
    pub async fn trail(&self, workflow: &str, key: &str, actor: &Actor, after: u64, limit: usize) -> EngineResult<Vec<TrailRow>> {
        let queries = &self.inner.queries;
        let entries = queries.trail(workflow, key, actor, after, limit, self.now()).await;
        self.unless_refused(entries, "trail", workflow, key, actor).await
    }

    /// The states that an instance was in, and how it came from one to the next: nothing of its data, so that it is no reading.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] for whoever may not read its trail; those of the store.
    pub async fn course(&self, workflow: &str, key: &str, actor: &Actor) -> EngineResult<Course> {
        self.inner.queries.course(workflow, key, actor, self.now()).await
    }

    /// Whether the trail of an instance is whole, for whoever may read it.
    ///
    /// # Errors
    /// [`EngineError::Hidden`]; those of the store.
    pub async fn prove_trail(&self, workflow: &str, key: &str, actor: &Actor) -> EngineResult<Proof> {
        self.trail(workflow, key, actor, 0, 1).await?;
        let proof = prove(&self.inner.store, InstanceId::of(workflow, key)).await?;
        proof.ok_or(EngineError::Hidden)
    }

    /// What happened to all instances, the newest first, for auditors. Its entries hold commitments in the place of personal values, as those of
    /// any trail.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] to everybody else; those of the store.
    pub async fn history(&self, request: &HistoryRequest, actor: &Actor) -> EngineResult<History> {
        self.inner.queries.history(request, actor).await
    }

    /// The events this actor could send now, and why not the others.
    pub async fn can(&self, workflow: &str, key: &str, actor: &Actor) -> EngineResult<Vec<Offer>> {
        let offers = self.inner.queries.can(workflow, key, actor, self.now()).await;
        self.unless_refused(offers, "can", workflow, key, actor).await
    }

    /// What waits for this actor and what they hold: what breaks first comes first.
    pub async fn queue(&self, request: &QueueRequest, actor: &Actor) -> EngineResult<Queue> {
        let mut queue = self.inner.queries.queue(request, actor, self.now()).await?;
        self.settle_taking_over(&mut queue.tasks).await?;
        self.told(actor, "queue", queue.tasks.iter().filter_map(Told::of_task))
            .await?;
        Ok(queue)
    }

    /// What waits for this actor and what they hold: nothing of what stands beside the tasks, so that it is no reading.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn queue_titles(&self, request: &QueueRequest, actor: &Actor) -> EngineResult<Queue> {
        let mut queue = self.inner.queries.queue(request, actor, self.now()).await?;
        self.settle_taking_over(&mut queue.tasks).await?;
        queue.tasks.iter_mut().for_each(Queued::withhold_data);
        Ok(queue)
    }

    /// The open tasks of one instance that this actor may see.
    pub async fn tasks_of(&self, workflow: &str, key: &str, actor: &Actor) -> EngineResult<Vec<Queued>> {
        let tasks = self.inner.queries.tasks_of(workflow, key, actor, self.now()).await;
        let mut tasks = self.unless_refused(tasks, "tasks", workflow, key, actor).await?;
        self.settle_taking_over(&mut tasks).await?;
        self.told(actor, "tasks", tasks.iter().filter_map(Told::of_task)).await?;
        Ok(tasks)
    }

    /// The open tasks of one instance that this actor may see: nothing of what stands beside them, so that it is no reading.
    ///
    /// # Errors
    /// [`EngineError::Hidden`]; those of the store.
    pub async fn task_titles(&self, workflow: &str, key: &str, actor: &Actor) -> EngineResult<Vec<Queued>> {
        let tasks = self.inner.queries.tasks_of(workflow, key, actor, self.now()).await;
        let mut tasks = self.unless_refused(tasks, "tasks", workflow, key, actor).await?;
        self.settle_taking_over(&mut tasks).await?;
        tasks.iter_mut().for_each(Queued::withhold_data);
        Ok(tasks)
    }

    /// What this actor was told, the newest first. No notice holds personal data.
    pub async fn inbox(&self, actor: &Actor, after: Option<NoticePlace>, limit: usize) -> EngineResult<Notices> {
        let mut page = self.inner.queries.inbox(actor, after, limit, self.now()).await?;
        self.mark_quiet_hours(page.notices.iter_mut(), actor);
        Ok(page)
    }

    /// The same, without what it is about and when it may disturb.
    pub async fn told_lately(&self, actor: &Actor, limit: usize) -> EngineResult<Notices> {
        self.inner.queries.notices_of(actor, None, limit).await
    }

    /// How much this actor was told and has not read.
    pub async fn unread(&self, actor: &Actor) -> EngineResult<Unread> {
        self.inner.queries.unread(actor).await
    }

    /// Keeps that this actor has read a notice of theirs, or it and all before it. It is no reading of an instance: no notice holds
    /// personal data.
    ///
    /// # Errors
    /// [`EngineError::Hidden`]: they were told no such thing; those of the store.
    pub async fn mark_read(&self, actor: &Actor, extent: ReadExtent) -> EngineResult<()> {
        self.inner.queries.mark_read(actor, extent, self.now()).await?;
        let (ReadExtent::One(place) | ReadExtent::UpTo(place) | ReadExtent::InConversation(place)) = extent;
        self.inner.handover.has_changed(place.instance);
        Ok(())
    }

    /// The conversation of an instance, the oldest first.
    ///
    /// # Errors
    /// [`EngineError::Hidden`]; those of the store.
    pub async fn conversation(
        &self,
        workflow: &str,
        key: &str,
        actor: &Actor,
        asked: MessagesAsked,
        limit: usize,
    ) -> EngineResult<Conversation> {
        let queries = &self.inner.queries;
        let conversation = queries.conversation(workflow, key, actor, asked, limit, self.now()).await;
        let mut conversation = self.unless_refused(conversation, "thread", workflow, key, actor).await?;
        let noticed = conversation.messages.iter_mut().map(|message| &mut message.noticed);
        self.mark_quiet_hours(noticed, actor);
        Ok(conversation)
    }

    /// What changes by itself of what an open page shows of an instance. It tells nothing, so that it is no reading.
    ///
    /// # Errors
    /// [`EngineError::Hidden`]; those of the store.
    pub async fn standing(&self, workflow: &str, key: &str, actor: &Actor, messages: usize) -> EngineResult<Standing> {
        let standing = self.inner.queries.standing(workflow, key, actor, messages, self.now()).await;
        self.unless_refused(standing, "heading", workflow, key, actor).await
    }

    /// The access log. The caller sees to it that only auditors ask.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn accesses(&self, request: &AccessRequest) -> EngineResult<Accesses> {
        accesses(&self.inner.store, request).await
    }

    /// Records where somebody looked for people, whether anybody was found or not. What they looked for is not recorded.
    pub(super) async fn looked(&self, actor: &Actor, asked: &[(Arc<str>, Vec<Arc<str>>)]) -> EngineResult<()> {
        match self.inner.configuration.records_readings {
            true => self.inner.access.record(searches(actor, asked)).await,
            false => Ok(()),
        }
    }

    pub(super) async fn told(&self, actor: &Actor, by: &str, told: impl IntoIterator<Item = Told>) -> EngineResult<()> {
        match self.inner.configuration.records_readings {
            true => self.inner.access.record(records(actor, by, told)).await,
            false => Ok(()),
        }
    }

    /// Records a refusal wherever the workflow holds personal data, be there such an instance or not: neither the answer nor how long it takes
    /// tells one from the other.
    pub(super) async fn unless_refused<T>(
        &self,
        answer: EngineResult<T>,
        by: &str,
        workflow: &str,
        key: &str,
        actor: &Actor,
    ) -> EngineResult<T> {
        if answer.as_ref().err() != Some(&EngineError::Hidden) || !self.inner.configuration.records_readings {
            return answer;
        }
        let live = self.inner.registry.live_known(workflow);
        if let Some(live) = live.filter(|live| live.chart.holds_personal_data) {
            let refused = refusal(actor, by, &live.chart.workflow, InstanceId::of(workflow, key));
            self.inner.access.record(refused).await?;
        }
        answer
    }
}
