//! Threads, and what people have read.

use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::identity::InstanceId;

use super::MemoryStore;
use crate::store::inbox::{InboxStore, ReadBy, ReadMark, Receipt, ThreadPart, check_mark};
use crate::store::{NoticePlace, NoticeRow, StoreResult};

#[async_trait]
impl InboxStore for MemoryStore {
    async fn thread(&self, instance: InstanceId, part: ThreadPart, limit: usize) -> StoreResult<Vec<NoticeRow>> {
        Ok(self.contents().thread(instance, part, limit))
    }

    async fn mark_read(&self, mark: &ReadMark) -> StoreResult<()> {
        check_mark(mark)?;
        let mut contents = self.contents();
        for place in &mark.each {
            let (instance, sequence, ordinal) = place.by_itself();
            let read = (instance, sequence, ordinal, mark.person.clone());
            contents.notices_read.entry(read).or_insert(mark.at_us);
        }
        if let Some(place) = mark.up_to {
            let up_to = contents.inboxes_read.entry(mark.person.clone()).or_insert(place);
            *up_to = place.max(*up_to);
        }
        Ok(())
    }

    async fn read_by(&self, person: &str, notices: &[NoticePlace]) -> StoreResult<ReadBy> {
        let contents = self.contents();
        let is_read = |(instance, sequence, ordinal): &(_, _, _)| {
            let read = (*instance, *sequence, *ordinal, person.into());
            contents.notices_read.contains_key(&read)
        };
        Ok(ReadBy {
            up_to: contents.inboxes_read.get(person).copied(),
            one_by_one: notices.iter().map(NoticePlace::by_itself).filter(is_read).collect(),
        })
    }

    async fn readers(&self, notices: &[NoticePlace], limit: usize) -> StoreResult<Vec<Receipt>> {
        let contents = self.contents();
        let mut receipts = Vec::new();
        for (instance, sequence, ordinal) in notices.iter().map(NoticePlace::by_itself) {
            let from: (_, _, _, Arc<str>) = (instance, sequence, ordinal, "".into());
            let of_it = contents.notices_read.range(from..);
            let of_it = of_it.take_while(|(read, _)| (read.0, read.1, read.2) == (instance, sequence, ordinal));
            receipts.extend(of_it.take(limit).map(|((.., person), at_us)| Receipt {
                instance,
                sequence,
                ordinal,
                person: person.clone(),
                at_us: *at_us,
            }));
        }
        Ok(receipts)
    }
}
