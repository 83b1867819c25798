//! `tasks`: what waits for somebody, why, and what happens if nobody acts.

use std::fmt::Write;

use clap::Subcommand;
use jiff::Timestamp;
use statewright_core::chart::priority_of_word;
use statewright_core::value::Value;
use statewright_engine::clock::{Clock, WallClock};

use super::show::shortly;
use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items, member_number, member_texts};
use crate::table::Table;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Tasks {
    #[command(subcommand)]
    what: Option<What>,
    /// Only tasks of this workflow
    #[arg(long, value_name = "WORKFLOW")]
    workflow: Option<String>,
    /// Also those that others hold
    #[arg(long)]
    held: bool,
    /// Only those that you hold
    #[arg(long, conflicts_with = "held")]
    own: bool,
    /// At most so many
    #[arg(long)]
    limit: Option<u64>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the open tasks of an instance: why they are here, and what happens if nobody acts
    Show {
        /// The instance, as `WORKFLOW/KEY`
        instance: String,
    },
}

impl Tasks {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        match &self.what {
            Some(What::Show { instance }) => show(&self.target, instance, terminal).await,
            None => self.list(terminal).await,
        }
    }

    async fn list(self, terminal: Terminal) -> Outcome {
        let call = Call::get(&["tasks"])
            .query("workflow", self.workflow.as_deref())
            .query("held", self.held.then_some(true))
            .query("own", self.own.then_some(true))
            .query("limit", self.limit)
            .query("after", self.after);
        let page = self.target.ask(terminal, call).await?.value()?;
        let now = WallClock::default().now();
        terminal.answer(&page, || table(member_items(&page, "tasks"), now));
        let after = member(&page, "after");
        if !terminal.json && !after.is_empty() {
            terminal.note(format_args!("there are more; go on with `--after {after}`"));
        }
        if let ([], Some(user)) = (member_items(&page, "tasks"), self.target.without_a_role()) {
            terminal.note(format_args!(
                "{user} acts without a role, and most tasks are for one; name it with `--as {user}:ROLE`"
            ));
        }
        Ok(Exit::Done)
    }
}

async fn show(target: &Target, instance: &str, terminal: Terminal) -> Outcome {
    let instance: InstanceName = instance.parse()?;
    let call = Call::get(&["instances", &instance.workflow, &instance.key, "tasks"]);
    let tasks = target.ask(terminal, call).await?.value()?;
    let now = WallClock::default().now();
    terminal.answer(&tasks, || match member_items(&tasks, "tasks") {
        [] => format!("{instance} has no open task\n"),
        tasks => tasks.iter().map(|task| words(task, now)).collect::<Vec<_>>().join("\n"),
    });
    Ok(Exit::Done)
}

fn table(tasks: &[Value], now: Timestamp) -> String {
    let mut table = Table::new(["TASK", "ABOUT", "PRIORITY", "HOLDER", "INSTANCE", "ID", "DUE"]);
    for task in tasks {
        let due = match member(task, "held") {
            "" => due(task, now),
            why => format!("on hold: {why}"),
        };
        table.row([
            member(task, "title").to_owned(),
            member(task, "about").to_owned(),
            priority(member_number(task, "priority")).to_owned(),
            member(task, "holder").to_owned(),
            format!("{}/{}", member(task, "workflow"), member(task, "key")),
            member(task, "id").to_owned(),
            due,
        ]);
    }
    table.to_string()
}

fn words(task: &Value, now: Timestamp) -> String {
    let mut out = format!(
        "{}  {}/{}  {}\n",
        member(task, "title"),
        member(task, "workflow"),
        member(task, "key"),
        member(task, "about")
    );
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing into a String cannot fail.
            let _ = writeln!(out, "{name:<12} {value}");
        }
    };
    line("id", member(task, "id"));
    line("help", member(task, "help"));
    line("priority", priority(member_number(task, "priority")));
    line("due", &due(task, now));
    line("follow-up", member(task, "follow_up"));
    line("holder", member(task, "holder"));
    let taken_over = matches!(task.field("take_over"), Some(Value::Boolean(true)));
    line("take over", if taken_over { "yes, it is yours to take" } else { "" });
    line("acknowledged", member(task, "acknowledged"));
    line("on hold", member(task, "held"));
    line("buttons", &member_texts(task, "events").join(", "));
    for beside in member_items(task, "show") {
        let value = beside.field("value").unwrap_or(&Value::Null);
        let _ = writeln!(out, "  {:<16} {}", member(beside, "name"), shortly(value));
    }
    for (name, title) in [("why", "why it is here"), ("next", "if nobody acts")] {
        let moments = member_items(task, name);
        if !moments.is_empty() {
            let _ = writeln!(out, "{title}");
        }
        for moment in moments {
            let _ = writeln!(out, "  {}  {}", member(moment, "at"), member(moment, "what"));
        }
    }
    out
}

/// The word for a priority, or for the highest below it that has one.
fn priority(number: i64) -> &'static str {
    let below = |word: &&&str| priority_of_word(word).is_some_and(|at_least| number >= i64::from(at_least));
    ["urgent", "high", "normal"].iter().find(below).copied().unwrap_or("low")
}

/// How long there is, beside the moment: `in 3h 20m, 2026-03-02T08:00:00Z`.
fn due(task: &Value, now: Timestamp) -> String {
    let Ok(due) = member(task, "due").parse::<Timestamp>() else {
        return String::new();
    };
    format!("{}, {}", countdown(due, now), due.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

fn countdown(due: Timestamp, now: Timestamp) -> String {
    // A minute that has begun counts: what was just said to be due in an hour is so.
    let seconds = due.as_second() - now.as_second();
    let minutes = if seconds > 0 { (seconds + 59) / 60 } else { -seconds / 60 };
    let (hours, days) = (minutes / 60, minutes / (60 * 24));
    let long = match (days, hours, minutes) {
        (2.., ..) => format!("{days}d"),
        (_, 1.., _) => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{minutes}m"),
    };
    match seconds < 0 {
        true => format!("{long} late"),
        false => format!("in {long}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_as_people_say_it() {
        let now: Timestamp = "2026-03-02T08:00:00Z".parse().expect("a moment");
        let check = |due: &str, expected: &str| {
            let due: Timestamp = due.parse().expect("a moment");
            assert_eq!(countdown(due, now), expected);
        };
        check("2026-03-02T08:00:00Z", "in 0m");
        check("2026-03-02T08:58:01Z", "in 59m");
        check("2026-03-02T08:59:59Z", "in 1h 00m");
        check("2026-03-02T11:05:00Z", "in 3h 05m");
        check("2026-03-04T07:59:00Z", "in 47h 59m");
        check("2026-03-04T08:00:00Z", "in 2d");
        check("2026-03-02T07:15:00Z", "45m late");
        check("2026-02-20T08:00:00Z", "10d late");
    }

    #[test]
    fn every_priority_has_a_word() {
        let words: Vec<&str> = (0..=9).map(priority).collect();
        let expected = "low low low low normal normal high high urgent urgent";
        assert_eq!(words.join(" "), expected);
    }
}
