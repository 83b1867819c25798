//! The command line: what can be asked, and who answers.

mod access;
mod can;
mod check;
mod conversation;
mod counts;
mod dcs;
mod demo;
mod diagram;
mod explain;
mod file;
mod inbox;
mod incidents;
mod input;
mod instance_name;
mod open;
mod order_file;
mod people;
mod principal;
mod roles;
mod schedules;
mod search;
mod serve;
mod show;
mod simulate;
mod start;
mod status;
mod store_address;
mod tables;
mod target;
mod task;
mod tasks;
mod test;
mod token;
mod trail;
mod verify;
mod views;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use check::request as deployment_request;
pub use instance_name::InstanceName;
pub use order_file::order_of;
pub use principal::Principal;
pub use store_address::StoreAddress;
pub use target::{Target, reach};

use crate::desk::Desk;
use crate::failure::Outcome;
use crate::terminal::Terminal;

/// Run lifecycles that people describe as statecharts in YAML, durably, with a trail that proves itself
#[derive(Debug, Parser)]
#[command(name = "statewright", version, max_term_width = 110, arg_required_else_help = true)]
pub struct Arguments {
    /// Answer with JSON on standard output: one document, or one a line where a command lists
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything at once on an embedded database, with simulators, people and orders, to look at and to try
    Demo(demo::Demo),
    /// Run the engine and its API on a store, until it is told to stop
    Serve(serve::Serve),
    /// Find every problem in workflow files
    Check(check::Check),
    /// Run scenarios against the engine on a clock of their own: years pass in milliseconds
    Test(test::Test),
    /// Let many instances come, against staff and durations: where do things pile up, which deadlines are missed?
    Simulate(simulate::Simulate),
    /// Make workflows live: new instances take them; calendars, live tables, roles, views and portals too
    Deploy(check::Deploy),
    /// Start an instance of a workflow
    Start(start::Start),
    /// Send an event to an instance
    Send(start::Send),
    /// Show where an instance stands
    Show(show::Show),
    /// Open an instance that is yours to see only in need: with a reason, for a time, and reviewed
    Open(open::Open),
    /// Count instances, those included of which you are told only how many there are
    Counts(counts::Counts),
    /// List instances, the youngest first
    List(show::List),
    /// Find instances by a typed or scanned word: a key, an order number, a tray, a day
    Search(search::Search),
    /// Show what happened to an instance, or export its trail
    Trail(trail::Trail),
    /// Show who has read personal data, and who was refused
    Access(access::Access),
    /// Say which events an instance answers to now, and why not the others
    Can(can::Can),
    /// List the work that waits for you and that you hold, or show why it is there
    Tasks(tasks::Tasks),
    /// Claim a task, give it back or on, or say something about it
    Task(task::Task),
    /// Take back your signature of an event that others are still to sign
    Withdraw(start::Withdraw),
    /// List what you were told, or the conversation of an instance
    Inbox(inbox::Inbox),
    /// Upload files, list and download those of an instance
    File(file::File),
    /// List what is planned, with the last and the next run of each
    Schedules(schedules::Schedules),
    /// List the live tables, or show what stands in one and who made it live
    Tables(tables::Tables),
    /// Show what a view shows you, or which views there are for you
    Views(views::Views),
    /// Say how it goes: the nodes, what waits, and what is amiss
    Status(status::Status),
    /// List what waits for an operator, and settle it
    Incidents(incidents::Incidents),
    /// Prove that trails are whole: of a store, or of an exported file
    Verify(verify::Verify),
    /// Step the recorded inputs again and compare
    Replay(verify::Replay),
    /// Say who works here: people with their roles, units and skills
    People(people::People),
    /// Show the roles that hold: what they include, how their people sign in, when nobody disturbs them
    Roles(roles::Roles),
    /// Make, list and revoke access tokens
    Token(token::Token),
    /// Read a DCS (OMA) file and say what stands in it
    Dcs(dcs::Dcs),
    /// Draw a workflow: as Mermaid, as DOT, or as a picture
    Diagram(diagram::Diagram),
    /// Explain a code: what it means, and what to do
    Explain(explain::Explain),
}

/// The arguments of this process. Misuse, `--help` and `--version` end it.
pub fn read_arguments() -> Arguments {
    let mut command = Arguments::command();
    let matches = command.get_matches_mut();
    if names_two_places(&matches) {
        let message = "the argument '--server <URL>' cannot be used with '--store <STORE>'";
        command.error(ErrorKind::ArgumentConflict, message).exit();
    }
    Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
}

/// Whether both a server and a store were written down. A store in the environment is what commands without `--server` act on.
fn names_two_places(matches: &ArgMatches) -> bool {
    let mut innermost = matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    let is_written = |name: &str| {
        matches!(innermost.try_contains_id(name), Ok(true)) && innermost.value_source(name) == Some(ValueSource::CommandLine)
    };
    is_written("server") && is_written("store")
}

/// Does what was asked.
pub async fn run(arguments: Arguments) -> Outcome {
    let terminal = Terminal { json: arguments.json };
    match arguments.command {
        Command::Demo(demo) => demo.run(terminal).await,
        Command::Serve(serve) => serve.run(terminal).await,
        Command::Check(check) => check.run(terminal),
        Command::Test(test) => test.run(terminal),
        Command::Simulate(simulate) => simulate.run(terminal),
        Command::Deploy(deploy) => deploy.run(terminal).await,
        Command::Start(start) => start.run(terminal).await,
        Command::Send(send) => send.run(terminal).await,
        Command::Show(show) => show.run(terminal).await,
        Command::Open(open) => open.run(terminal).await,
        Command::Counts(counts) => counts.run(terminal).await,
        Command::List(list) => list.run(terminal).await,
        Command::Search(search) => search.run(terminal).await,
        Command::Trail(trail) => trail.run(terminal).await,
        Command::Access(access) => access.run(terminal).await,
        Command::Can(can) => can.run(terminal).await,
        Command::Tasks(tasks) => tasks.run(terminal).await,
        Command::Task(task) => task.run(terminal).await,
        Command::Withdraw(withdraw) => withdraw.run(terminal).await,
        Command::Inbox(inbox) => inbox.run(terminal).await,
        Command::File(file) => file.run(terminal).await,
        Command::Status(status) => status.run(terminal).await,
        Command::Schedules(schedules) => schedules.run(terminal).await,
        Command::Tables(tables) => tables.run(terminal).await,
        Command::Views(views) => views.run(terminal).await,
        Command::Incidents(incidents) => incidents.run(terminal).await,
        Command::Verify(verify) => verify.run(terminal).await,
        Command::Replay(replay) => replay.run(terminal).await,
        Command::People(people) => people.run(terminal).await,
        Command::Roles(roles) => roles.run(terminal).await,
        Command::Token(token) => token.run(terminal).await,
        Command::Dcs(dcs) => dcs.run(terminal),
        Command::Diagram(diagram) => diagram.run(terminal),
        Command::Explain(explain) => explain.run(terminal),
    }
}
