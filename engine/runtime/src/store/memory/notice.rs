//! Notices: all of them are looked at for every question.

use std::sync::Arc;

use statewright_core::identity::InstanceId;

use super::contents::Contents;
use crate::store::{NoticePage, NoticePlace, NoticeRow, ThreadPart, Write};

impl Contents {
    pub(super) fn apply_notices(&mut self, write: &Write) {
        for notice in &write.notices {
            if notice.mailed {
                self.keep_mail(write.instance, notice);
            }
            let row = NoticeRow {
                instance: write.instance,
                sequence: notice.sequence,
                ordinal: notice.ordinal,
                at_us: notice.at_us,
                thread: notice.thread,
                subjects: notice.subjects.clone(),
                body: notice.body.clone(),
            };
            self.notices.insert((write.instance, notice.sequence, notice.ordinal), row);
        }
    }

    pub(super) fn find_notices(&self, subjects: &[Arc<str>], after: Option<NoticePlace>, limit: usize) -> NoticePage {
        let wanted = self.notices.values().filter(|notice| {
            let is_for_them = notice.subjects.iter().any(|subject| subjects.contains(subject));
            is_for_them && after.is_none_or(|after| notice.place() < after)
        });
        let mut rows: Vec<NoticeRow> = wanted.cloned().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.place()));
        let more = rows.len() > limit;
        rows.truncate(limit);
        NoticePage { rows, more }
    }

    pub(super) fn thread(&self, instance: InstanceId, part: ThreadPart, limit: usize) -> Vec<NoticeRow> {
        let of_it = self.notices.range((instance, 0, 0)..=(instance, u64::MAX, u32::MAX));
        let of_it = of_it.map(|(_, notice)| notice).filter(|notice| notice.thread);
        let place = |notice: &NoticeRow| (notice.sequence, notice.ordinal);
        match part {
            ThreadPart::After(sequence, ordinal) => {
                let wanted = of_it.filter(|notice| place(notice) > (sequence, ordinal));
                wanted.take(limit).cloned().collect()
            }
            ThreadPart::Before(sequence, ordinal) => {
                let wanted = of_it.rev().filter(|notice| place(notice) < (sequence, ordinal));
                wanted.take(limit).cloned().collect()
            }
        }
    }
}
