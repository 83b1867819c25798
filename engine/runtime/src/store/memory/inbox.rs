//! What people have read.

use async_trait::async_trait;

use super::MemoryStore;
use crate::store::inbox::{InboxStore, ReadBy, ReadExtent, ReadMark, check_mark};
use crate::store::{NoticePlace, StoreResult};

#[async_trait]
impl InboxStore for MemoryStore {
    async fn mark_read(&self, mark: &ReadMark) -> StoreResult<()> {
        check_mark(mark)?;
        let mut contents = self.contents();
        match mark.extent {
            ReadExtent::One(place) => {
                let read = (place.instance, place.sequence, place.ordinal, mark.person.clone());
                contents.notices_read.insert(read);
            }
            ReadExtent::UpTo(place) => {
                let up_to = contents.inboxes_read.entry(mark.person.clone()).or_insert(place);
                *up_to = place.max(*up_to);
            }
        }
        Ok(())
    }

    async fn read_by(&self, person: &str, notices: &[NoticePlace]) -> StoreResult<ReadBy> {
        let contents = self.contents();
        let asked = notices.iter().map(|place| (place.instance, place.sequence, place.ordinal));
        let is_read = |(instance, sequence, ordinal): &(_, _, _)| {
            let read = (*instance, *sequence, *ordinal, person.into());
            contents.notices_read.contains(&read)
        };
        Ok(ReadBy {
            up_to: contents.inboxes_read.get(person).copied(),
            one_by_one: asked.filter(is_read).collect(),
        })
    }
}
