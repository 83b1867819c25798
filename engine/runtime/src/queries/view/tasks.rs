//! Views of tasks: what waits for their reader and what they hold, and where a view has the column `holder` what others hold, too.

use std::sync::Arc;

use statewright_core::chart::ViewKind;
use statewright_core::identity::InstanceId;
use statewright_core::value::Value;

use super::board::{by_value, wanted};
use super::cell::Cell;
use super::cursor::{Place, compare};
use super::series::{combining, series_of};
use super::{Asked, LaneShown, Row, Rows, VIEW_LANE_MAX, VIEW_PAGE_MAX, VIEW_SCAN_MAX, ViewContent};
use crate::error::{EngineError, EngineResult};
use crate::queries::Queries;
use crate::queries::tally::{Counted, Table};
use crate::queries::tasks::{QUEUE_PAGE_MAX, QueueRequest, Queued, TaskChoice};
use crate::store::{PRIORITY_MAX, TaskPlace};

impl Queries {
    pub(super) async fn view_of_tasks(&self, asked: &Asked<'_>) -> EngineResult<ViewContent> {
        let kind = asked.view.kind;
        if matches!(kind, ViewKind::List | ViewKind::Page) && asked.is_by_urgency() {
            return Ok(ViewContent::Rows(self.most_urgent(asked).await?));
        }
        let mut tasks = self.all_tasks(asked).await?;
        if kind == ViewKind::Chart {
            let mut table = Table::new(combining(&asked.view.measure), None);
            let cell = |queued: &Queued, path: &[Arc<str>]| Some(cell_of(queued, path));
            for queued in &tasks {
                table.add(Counted {
                    unseen: false,
                    cell: asked.view.group.as_ref().map(|path| cell(queued, path)),
                    value: asked.view.measure.parts().1.map(|path| cell(queued, path)),
                });
            }
            return Ok(ViewContent::Series(series_of(asked, table.counts())));
        }
        let descending = asked.descending();
        tasks.sort_by(|left, right| compare(&asked.place(left), &asked.place(right), &descending));
        if kind == ViewKind::Board {
            return Ok(ViewContent::Lanes(lanes(asked, tasks)?));
        }
        let (page, next) = page_of(asked, None, &tasks, asked.limit(VIEW_PAGE_MAX))?;
        Ok(ViewContent::Rows(Rows {
            rows: page.iter().map(|queued| asked.row_of(queued)).collect(),
            next,
            total: Some(tasks.len() as u64),
            groups: groups_of(asked, &tasks),
        }))
    }

    /// In the order of every queue, page by page.
    async fn most_urgent(&self, asked: &Asked<'_>) -> EngineResult<Rows> {
        let mut request = asked.queue(asked.limit(VIEW_PAGE_MAX));
        request.after = match asked.after(None)? {
            Some(place) => Some(read_place(&place).ok_or_else(|| asked.foreign())?),
            None => None,
        };
        let queue = self.queue(&request, asked.actor, asked.now).await?;
        Ok(Rows {
            rows: queue.tasks.iter().map(|queued| asked.row_of(queued)).collect(),
            next: queue.next.map(|next| asked.cursor(None, &place_of(&next))),
            total: None,
            groups: Vec::new(),
        })
    }

    async fn all_tasks(&self, asked: &Asked<'_>) -> EngineResult<Vec<Queued>> {
        let mut request = asked.queue(QUEUE_PAGE_MAX);
        let mut tasks = Vec::new();
        loop {
            let queue = self.queue(&request, asked.actor, asked.now).await?;
            tasks.extend(queue.tasks);
            if tasks.len() > VIEW_SCAN_MAX {
                return Err(EngineError::ViewTooLarge { most: VIEW_SCAN_MAX });
            }
            match queue.next {
                Some(next) => request.after = Some(next),
                None => return Ok(tasks),
            }
        }
    }
}

impl Asked<'_> {
    /// What breaks first comes first, as in every queue.
    fn is_by_urgency(&self) -> bool {
        let order = self.order();
        let names: Vec<(&str, bool)> = order
            .iter()
            .filter_map(|(path, descending)| Some((&**path.first()?, *descending)))
            .collect();
        [("priority", true), ("due", false), ("opened_at", false)].starts_with(&names)
    }

    fn queue(&self, limit: usize) -> QueueRequest {
        let mut choice = TaskChoice::default();
        for (by, texts) in self.conditions() {
            match &*by {
                "workflow" => choice.workflows = Some(texts),
                "role" => choice.roles = Some(texts),
                "unit" => choice.units = Some(texts),
                _ => choice.holders = Some(texts),
            }
        }
        QueueRequest {
            workflow: match choice.workflows.as_deref() {
                Some([workflow]) => Some(workflow.clone()),
                _ => None,
            },
            held_too: self.view.columns.iter().any(|column| column.path.join(".") == "holder"),
            choice,
            limit,
            ..QueueRequest::default()
        }
    }

    fn place(&self, queued: &Queued) -> Place {
        let keys = self.order().into_iter().map(|(path, _)| cell_of(queued, &path));
        let opened = Value::from_instant(queued.task.opened_at);
        Place {
            keys: keys.chain([opened]).collect(),
            name: format!("{}/{}", queued.instance, queued.task.name).into(),
        }
    }

    fn row_of(&self, queued: &Queued) -> Row {
        let task = &queued.task;
        Row {
            instance: queued.instance,
            workflow: queued.workflow.clone(),
            key: queued.key.clone(),
            sequence: queued.sequence,
            title: task.title.clone(),
            label: None,
            states: Vec::new(),
            group: self.view.group.as_ref().map(|path| Cell::Value(cell_of(queued, path))),
            cells: self
                .view
                .columns
                .iter()
                .map(|column| Cell::Value(cell_of(queued, &column.path)))
                .collect(),
            due: task.due,
            holders: task.holder.iter().cloned().collect(),
            blocked: task.held.iter().map(|why| why.to_string()).collect(),
            actions: Vec::new(),
            task: Some(format!("{}@{}", task.name, task.opened)),
            personal: Vec::new(),
            is_open: false,
        }
    }
}

