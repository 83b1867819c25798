//! Tasks that reach nobody: whom they are given to, or whom their ladders climbed to, is nobody whom the directory knows.
//!
//! They are looked for when somebody asks, and kept nowhere. Who is in the directory changes without any instance, so that what was found a
//! moment ago had to be found again all the same; and one ends by itself as soon as somebody is there, or has taken it. No step and no trail
//! knows of it.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Audience, AudiencePattern, OFFERED};

use crate::body::{CLIMBED, NOBODY, task_audiences, task_key};
use crate::directory::Directory;
use crate::error::EngineResult;
use crate::store::{Store, TaskQuery, TaskRow};

/// Tasks looked at, the most urgent first: where more have climbed at once, that some reach nobody is not what is wrong.
pub const UNREACHED_LOOK_MAX: usize = 1_000;

/// A task that nobody in the directory could do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreachedTask {
    pub instance: InstanceId,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    /// Path of its state.
    pub task: Arc<str>,
    /// When it was opened.
    pub since_us: i64,
    /// For operators: whom it is for, and whom it climbed to, of those that nobody is.
    pub why: String,
}

/// Those of now. None where the directory has nobody at all: who works there is known to others then.
///
/// # Errors
/// Those of the store.
pub async fn unreached(store: &dyn Store, directory: &Directory) -> EngineResult<Vec<UnreachedTask>> {
    if !directory.has_people().await? {
        return Ok(Vec::new());
    }
    let query = TaskQuery {
        subjects: vec![CLIMBED.into(), OFFERED.into(), NOBODY.into()],
        limit: UNREACHED_LOOK_MAX,
        ..TaskQuery::default()
    };
    let mut look = Look {
        directory,
        known: Vec::new(),
    };
    let mut unreached = Vec::new();
    for row in store.tasks(&query).await?.rows {
        if let Some(why) = look.why(&row).await? {
            unreached.push(UnreachedTask {
                instance: row.instance,
                workflow: row.workflow.clone(),
                key: task_key(&row).unwrap_or_default(),
                task: row.name.clone(),
                since_us: row.opened_us,
                why,
            });
        }
    }
    Ok(unreached)
}

/// Audiences that were asked for already: most tasks are for the same few.
struct Look<'d> {
    directory: &'d Directory,
    known: Vec<(Audience, bool)>,
}

impl Look<'_> {
    /// Why nobody could do a task, or hears of it; None: somebody could, and each rung that it has climbed reached somebody.
    async fn why(&mut self, row: &TaskRow) -> EngineResult<Option<String>> {
        let mut reasons: Vec<String> = Vec::new();
        for (place, audience) in task_audiences(row).iter().enumerate() {
            if self.has_somebody(audience).await? {
                continue;
            }
            let whom = in_words(audience);
            let reason = match place {
                0 => format!("it is for {whom}"),
                _ => format!("its ladder climbed to {whom}"),
            };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        Ok((!reasons.is_empty()).then(|| {
            format!(
                "{}: the directory has nobody who is that. It ends by itself as soon as somebody is there, or has taken the task",
                reasons.join(", and ")
            )
        }))
    }

    async fn has_somebody(&mut self, audience: &Audience) -> EngineResult<bool> {
        if let Some((_, somebody)) = self.known.iter().find(|(known, _)| known == audience) {
            return Ok(*somebody);
        }
        let somebody = !self.directory.among(audience).await?.is_empty();
        self.known.push((audience.clone(), somebody));
        Ok(somebody)
    }
}

/// `nurse of the unit ED with the skill triage, or the user ada`.
fn in_words(audience: &Audience) -> String {
    if audience.any_of.is_empty() {
        return "nobody".into();
    }
    let patterns: Vec<String> = audience.any_of.iter().map(pattern_in_words).collect();
    patterns.join(", or ")
}

fn pattern_in_words(pattern: &AudiencePattern) -> String {
    let line = |before: &str, names: &Option<Vec<Arc<str>>>| {
        let names: Vec<&str> = names.as_ref()?.iter().map(|name| &**name).collect();
        Some(match names.is_empty() {
            true => format!("{before}nobody"),
            false => format!("{before}{}", names.join(" or ")),
        })
    };
    let lines = [
        line("", &pattern.role),
        line("the user ", &pattern.user),
        line("of the unit ", &pattern.unit),
        line("of the organisation ", &pattern.organisation),
        line("with the skill ", &pattern.skill),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
