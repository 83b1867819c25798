//! Which nodes are there, and what waits: all of it is looked at for every question.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::MemoryStore;
use super::contents::Contents;
use crate::store::StoreResult;
use crate::store::check::check_text;
use crate::store::operation::{Backlog, COUNTED_MAX, NODES_MAX, NodeRow, OperationStore, Waiting, by_adapter};

#[async_trait]
impl OperationStore for MemoryStore {
    async fn beat(&self, node: &NodeRow, forget_before_us: i64) -> StoreResult<()> {
        check_text("the node's name", &node.node)?;
        let mut contents = self.contents();
        contents.nodes.insert(node.node.clone(), node.clone());
        contents.nodes.retain(|_, row| row.seen_at_us >= forget_before_us);
        Ok(())
    }

    async fn nodes(&self) -> StoreResult<Vec<NodeRow>> {
        Ok(self.contents().nodes.values().take(NODES_MAX).cloned().collect())
    }

    async fn backlog(&self, now_us: i64) -> StoreResult<Backlog> {
        Ok(self.contents().backlog(now_us))
    }
}

impl Contents {
    fn backlog(&self, now_us: i64) -> Backlog {
        let timers = self
            .timers
            .values()
            .filter(|timer| timer.trouble.is_none() && timer.due_us <= now_us);
        let messages = self.messages.values().filter(|message| message.may_be_taken(now_us));
        let mut due: Vec<_> = self
            .effects
            .values()
            .filter(|effect| effect.trouble.is_none() && !effect.abandoned && effect.due_us <= now_us)
            .collect();
        due.sort_by_key(|effect| effect.due_us);
        let counted = due.iter().take(usize::try_from(COUNTED_MAX).unwrap_or(usize::MAX));
        let counted = counted.map(|effect| (effect.adapter.clone(), effect.due_us, effect.leased_until_us));
        let (effects, leased) = by_adapter(counted, now_us);
        let since = |message: &super::contents::Message| message.due_us.max(message.inserted_at_us);
        Backlog {
            timers: waiting(timers.map(|timer| timer.due_us)),
            messages: waiting(messages.map(since)),
            effects,
            leased,
            incidents: waiting(self.troubles()),
            overdue: self.overdue(now_us),
        }
    }

    fn overdue(&self, now_us: i64) -> Vec<(Arc<str>, Waiting)> {
        let mut late: Vec<(i64, &Arc<str>)> = self
            .tasks
            .values()
            .filter_map(|task| Some((task.due_us?, &task.workflow)))
            .filter(|(due_us, _)| *due_us < now_us)
            .collect();
        late.sort();
        let mut by_workflow: BTreeMap<Arc<str>, Waiting> = BTreeMap::new();
        for (due_us, workflow) in late.into_iter().take(usize::try_from(COUNTED_MAX).unwrap_or(usize::MAX)) {
            let waiting = by_workflow.entry(workflow.clone()).or_default();
            *waiting = Waiting::of(waiting.count + 1, waiting.oldest_us.or(Some(due_us)));
        }
        by_workflow.into_iter().collect()
    }

    /// Since when each incident waits.
    fn troubles(&self) -> impl Iterator<Item = i64> {
        let timers = self.timers.values().map(|timer| &timer.trouble);
        let messages = self.messages.values().map(|message| &message.trouble);
        let effects = self
            .effects
            .values()
            .filter(|effect| !effect.abandoned)
            .map(|effect| &effect.trouble);
        let mails = self.mails.values().map(|mail| &mail.trouble);
        let all = timers.chain(messages).chain(effects).chain(mails);
        all.filter_map(|trouble| Some(trouble.as_ref()?.since_us))
    }
}

fn waiting(since: impl Iterator<Item = i64>) -> Waiting {
    let all: Vec<i64> = since.collect();
    Waiting::of((all.len() as u64).min(COUNTED_MAX), all.iter().min().copied())
}