fn lanes(asked: &Asked<'_>, tasks: Vec<Queued>) -> EngineResult<Vec<LaneShown>> {
    let group = asked.view.group.clone().unwrap_or_default();
    let filled = by_value(tasks, |queued| Cell::Value(cell_of(queued, &group)))?;
    let mut shown = Vec::new();
    for lane in wanted(asked, filled)? {
        let (page, next) = page_of(asked, Some(&lane.id), &lane.entries, asked.limit(VIEW_LANE_MAX))?;
        shown.push(LaneShown {
            count: lane.entries.len() as u64,
            rows: page.iter().map(|queued| asked.row_of(queued)).collect(),
            next,
            id: lane.id,
            title: lane.title,
            value: lane.value,
        });
    }
    Ok(shown)
}

fn page_of<'t>(
    asked: &Asked<'_>,
    lane: Option<&str>,
    tasks: &'t [Queued],
    limit: usize,
) -> EngineResult<(&'t [Queued], Option<String>)> {
    let descending = asked.descending();
    let from = match asked.after(lane)? {
        Some(after) if after.keys.len() != descending.len() => return Err(asked.foreign()),
        Some(after) => tasks.partition_point(|queued| compare(&asked.place(queued), &after, &descending).is_le()),
        None => 0,
    };
    let rest = &tasks[from..];
    let page = &rest[..rest.len().min(limit)];
    let last = page.last().filter(|_| rest.len() > limit);
    Ok((page, last.map(|last| asked.cursor(lane, &asked.place(last)))))
}

fn groups_of(asked: &Asked<'_>, tasks: &[Queued]) -> Vec<(Cell, u64)> {
    let Some(path) = &asked.view.group else { return Vec::new() };
    let mut groups: Vec<(Cell, u64)> = Vec::new();
    for queued in tasks {
        let cell = Cell::Value(cell_of(queued, path));
        match groups.iter_mut().find(|(group, _)| *group == cell) {
            Some((_, count)) => *count += 1,
            None => groups.push((cell, 1)),
        }
    }
    groups
}

/// What stands in a column of a task.
fn cell_of(queued: &Queued, path: &[Arc<str>]) -> Value {
    let task = &queued.task;
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from_text);
    let moment = |moment: Option<jiff::Timestamp>| moment.map_or(Value::Null, Value::from_instant);
    let [name] = path else { return Value::Null };
    match &**name {
        "about" => text(Some(&queued.about)),
        "acknowledged" => text(task.acknowledged.as_deref()),
        "due" => moment(task.due),
        "follow_up" => moment(task.follow_up),
        "held" => text(task.held.as_deref()),
        "help" => text(task.help.as_deref()),
        "holder" => text(task.holder.as_deref()),
        "key" => Value::Text(queued.key.clone()),
        "name" => Value::Text(task.name.clone()),
        "opened_at" => moment(Some(task.opened_at)),
        "priority" => Value::Integer(task.priority.into()),
        "title" => text(Some(&task.title)),
        "workflow" => Value::Text(queued.workflow.clone()),
        _ => Value::Null,
    }
}

/// The name of a task may hold slashes; an instance's identifier holds none.
fn place_of(place: &TaskPlace) -> Place {
    Place {
        keys: vec![
            Value::Integer(place.priority.into()),
            place.due_us.map_or(Value::Null, Value::Integer),
            Value::Integer(place.opened_us),
        ],
        name: format!("{}/{}", place.instance, place.name).into(),
    }
}

fn read_place(place: &Place) -> Option<TaskPlace> {
    let [priority, due, opened] = place.keys.as_slice() else {
        return None;
    };
    let (instance, name) = place.name.split_once('/')?;
    let priority = u8::try_from(priority.as_integer()?).ok()?;
    Some(TaskPlace {
        priority: Some(priority).filter(|priority| *priority <= PRIORITY_MAX)?,
        due_us: match due {
            Value::Null => None,
            due => Some(due.as_integer()?),
        },
        opened_us: opened.as_integer()?,
        instance: instance.parse::<InstanceId>().ok()?,
        name: name.into(),
    })
}
