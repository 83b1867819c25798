//! Marks: all of them are looked at for every question.

use super::contents::Contents;
use crate::store::{MarkBack, MarkPage, MarkQuery, MarkRow, NewMark, Write};

/// A mark, or one that is taken back, in the order in which they happen.
enum Happening<'a> {
    Mark(&'a NewMark),
    Back(&'a MarkBack),
}

impl Happening<'_> {
    fn order(&self) -> (u64, u32) {
        match self {
            Happening::Mark(mark) => (mark.sequence, mark.ordinal),
            Happening::Back(back) => (back.sequence, back.ordinal),
        }
    }
}

impl Contents {
    pub(super) fn apply_marks(&mut self, write: &Write) {
        let marks = write.marks.iter().map(Happening::Mark);
        let mut happenings: Vec<Happening<'_>> = marks.chain(write.marks_back.iter().map(Happening::Back)).collect();
        happenings.sort_by_key(Happening::order);
        for happening in happenings {
            match happening {
                Happening::Mark(mark) => {
                    let row = MarkRow {
                        instance: write.instance,
                        sequence: mark.sequence,
                        ordinal: mark.ordinal,
                        name: mark.name.clone(),
                        at_us: mark.at_us,
                        actor: mark.actor.clone(),
                        values: mark.values.clone(),
                    };
                    let place = (write.instance, mark.sequence, mark.ordinal);
                    self.marks.insert(place, (row, mark.index.clone()));
                }
                Happening::Back(back) => {
                    let of_it = self
                        .marks
                        .range((write.instance, 0, 0)..=(write.instance, u64::MAX, u32::MAX));
                    let latest = of_it
                        .rev()
                        .find(|(_, (mark, _))| mark.name == back.name)
                        .map(|(place, _)| *place);
                    if let Some(place) = latest {
                        self.marks.remove(&place);
                    }
                }
            }
        }
    }

    pub(super) fn find_marks(&self, query: &MarkQuery) -> MarkPage {
        let mut rows: Vec<MarkRow> = self.marks_that_meet(query).cloned().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.place()));
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        MarkPage { rows, more }
    }

    pub(super) fn count_marks(&self, query: &MarkQuery) -> u64 {
        self.marks_that_meet(query).count() as u64
    }

    fn marks_that_meet(&self, query: &MarkQuery) -> impl Iterator<Item = &MarkRow> {
        let wanted = self.marks.values().filter(|(mark, index)| {
            let meets = |(field, values): &(_, Vec<_>)| index.iter().any(|(of, value)| of == field && values.contains(value));
            mark.name == query.name
                && query.conditions.iter().all(meets)
                && query
                    .instances
                    .as_ref()
                    .is_none_or(|instances| instances.contains(&mark.instance))
                && query.since_us.is_none_or(|since_us| mark.at_us >= since_us)
                && query.until_us.is_none_or(|until_us| mark.at_us <= until_us)
        });
        wanted.map(|(mark, _)| mark)
    }
}
