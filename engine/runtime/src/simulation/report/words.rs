//! A report as people read it: first what came of it all, then where it waits, then the rest.

use std::fmt::Write as _;

use super::figures::Spread;
use super::length::{hours, shown};
use super::table::Table;
use super::{Report, TaskRow};
use crate::scenario::moment;

/// Lines of what was never taken, and of what was refused: whoever wants them all asks for JSON.
const LINES_MAX: usize = 20;

impl Report {
    /// The whole report as text.
    pub fn words(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let title = self.title.as_ref().unwrap_or(&self.name);
        let when = |moment| moment::shown(moment, &self.zone);
        let _ = writeln!(out, "{title}: {} to {}, seed {}", when(self.from), when(self.to), self.seed);
        if let Some(why) = &self.stopped {
            let _ = writeln!(out, "STOPPED before its end: {why}");
        }
        self.piles_up(&mut out);
        self.write_flows(&mut out);
        self.write_tasks(&mut out);
        self.write_people(&mut out);
        self.write_clocks(&mut out);
        self.write_states(&mut out);
        self.write_actions(&mut out);
        self.write_rest(&mut out);
        out
    }

    /// Where most of all waiting is.
    fn piles_up(&self, out: &mut String) {
        let all: i64 = self.tasks.iter().fold(0, |sum, task| sum.saturating_add(task.waited_us));
        let Some(task) = self
            .tasks
            .iter()
            .max_by_key(|task| task.waited_us)
            .filter(|task| task.waited_us > 0)
        else {
            return;
        };
        let share = i128::from(task.waited_us) * 100 / i128::from(all.max(1));
        let minute = |at| self.zone.to_datetime(at).strftime("%Y-%m-%d %H:%M");
        let at = task.longest_at.map_or_else(String::new, |at| format!(" ({})", minute(at)));
        let _ = writeln!(
            out,
            "It piles up at `{}`: {share} % of all waiting; at most {} waited there{at}",
            task.name, task.longest
        );
    }

    fn write_flows(&self, out: &mut String) {
        let mut table = Table::new(&["WORKFLOW", "BEGUN", "ENDED", "ON THE WAY", "MEDIAN", "P90", "MOST"]);
        for flow in &self.flows {
            let counts = [flow.begun, flow.ended, flow.under_way].map(|count| count.to_string());
            table.row(row(&flow.workflow, counts, &[flow.lasted]));
        }
        table.write(out);
        for flow in self.flows.iter().filter(|flow| flow.ends.len() > 1) {
            let ends: Vec<String> = flow.ends.iter().map(|(end, count)| format!("{end} {count}")).collect();
            let _ = writeln!(out, "{} ended as: {}", flow.workflow, ends.join(", "));
        }
    }

    fn write_tasks(&self, out: &mut String) {
        let heads = [
            "TASK",
            "DONE",
            "WAITED MEDIAN",
            "P90",
            "MOST",
            "WORKED MEDIAN",
            "LONGEST QUEUE",
            "STILL WAIT",
            "FOR UP TO",
            "RUNGS",
        ];
        let mut table = Table::new(&heads);
        for task in &self.tasks {
            let TaskRow { waited, worked, .. } = task;
            table.row(vec![
                task.name.clone(),
                task.done.to_string(),
                shown(waited.median),
                shown(waited.p90),
                shown(waited.most),
                shown(worked.median),
                task.longest.to_string(),
                task.still.to_string(),
                shown(task.still_most),
                task.rungs.to_string(),
            ]);
        }
        table.write(out);
    }

    fn write_people(&self, out: &mut String) {
        let mut table = Table::new(&["ROLE", "PEOPLE", "BUSY", "TASKS TAKEN", "WORKED", "MOST AT ONCE"]);
        for people in &self.people {
            table.row(vec![
                people.name.clone(),
                people.people.map_or_else(|| "as needed".into(), |people| people.to_string()),
                people
                    .busy
                    .map_or_else(|| "-".into(), |busy| format!("{}.{} %", busy / 10, busy % 10)),
                people.taken.to_string(),
                hours(people.worked_us),
                people.most.to_string(),
            ]);
        }
        table.write(out);
    }

    fn write_clocks(&self, out: &mut String) {
        let mut table = Table::new(&["CLOCK", "MET", "MISSED", "RUNNING"]);
        for clock in &self.clocks {
            let figures = [clock.figures.met, clock.figures.missed, clock.figures.running];
            table.row(row(&clock.name, figures.map(|figure| figure.to_string()), &[]));
        }
        table.write(out);
    }

    fn write_states(&self, out: &mut String) {
        let mut table = Table::new(&["STATE", "VISITS", "MOST AT ONCE", "IN IT NOW", "MEDIAN", "P90", "MOST"]);
        for state in &self.states {
            let counts = [state.visits, state.most, state.now].map(|count| count.to_string());
            table.row(row(&state.name, counts, &[state.lasted]));
        }
        table.write(out);
    }

    fn write_actions(&self, out: &mut String) {
        let mut table = Table::new(&["ADAPTER", "ASKED", "FAILED"]);
        for action in &self.actions {
            let figures = [action.attempts, action.failures];
            table.row(row(&action.name, figures.map(|figure| figure.to_string()), &[]));
        }
        table.write(out);
    }

    fn write_rest(&self, out: &mut String) {
        let mut list = |head: &str, lines: Vec<String>| {
            if lines.is_empty() {
                return;
            }
            let _ = writeln!(out, "\n{head}");
            lines.iter().take(LINES_MAX).for_each(|line| _ = writeln!(out, "  {line}"));
            if let Some(more) = lines.len().checked_sub(LINES_MAX).filter(|more| *more > 0) {
                let _ = writeln!(out, "  and {more} more");
            }
        };
        let refused = self
            .refused
            .iter()
            .map(|(about, sentence, count)| format!("{count} × {about}: {sentence}"));
        list("REFUSED", refused.collect());
        list("INCIDENTS, which wait for a person", self.incidents.clone());
        let never = self.never.iter().map(|way| match way.state.is_empty() {
            true => format!("{}: {}", way.workflow, way.event),
            false => format!("{}/{}: {}", way.workflow, way.state, way.event),
        });
        list("NEVER TAKEN", never.collect());
    }
}

fn row<const N: usize>(name: &str, counts: [String; N], spreads: &[Spread]) -> Vec<String> {
    let lengths = spreads.iter().flat_map(|spread| [spread.median, spread.p90, spread.most]);
    std::iter::once(name.to_owned())
        .chain(counts)
        .chain(lengths.map(shown))
        .collect()
}
